"""The whole chain on real recordings: ingest, shards, train, evaluate on recordings that were not trained on.

`python -m benchmarks real_files` reads the folder that $CHORUS_REAL_FILES names (default: ../shared/real beside the
project) and prints, for each source, event F1 of the model beside 'always positive' and a tuned energy detector, with
n and 95 % intervals. It says what it cannot find. Finch labels were drawn with an amplitude segmenter, so an energy
detector is nearly perfect on them: they test units, rates and offsets. Mouse and bats tell detectors apart.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from chorus.cli import run

SOURCES = {
    "bengalese_finch": "bengalese_finch_bfsongrepo",
    "mouse_usv_amvoc": "mouse_usv_amvoc",
    "neotropical_bats_whombat": "neotropical_bats_whombat",
}


def real_files() -> Path:
    """The folder of real files; raises SystemExit with one line when it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "real"
    folder = Path(os.environ.get("CHORUS_REAL_FILES", default))
    if not folder.is_dir():
        raise SystemExit("no real files here: name their folder in CHORUS_REAL_FILES")
    return folder


def main() -> list[str]:
    """Run the chain; the tables are printed as they come."""
    folder = real_files()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        for source, name in SOURCES.items():
            _chorus(home, "ingest", source, "--root", str(folder / name))
        _chorus(home, "shard", "--augment", "--clip-seconds", "4")
        _chorus(home, "train")
        for source in SOURCES:
            print(f"\n{source}, recordings that were not trained on:")
            _chorus(home, "evaluate", "--where", f"source = '{source}' AND {_not_trained_on(home)}")
    return []


def _not_trained_on(home: Path) -> str:
    """A clause for the recordings of the test part of the newest shard set."""
    import json

    [manifest] = (home / "shards").glob("*/manifest.json")
    ids = json.loads(manifest.read_text())["splits"]["test"]["recordings"]
    return "recording_id IN (" + ", ".join("'" + i.replace("'", "''") + "'" for i in ids) + ")"


def _chorus(home: Path, *arguments: str) -> None:
    print("$ chorus", *arguments, flush=True)
    code = run([*arguments, "--home", str(home), "--quiet"])
    if code:
        raise SystemExit(code)
