"""What is written beside the shards: manifest, recordings, Croissant and datasheet say what is in the tars."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from chorus.cli import run
from chorus.lake import Lake
from chorus.shards import make_shards
from chorus.shards.manifest import changes
from tests.shards.helpers import click_lake, samples_of


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return click_lake(tmp_path_factory.mktemp("clicks"), hours=0.02)


@pytest.fixture(scope="module")
def made(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("shards")
    options: dict[str, Any] = {"max_rate": 4000, "balance": "species", "clip_seconds": 2}
    return Path(make_shards(lake, shards_home=home, out=home / "set", quiet=True, **options).out)


def read(made: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((made / name).read_text())
    return content


def test_the_manifest_tells_the_distribution_and_what_resampling_took(made: Path) -> None:
    manifest = read(made, "manifest.json")
    every = [sample for sample, _, _ in samples_of(made)]
    train = [sample for sample in every if sample.split == "train"]
    after = manifest["balance"]["after"]
    assert after["clips"] == len(train)
    assert after["species"]["click"]["events"] == sum(len(sample.events) for sample in train)
    lower = [sample for sample in every if any(step.name == "resample" for step in sample.augment)]
    assert 0 < len(lower) < len(every) and {sample.sample_rate for sample in lower} == {4000}
    assert manifest["resampled"]["clips"] == len(lower)
    assert manifest["resampled"]["hours"] == pytest.approx(sum(s.duration_s for s in lower) / 3600, abs=1e-5)
    assert manifest["settings"]["max_rate"] == 4000 and manifest["settings"]["balance"] == "species"


def test_recordings_are_listed_with_their_splits(made: Path, lake: Lake) -> None:
    rows = {row["recording_id"]: row for row in pq.read_table(made / "recordings.parquet").to_pylist()}
    every = [sample for sample, _, _ in samples_of(made)]
    assert rows.keys() == {parent for sample in every for parent in sample.parents}
    for sample in every:
        row = rows[sample.recording_id]
        assert (row["split"], row["group"], row["licence"]) == (sample.split, sample.group, sample.licence)
    grouping = read(made, "manifest.json")["grouping"]["synth"]
    groups = Counter(group.partition(":")[0] for group in {sample.group for sample in every})
    assert grouping == {"recordings_with_released_split": len(rows), "groups": groups}


def test_croissant_names_every_file_with_its_checksum(made: Path) -> None:
    content = read(made, "croissant.json")
    assert content["conformsTo"] == "http://mlcommons.org/croissant/1.1" and content["@type"] == "sc:Dataset"
    objects = [entry for entry in content["distribution"] if entry["@type"] == "cr:FileObject"]
    assert {o["contentUrl"] for o in objects} >= {p.relative_to(made).as_posix() for p in made.rglob("*.tar")}
    for entry in objects:
        assert hashlib.sha256((made / entry["contentUrl"]).read_bytes()).hexdigest() == entry["sha256"]
    nodes = [*content["distribution"], *content["recordSet"], *(f for r in content["recordSet"] for f in r["field"])]
    ids = [node["@id"] for node in nodes]
    assert len(set(ids)) == len(ids), "JSON-LD merges nodes of one @id"
    fields = {field["@id"]: field for record_set in content["recordSet"] for field in record_set["field"]}
    assert {f"clips/{name}" for name in ("key", "split", "source", "species", "sample_rate")} <= fields.keys()
    used = {end["@id"] for field in fields.values() for name, end in field["source"].items() if name.startswith("file")}
    assert used <= {node["@id"] for node in content["distribution"]}
    columns = pq.read_schema(made / "recordings.parquet").names
    assert {f["source"]["extract"]["column"] for k, f in fields.items() if k.startswith("recordings/")} <= set(columns)
    sample = next(iter(samples_of(made)))[0].model_dump()
    for name, field in fields.items():
        if name.startswith("clips/"):
            assert re.findall(r"\w+", field["source"]["extract"]["jsonPath"])[0] in sample


def test_the_datasheet_has_the_numbers_and_its_code_runs(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (made / "README.md").read_text()
    manifest = read(made, "manifest.json")
    for name, split in manifest["splits"].items():
        assert f"| {name} | {split['samples']:,} |" in text
    assert f"Resampling changed {manifest['resampled']['clips']:,} clips" in text
    assert all(source in text for source in manifest["sources"])
    code = text.partition("```python\n")[2].partition("```")[0]
    assert len(code.splitlines()) == 6
    monkeypatch.chdir(made)
    printed: list[tuple[Any, ...]] = []
    exec(code, {"print": lambda *what: printed.append(what)})
    split = code.partition('shards = "')[2].partition("/")[0]
    expected = [(s.key, rate, len(sound)) for s, sound, rate in samples_of(made, split)]
    assert sorted(entry[:3] for entry in printed) == sorted(expected)


def test_what_was_done_to_the_sound_is_told_in_words() -> None:
    settings = {"sample_rate": None, "max_rate": None, "clip_steps": None, "clip_seconds": 2.0}
    content: dict[str, Any] = {"settings": settings, "augment": {"resample": 3}, "resampled": {"clips": 0}}
    assert changes(content) == "cut into clips of at most 2 s, one channel, 16-bit FLAC"
    assert ", resampled to the nearest rate that FLAC can state" in changes(content | {"resampled": {"clips": 3}})
    limited = content | {"settings": settings | {"max_rate": 4000}, "resampled": {"clips": 3}}
    assert ", resampled to 4,000 Hz where they were faster, one" in changes(limited)


def test_a_lake_whose_copies_nobody_looked_for_is_told_in_one_line(lake: Lake, tmp_path: Path) -> None:
    from chorus.lake.duplicates import find_duplicates
    from chorus.shards.tables import duplicates_notes

    table = lake.root / "duplicates.parquet"
    assert not table.exists()
    options = {"shards_home": tmp_path, "plan_only": True, "quiet": True}
    note = "note: nobody has looked for copies of recordings"
    assert sum(line.startswith(note) for line in make_shards(lake, **options).table().splitlines()) == 1
    find_duplicates(lake, quiet=True)
    assert duplicates_notes(lake) == ()
    assert "note:" not in make_shards(lake, **options).table()
    os.utime(table, (1, 1))
    assert "synth; run chorus duplicates again" in duplicates_notes(lake)[0]
    table.unlink()


def test_options_of_the_command(lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, out = tmp_path / "home", tmp_path / "set"
    home.mkdir()
    (home / "lake").symlink_to(lake.root)
    arguments = ["shard", "--home", str(home), "--out", str(out), "--json", "--jobs", "1"]
    choices = [
        "--clip-steps",
        "200",
        "--unlabelled",
        "--balance",
        "2",
        "--hold-out",
        "esc, watkins",
        "--max-rate",
        "4000",
    ]
    assert run([*arguments, *choices]) == 0
    settings = read(out, "manifest.json")["settings"]
    assert (settings["clip_steps"], settings["clip_seconds"], settings["unlabelled"]) == (200, None, True)
    assert (settings["balance"], settings["hold_out"], settings["max_rate"]) == (2.0, ["esc", "watkins"], 4000)
    for sample, sound, _ in samples_of(out):
        assert len(sound) == sample.frames
    assert "200 time steps" in (out / "README.md").read_text()
    capsys.readouterr()
    assert run(["shard", "--home", str(home), "--audit", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["leaks"] == 0
    for wrong, what in (
        (["--balance", "even"], "natural, species, source or a temperature"),
        (["--hold-out", "ecs"], "nearest: esc"),
        (["--clip-steps", "5", "--clip-seconds", "3"], "not both"),
    ):
        assert run([*arguments, *wrong]) != 0
        told = capsys.readouterr().err
        assert what in told and told.count("\n") == 1
