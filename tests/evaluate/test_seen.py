"""What a model has heard of the recordings that it is judged by, copies of them included."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chorus.evaluate.seen import NO_POOL, Seen, Shared, seen
from chorus.lake import Lake
from chorus.lake.duplicates import find_duplicates
from chorus.lake.forget import forget
from chorus.shards.read import Manifest
from tests.lake.sounds import lake_of, source, write_sounds

TRAIN, VALID = ["lab/000.wav", "lab/001.wav"], ["lab/002.wav"]
OTHERS = ["copy/000.wav", "copy/020.wav"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A source that a model is trained on, and one of which a recording is in it too, byte by byte."""
    lab, copy = write_sounds(tmp_path / "lab", range(4)), write_sounds(tmp_path / "copy", range(20, 21))
    shutil.copy(lab / "000.wav", copy / "000.wav")
    return lake_of(tmp_path, (source("lab"), lab), (source("copy"), copy))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return shards(tmp_path / "run", TRAIN, VALID)


def shards(folder: Path, train: list[str], valid: list[str]) -> Path:
    splits = {"train": {"recordings": train}, "valid": {"recordings": valid}}
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"format": "chorus-shards", "version": 1, "splits": splits}))
    return folder


def heard(lake: Lake, run: Path, *recordings: str) -> Seen:
    return seen(lake, run, Manifest.open(run), set(recordings))


def test_a_copy_of_a_training_recording_is_a_leak(lake: Lake, run: Path) -> None:
    assert heard(lake, run, *OTHERS).line(2) == (
        "none of the 2 evaluated recordings is in the model's training split; nobody has looked for copies of "
        "recordings, which may be in two splits: chorus duplicates finds them"
    )
    find_duplicates(lake, quiet=True)
    found = heard(lake, run, *OTHERS)
    assert found.training == Shared(own=0, copies=1)
    assert found.line(2) == "LEAK: of 2 evaluated recordings 1 is a copy of one in the training split"
    assert heard(lake, run, "copy/020.wav").line(1) == (
        "none of the 1 evaluated recordings is in the model's training split, nor is a copy of one"
    )
    assert found.as_dict()["copies_in_training"] == 1


def test_recordings_of_the_splits_themselves(lake: Lake, run: Path) -> None:
    find_duplicates(lake, quiet=True)
    found = heard(lake, run, *OTHERS, *TRAIN, *VALID)
    told = "2 are in the training split and 1 is a copy of one there; 1 is in its validation split"
    assert found.line(5) == f"LEAK: of 5 evaluated recordings {told}"


def test_what_the_encoder_was_pretrained_on(lake: Lake, run: Path, tmp_path: Path) -> None:
    find_duplicates(lake, quiet=True)
    pool = shards(tmp_path / "pool", ["lab/003.wav", *VALID], [])
    origin = {"shards": str(pool), "manifest_sha256": Manifest.open(pool).digest}
    (run / "pretrained.json").write_text(json.dumps(origin))
    told = "1 is in what its encoder was pretrained on, without labels"
    assert heard(lake, run, "lab/003.wav").line(1).endswith(f", nor is a copy of one; {told}")
    shutil.rmtree(pool)
    assert heard(lake, run, "lab/003.wav").line(1).endswith(f", nor is a copy of one; {NO_POOL}")


def test_copies_of_what_left_the_lake_are_not_known(lake: Lake, run: Path) -> None:
    find_duplicates(lake, quiet=True)
    forget(lake.layout, ["lab"])
    found = heard(lake, run, *OTHERS)
    assert found.line(2).endswith("split; copies of what was heard of lab are not known: no longer in the lake")
