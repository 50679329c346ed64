"""A release: same bytes from the same seed, safe to kill, read back by its adapter."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chorus.adapters import Calls, Rec, get
from chorus.errors import ChorusError, UsageError
from chorus.synth import SynthSettings, make_release
from chorus.synth import release as module
from chorus.synth.settings import RateClass

SMALL = SynthSettings(
    classes={
        "low": RateClass(
            share=1,
            rates={2000: 1, 4000: 1},
            seconds=(3, 5),
            density_per_s=(1, 2),
            families={"click": 1, "sweep": 1},
        )
    },
    snr_db=(20, 30),
    polyphony={1: 1},
)
HOURS = 0.012


def tree(root: Path) -> dict[str, str]:
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def test_jobs_and_hours_do_not_change_a_recording(tmp_path: Path) -> None:
    one = tree(make_release(tmp_path / "one", HOURS, 4, settings=SMALL, quiet=True))
    two = tree(make_release(tmp_path / "two", HOURS, 4, jobs=2, settings=SMALL, quiet=True))
    long = tree(make_release(tmp_path / "long", HOURS * 1.5, 4, settings=SMALL, quiet=True))
    assert one == two
    sounds = {name: digest for name, digest in one.items() if name.endswith(".wav")}
    assert len(sounds) > 5
    assert sounds.items() <= long.items()
    other = tree(make_release(tmp_path / "other", HOURS, 5, settings=SMALL, quiet=True))
    assert not set(sounds.values()) & set(other.values())


def test_rerun_does_nothing_and_new_arguments_replace(tmp_path: Path) -> None:
    root = make_release(tmp_path / "r", HOURS, 4, settings=SMALL, quiet=True)
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*")}
    make_release(root, HOURS, 4, settings=SMALL, quiet=True)
    assert before == {p: p.stat().st_mtime_ns for p in root.rglob("*")}
    make_release(root, HOURS / 2, 5, settings=SMALL, quiet=True)
    assert tree(root) == tree(make_release(tmp_path / "fresh", HOURS / 2, 5, settings=SMALL, quiet=True))


def test_stopped_and_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tree(make_release(tmp_path / "whole", HOURS, 4, settings=SMALL, quiet=True))
    original = module.write_bytes
    root = tmp_path / "stopped"
    for stop_at in (1, 3, 4, 9):
        left = [stop_at]

        def failing(path: Path, data: bytes, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            original(path, data)

        monkeypatch.setattr(module, "write_bytes", failing)
        with pytest.raises(KeyboardInterrupt):
            make_release(root, HOURS, 4, settings=SMALL, quiet=True)
        assert not (root / "annotations.csv").exists()
    monkeypatch.setattr(module, "write_bytes", original)
    make_release(root, HOURS, 4, settings=SMALL, quiet=True)
    assert tree(root) == whole


def test_clicks_stand_where_the_table_says(tmp_path: Path) -> None:
    loud = SMALL.model_copy(update={"snr_db": (45.0, 50.0), "beds": {"white": 1.0}})
    root = make_release(tmp_path / "r", HOURS, 11, settings=loud, quiet=True)
    found = 0
    for row in csv.DictReader((root / "annotations.csv").open()):
        samples, rate = soundfile.read(root / row["filename"])
        start = round(float(row["start_s"]) * rate)
        assert start / rate == float(row["start_s"])
        if row["family"] == "click":
            around = np.abs(samples[max(0, start - 10) : start + 10])
            assert np.argmax(around) == min(start, 10)
            found += 1
    assert found > 10


def test_adapter_reads_it(tmp_path: Path) -> None:
    adapter = get("synth")
    assert adapter.make is not None
    root = adapter.make(tmp_path / "deep" / "r", HOURS, 4, settings=SMALL, quiet=True)
    release = adapter.open(tmp_path)
    assert release.root == root
    items = [item for unit in adapter.units(release) for item in adapter.read(release, unit)]
    recordings = [item for item in items if isinstance(item, Rec)]
    (calls,) = [item for item in items if isinstance(item, Calls)]
    assert sorted(r.path for r in recordings) == sorted(p for p in release.files if p.endswith(".wav"))
    assert {r.facts["split"] for r in recordings} == {"train", "valid", "test"}
    with (root / "annotations.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(calls) == len(rows) > 10
    assert calls.columns["start_s"] == [float(row["start_s"]) for row in rows]
    assert calls.columns["label"] == [row["family"] for row in rows]


@pytest.mark.parametrize(
    ("hours", "seed", "what"), [(0, 1, "hours"), (-1, 1, "hours"), (1, -1, "seed"), (1, 2**32, "seed")]
)
def test_bad_arguments(tmp_path: Path, hours: float, seed: int, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        make_release(tmp_path / "r", hours, seed, quiet=True)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="other files"):
        make_release(tmp_path, HOURS, 1, quiet=True)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chorus.atomic.os.fsync", full)
    with pytest.raises(ChorusError, match="disk is full"):
        make_release(tmp_path / "r", HOURS, 1, settings=SMALL, quiet=True)
