"""A finished set, after its sound or its labels have changed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from chorus.errors import UsageError
from chorus.lake.ingest import ingest
from chorus.lake.query import Lake
from chorus.shards import make_shards, outdated
from tests.shards.helpers import click_lake, tree

OPTIONS: dict[str, Any] = {"clip_seconds": 2, "seed": 3, "shard_clips": 4, "quiet": True}
SOUND = "release/audio/synth_00000.wav"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return click_lake(tmp_path, hours=0.02)


def made(lake: Lake, **more: Any) -> Any:
    home = lake.root.parent
    return make_shards(lake, shards_home=home, **{"out": home / "set", **OPTIONS, **more})


def quieter(path: Path) -> None:
    """Other sound of the same length and rate."""
    samples, rate = soundfile.read(path, dtype="int16")
    soundfile.write(path, samples // 2, rate)


def test_what_was_cut_from_changed_sound_is_cut_again(lake: Lake, tmp_path: Path) -> None:
    first = made(lake)
    before, written = tree(tmp_path / "set"), mtimes(tmp_path / "set")
    quieter(tmp_path / SOUND)
    again = made(lake)
    after = tree(tmp_path / "set")
    assert not again.unchanged and again.clips == first.clips and not again.refused
    changed = {name for name in after if after[name] != before[name]}
    assert "manifest.json" in changed and any(name.endswith(".tar") for name in changed)
    same = {name: when for name, when in mtimes(tmp_path / "set").items() if name not in changed}
    assert same.items() <= written.items() and any(name.endswith(".tar") for name in same), "the others stay"
    assert made(lake).unchanged


def mtimes(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*.tar")}


def test_an_old_file_is_not_read_again(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of sound that was not touched since only the times are looked at."""
    made(lake)
    read: list[str] = []
    monkeypatch.setattr(outdated, "digest", lambda path: read.append(path) or "")
    later = time.time() + 2 * outdated.WRITING_S
    for sidecar in (tmp_path / "set").glob("*/shard-*.json"):
        os.utime(sidecar, (later, later))
    assert made(lake).unchanged
    assert not read


def test_sound_that_is_gone_takes_nothing_with_it_and_one_that_is_back_is_cut(lake: Lake, tmp_path: Path) -> None:
    away = tmp_path / "away.wav"
    (tmp_path / SOUND).rename(away)
    first = made(lake)
    assert first.refused and made(lake).unchanged
    away.rename(tmp_path / SOUND)
    again = made(lake)
    assert not again.refused and again.clips > first.clips
    (tmp_path / SOUND).rename(away)
    assert made(lake).unchanged


def test_longer_sound_is_refused_until_it_is_ingested_again(lake: Lake, tmp_path: Path) -> None:
    samples, rate = soundfile.read(tmp_path / SOUND, dtype="int16")
    soundfile.write(tmp_path / SOUND, np.concatenate([samples, samples]), rate)
    assert "changed since its ingest" in made(lake).table()
    ingest(lake.layout, "synth", tmp_path / "release")
    with pytest.raises(UsageError, match="another state of the lake"):
        made(lake)
    assert not made(lake, out=tmp_path / "other").refused


def test_tasks_see_that_labels_changed(lake: Lake, tmp_path: Path) -> None:
    made(lake, task=0, of=3)
    table = tmp_path / "release" / "annotations.csv"
    text = table.read_text()
    os.utime(table, (1, 1))
    ingest(lake.layout, "synth", tmp_path / "release")
    made(lake, task=0, of=3)
    table.write_text("\n".join(text.splitlines()[:-1]) + "\n")
    ingest(lake.layout, "synth", tmp_path / "release")
    with pytest.raises(UsageError, match="another state of the lake"):
        made(lake, task=1, of=3)


def test_the_last_of_several_tasks_tells_of_changed_sound(lake: Lake, tmp_path: Path) -> None:
    for task in (0, 1):
        made(lake, task=task, of=2)
    before = (tmp_path / "set" / "manifest.json").read_bytes()
    quieter(tmp_path / SOUND)
    for task in (0, 1):
        made(lake, task=task, of=2)
    assert (tmp_path / "set" / "manifest.json").read_bytes() != before
    assert made(lake).unchanged
