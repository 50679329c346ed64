"""The whole chain on real recordings: ingest, shards, train, annotate and evaluate what was not trained on.

`python -m benchmarks real_files` reads the folder that $CHORUS_REAL_FILES names (default: ../shared/real beside the
project). Every other recording of each source is held out; the model is trained on the rest, annotates the held-out
ones, and is evaluated on them beside 'always positive' and a tuned energy detector, with n and 95 % intervals. Finch
labels were drawn with an amplitude segmenter, so an energy detector is nearly perfect on them: they test units, rates
and offsets. Mouse and bats tell detectors apart.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from chorus.cli import run
from chorus.lake import Lake
from chorus.lake.quoting import listed

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
        held_out = _every_other(home)
        _chorus(home, "shard", "--augment", "--clip-seconds", "4", "--where", f"NOT {among(held_out)}")
        _chorus(home, "train")
        for source in SOURCES:
            mine = {name: path for name, path in held_out.items() if name.startswith(f"{source}/")}
            _chorus(home, "annotate", *mine.values(), "--out", str(home / "annotated"))
            _chorus(home, "evaluate", "--where", among(mine))
    return []


def _every_other(home: Path) -> dict[str, str]:
    """Every other recording of each source, by id: recording id -> file. These are never trained on."""
    rows = Lake(home / "lake").query(
        "SELECT recording_id, s.root || '/' || r.path AS file FROM recordings r JOIN sources s ON s.id = r.source "
        "QUALIFY row_number() OVER (PARTITION BY r.source ORDER BY recording_id) % 2 = 0 ORDER BY recording_id"
    )
    return {row["recording_id"]: row["file"] for row in rows.rows()}


def among(recordings: Iterable[str]) -> str:
    """A clause for some recordings."""
    return f"recording_id IN ({listed(recordings)})"


def _chorus(home: Path, *arguments: str) -> None:
    print("\n$ chorus", *(a if len(a) < 100 else f"{a[:80]}...{a[-12:]}" for a in arguments), flush=True)
    code = run([*arguments, "--home", str(home), "--quiet"])
    if code:
        raise SystemExit(code)
