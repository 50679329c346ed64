"""Shards under a licence, copies that stay in one split, and the attribution of a shard set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chorus.errors import UsageError
from chorus.lake import Lake
from chorus.lake.duplicates import find_duplicates
from chorus.shards import make_shards
from chorus.shards.plan import plan
from chorus.shards.settings import ShardSettings
from chorus.shards.summary import ShardSummary
from chorus.shards.usable import NOT_ASKED_FOR
from tests.lake.sounds import lake_of, source, write_sounds
from tests.shards.helpers import call, recording, samples_of, tables, tree


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two sources: 'free', of which 'closed' repeats four recordings byte by byte; one of 'closed' is free too."""
    folder = tmp_path_factory.mktemp("licence")
    free, closed = write_sounds(folder / "free", range(12)), write_sounds(folder / "closed", range(8, 20))
    own = {"019.wav": {"licence": "CC-BY-3.0"}}
    return lake_of(folder, (source("free", "CC0-1.0"), free), (source("closed", "CC-BY-NC-4.0", own), closed))


def shards(lake: Lake, folder: Path, *licence: str) -> ShardSummary:
    return make_shards(lake, licence=licence, shards_home=folder, clip_seconds=2, quiet=True)


def test_only_recordings_under_the_licence_are_used(lake: Lake, tmp_path: Path) -> None:
    made = shards(lake, tmp_path, "commercial")
    used = {parent for sample, _, _ in samples_of(made.out) for parent in sample.parents}
    assert used == {*(f"free/{k:03d}.wav" for k in range(12)), "closed/019.wav"}
    assert ("recordings", NOT_ASKED_FOR.format("CC-BY-NC-4.0"), 11) in made.refused
    manifest = json.loads((made.out / "manifest.json").read_text())
    assert manifest["settings"]["licence"] == ["commercial"]
    assert manifest["licences"].keys() == {"CC0-1.0", "CC-BY-3.0"}
    every = shards(lake, tmp_path)
    assert every.out != made.out
    assert every.clips > made.clips


def test_other_spellings_are_the_same_set(lake: Lake, tmp_path: Path) -> None:
    first = shards(lake, tmp_path, "CC0-1.0", "cc-by-3.0")
    before = tree(first.out)
    again = shards(lake, tmp_path, "CC-BY-3.0", "cc0-1.0")
    assert (again.out, again.unchanged, tree(again.out)) == (first.out, True, before)
    with pytest.raises(UsageError, match="--licence MIT: nothing in this lake"):
        shards(lake, tmp_path, "MIT")


def test_the_attribution_of_a_shard_set(lake: Lake, tmp_path: Path) -> None:
    out = shards(lake, tmp_path).out
    text = (out / "ATTRIBUTION.md").read_text()
    closed, free = text.split("## Sounds of ")[1:]
    assert "- Cite: " in free and "- DOI: https://doi.org/10.1/free" in free
    assert "- Licence: [CC0-1.0](https://creativecommons.org/publicdomain/zero/1.0/)" in free
    assert "[CC-BY-3.0](https://creativecommons.org/licenses/by/3.0/): 1; [CC-BY-NC-4.0]" in closed
    counts = json.loads((out / "manifest.json").read_text())["sources"]
    assert f"- Used: {counts['closed']} clips, sound of 12 recordings" in closed
    assert "- Changed: cut into clips of at most 2 s, one channel, 16-bit FLAC\n" in free
    (out / "manifest.json").unlink()
    (out / "ATTRIBUTION.md").unlink()
    shards(lake, tmp_path)
    assert (out / "ATTRIBUTION.md").read_text() == text


def test_copies_stand_in_one_split(lake: Lake, tmp_path: Path) -> None:
    found = find_duplicates(lake, quiet=True)
    assert len(found.rows) == 8
    made = shards(lake, tmp_path)
    places: dict[str, set[tuple[str, str]]] = {}
    for sample, _, _ in samples_of(made.out):
        number = sample.recording_id.partition("/")[2]
        places.setdefault(number, set()).add((sample.split, sample.group))
    for number in ("008.wav", "009.wav", "010.wav", "011.wav"):
        assert len(places[number]) == 1
        assert next(iter(places[number]))[1] == f"duplicates:closed/{number}"


def test_the_plan_refuses_by_licence() -> None:
    rows = [recording("s/a.wav", licence="CC-BY-NC-4.0"), recording("s/b.wav")]
    calls = [call(row["recording_id"], 1, 2) for row in rows]
    planned = plan(tables(rows, calls), ShardSettings(licence=("commercial",)))
    assert {row["cuts"][0]["recording_id"] for row in planned.table.to_pylist()} == {"s/b.wav"}
    assert planned.refused == {("recordings", NOT_ASKED_FOR.format("CC-BY-NC-4.0")): 1}
