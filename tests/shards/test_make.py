"""The stage as a whole, on a lake of clicks: exact times, same bytes, safe to kill, plain WebDataset."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chorus.errors import ChorusError, UsageError
from chorus.lake import Lake
from chorus.shards import make_shards
from tests.shards.helpers import click_lake, samples_of, tree

RECIPE = """
copies = 2
[stitch]
probability = 0.5
fade_s = [0.005, 0.02]
match_db = 6.0
[mix]
probability = 0.5
snr_db = [-3.0, 3.0]
[reduce]
probability = 0.2
strength = [0.3, 0.8]
[noise]
probability = 0.5
snr_db = [30.0, 40.0]
beds = ["white", "pink", "rain"]
most_rise_db = -20.0
[amplitude]
probability = 0.5
gain_db = [-12.0, 6.0]
[n_fft]
probability = 1.0
scales = [0.5, 1.0, 2.0, 4.0]
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return click_lake(tmp_path_factory.mktemp("clicks"))


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="module")
def augmented(lake: Lake, recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole shard set, written by this process alone."""
    home = tmp_path_factory.mktemp("shards")
    return make_shards(lake, augment=True, recipe=recipe, shards_home=home, clip_seconds=4, seed=3, quiet=True).out


def test_every_event_starts_on_its_click(augmented: Path) -> None:
    found = 0
    for sample, sound, rate in samples_of(augmented):
        assert (rate, len(sound)) == (sample.sample_rate, sample.frames)
        size = np.abs(sound.astype(np.float64))
        level = float(np.median(size)) + 1.0
        places = [round(event.start_s * rate) for event in sample.events]
        for event, place in zip(sample.events, places, strict=True):
            if place == 0 or sum(abs(place - other) < 60 for other in places) > 1:
                continue  # cut at the clip's edge, or two clicks on top of each other after mixing
            peak = size[max(0, place - 1) : place + 2].max()
            assert peak > 5 * level, (sample, event)
            gated = "reduce" in {step.name for step in sample.augment}  # which changes a click's shape
            if not gated and (event.mixed_snr_db is None or event.mixed_snr_db > 35):
                assert peak > 0.9 * size[max(0, place - 30) : place + 31].max(), (sample.key, event)
            found += 1
    assert found > 300


def test_the_log_tells_what_was_done(augmented: Path) -> None:
    manifest = json.loads((augmented / "manifest.json").read_text())
    names = defaultdict(int)
    for sample, _, _ in samples_of(augmented):
        is_copy = sample.key.count("-") == 2
        assert is_copy or not sample.augment
        assert (sample.n_fft_scale in (0.5, 1.0, 2.0, 4.0)) if is_copy else sample.n_fft_scale is None
        assert not is_copy or sample.split == "train"
        mixed = {step.name for step in sample.augment if "skipped" not in step.params} & {"mix", "stitch"}
        assert len(sample.parents) == 1 or mixed
        for step in sample.augment:
            names[step.name] += "skipped" not in step.params
    assert manifest["augment"] == {name: count for name, count in names.items() if count}
    assert {"mix", "stitch", "noise", "reduce", "amplitude"} <= names.keys()


def test_no_recording_or_group_in_two_splits(augmented: Path) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for sample, _, _ in samples_of(augmented):
        for name in (sample.group, *sample.parents):
            found[name].add(sample.split)
    assert all(len(splits) == 1 for splits in found.values())
    assert {split for splits in found.values() for split in splits} == {"train", "valid", "test"}


def test_released_splits_are_kept(augmented: Path, lake: Lake) -> None:
    released = {row["recording_id"]: row["split"] for row in lake.query("SELECT * FROM recordings").rows()}
    assert all(sample.split == released[sample.recording_id] for sample, _, _ in samples_of(augmented))


def test_the_sound_is_the_recordings(augmented: Path, lake: Lake) -> None:
    root = Path(lake.query("SELECT root FROM sources").rows()[0]["root"])
    plain = [(s, sound) for s, sound, _ in samples_of(augmented) if not s.augment]
    assert len(plain) > 20
    for sample, sound in plain:
        path = root / sample.recording_id.removeprefix("synth/")
        whole, rate = soundfile.read(path, dtype="int16")
        first = round(sample.start_s * rate)
        assert np.array_equal(sound, whole[first : first + sample.frames])


def test_manifest_counts_what_is_there(augmented: Path) -> None:
    manifest = json.loads((augmented / "manifest.json").read_text())
    assert (manifest["format"], manifest["version"], manifest["seed"]) == ("chorus-shards", 1, 3)
    digests = tree(augmented)
    for name, split in manifest["splits"].items():
        there = list(samples_of(augmented, name))
        assert split["samples"] == len(there) == sum(shard["samples"] for shard in split["shards"])
        assert split["hours"] == pytest.approx(sum(s.duration_s for s, _, _ in there) / 3600, abs=1e-5)
        assert split["recordings"] == sorted({parent for s, _, _ in there for parent in s.parents})
        for shard in split["shards"]:
            assert digests[shard["file"]] == shard["sha256"]
            assert len(shard["sample_rates"]) == 1
        calls = sum(event.end_s > event.start_s for sample, _, _ in there for event in sample.events)
        assert calls == sum(number for shard in split["shards"] for number in shard["strong_calls"].values())
    every = [sample for sample, _, _ in samples_of(augmented)]
    assert manifest["labels"] == {"click": sum(len(sample.events) for sample in every)}
    assert manifest["licences"] == {"CC0-1.0": len(every)}
    assert any(not sample.events for sample in every)
    assert "CC0-1.0" in (augmented / "ATTRIBUTION.md").read_text()


def test_nothing_tells_the_machine_or_the_time(augmented: Path, lake: Lake) -> None:
    secret = str(lake.root.parent).encode()
    assert not any(secret in path.read_bytes() for path in augmented.rglob("*") if path.is_file())


def test_a_second_run_does_nothing_and_other_arguments_go_elsewhere(augmented: Path, lake: Lake, recipe: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in augmented.rglob("*")}
    home = augmented.parent
    again = make_shards(lake, augment=True, recipe=recipe, shards_home=home, clip_seconds=4, seed=3, quiet=True)
    assert again.unchanged and again.out == augmented and "nothing to do" in again.table()
    assert before == {path: path.stat().st_mtime_ns for path in augmented.rglob("*")}
    other = make_shards(lake, where="start_s < 3", shards_home=home, clip_seconds=4, seed=3, quiet=True)
    assert other.out != augmented
    recipe_alone = recipe.with_name("louder.toml")
    recipe_alone.write_text(RECIPE.replace("gain_db = [-12.0, 6.0]", "gain_db = [-6.0, 6.0]"))
    louder = make_shards(lake, augment=True, recipe=recipe_alone, shards_home=home, clip_seconds=4, seed=3, quiet=True)
    assert louder.out != augmented
    with pytest.raises(UsageError, match="another plan"):
        make_shards(lake, where="start_s < 3", out=augmented, shards_home=home, clip_seconds=4, quiet=True)


def test_webdataset_alone_reads_it(augmented: Path) -> None:
    import io

    import webdataset

    urls = sorted(str(path) for path in (augmented / "train").glob("*.tar"))

    def sound(key: str, data: bytes) -> object:
        return soundfile.read(io.BytesIO(data)) if key.endswith(".flac") else None

    read = list(webdataset.WebDataset(urls, shardshuffle=False).decode(sound).to_tuple("__key__", "flac", "json"))
    expected = {s.key: (s, w) for s, w, _ in samples_of(augmented, "train")}
    assert len(read) == len(expected)
    for key, (samples, rate), content in read:
        sample, whole = expected[key]
        assert rate == content["sample_rate"] == sample.sample_rate
        assert len(content["events"]) == len(sample.events)
        assert np.array_equal(samples, whole / 32768)


def test_bad_sound_is_refused_and_counted(tmp_path: Path) -> None:
    lake = click_lake(tmp_path)
    root = tmp_path / "release" / "audio"
    victims = sorted(root.iterdir())[:2]
    for victim in victims:
        data = victim.read_bytes()
        victim.write_bytes(data[: len(data) // 3])
    sets = [
        make_shards(lake, out=tmp_path / f"o{jobs}", shards_home=tmp_path, clip_seconds=4, jobs=jobs, quiet=True)
        for jobs in (1, 2)
    ]
    assert tree(sets[0].out) == tree(sets[1].out)
    assert sum(count for unit, _, count in sets[0].refused if unit == "clips") > 0
    assert sets[0].pace is not None and sets[0].pace.clips == sets[0].clips, "only what was written"
    assert all("truncated" in reason for unit, reason, _ in sets[0].refused if unit == "clips")
    assert str(tmp_path) not in sets[0].table().replace(str(sets[0].out), "")


def test_resampling_keeps_the_times(lake: Lake, tmp_path: Path) -> None:
    made = make_shards(
        lake,
        where="recording_id IN (SELECT recording_id FROM recordings WHERE sample_rate = 8000)",
        shards_home=tmp_path,
        clip_seconds=4,
        sample_rate=4000,
        quiet=True,
    )
    checked = 0
    for sample, sound, rate in samples_of(made.out):
        assert rate == 4000
        assert sample.augment[0].params == {"from_hz": 8000, "to_hz": 4000}
        size = np.abs(sound.astype(float))
        for event in sample.events:
            place = round(event.start_s * rate)
            if place > 5 and (event.high_hz or 0) < 1700:
                near = size[max(0, place - 20) : place + 20]
                risen = int(np.flatnonzero(near > near.max() / 2)[0])
                assert abs(risen - min(20, place)) <= 2
                checked += 1
    assert checked > 20


def test_held_out_needs_to_be_asked_for(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa

    from chorus.shards import make
    from chorus.shards.tables import Tables, select

    def held(lake: Lake, where: str | None) -> Tables:
        found = select(lake, where)
        role = pa.array(["held_out"] * len(found.sources))
        sources = found.sources.set_column(found.sources.schema.get_field_index("role"), "role", role)
        return Tables(found.calls, found.recordings, sources, found.wanted, found.reviewed)

    monkeypatch.setattr(make, "select", held)
    with pytest.raises(ChorusError, match="held-out"):
        make_shards(lake, shards_home=tmp_path, quiet=True)
    assert make_shards(lake, shards_home=tmp_path, include_held_out=True, quiet=True).clips


def test_noise_from_the_users_folder(lake: Lake, recipe: Path, tmp_path: Path) -> None:
    folder = tmp_path / "noise"
    (folder / "deep").mkdir(parents=True)
    hum = 0.3 * np.sin(2 * np.pi * 50 * np.arange(3000) / 1000)
    soundfile.write(folder / "deep" / "hum.wav", hum, 1000)
    (folder / "notes.wav").write_text("no sound")
    made = make_shards(
        lake, augment=True, recipe=recipe, noise_dir=folder, shards_home=tmp_path, clip_seconds=4, quiet=True
    )
    steps = [step for sample, _, _ in samples_of(made.out) for step in sample.augment if step.name == "noise"]
    assert steps
    assert {step.params["file"] for step in steps} == {"deep/hum.wav"}


def test_arguments_that_cannot_be(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x")
    for arguments, what in (
        ({"clip_seconds": 0.0}, "clip_seconds 0.0"),
        ({"sample_rate": 700_000}, "sample_rate 700000"),
        ({"seed": -1}, "seed -1"),
        ({"where": "species = 'unicorn'"}, "unicorn"),
        ({"where": "start_s > 1e9"}, "no call matches"),
        ({"where": "SELECT count(*) AS n FROM calls"}, "call_id"),
        ({"noise_dir": tmp_path}, "--augment"),
        ({"noise_dir": tmp_path / "none", "augment": True}, "no such folder"),
        ({"noise_dir": tmp_path / "full", "augment": True}, "no sound file"),
        ({"out": tmp_path / "file"}, "is a file"),
        ({"out": tmp_path / "full"}, "other files"),
    ):
        with pytest.raises(UsageError, match=what):
            make_shards(lake, shards_home=tmp_path / "home", quiet=True, **arguments)  # type: ignore[arg-type]


def test_a_set_in_use_is_left_alone(lake: Lake, tmp_path: Path) -> None:
    import fcntl
    import os

    out = tmp_path / "o"
    out.mkdir()
    handle = os.open(out, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(ChorusError, match="another run"):
        make_shards(lake, out=out, shards_home=tmp_path, quiet=True)
    os.close(handle)


def test_where_brings_only_matching_empty_recordings(lake: Lake, tmp_path: Path) -> None:
    ids = [row["recording_id"] for row in lake.query("SELECT recording_id FROM recordings ORDER BY 1").rows()]
    half = ids[: len(ids) // 2]
    quoted = ", ".join(f"'{name}'" for name in half)
    made = make_shards(lake, where=f"recording_id IN ({quoted})", shards_home=tmp_path, clip_seconds=4, quiet=True)
    assert {sample.recording_id for sample, _, _ in samples_of(made.out)} <= set(half)
    few = make_shards(
        lake,
        where="SELECT call_id FROM calls ORDER BY call_id LIMIT 3",
        shards_home=tmp_path,
        clip_seconds=4,
        quiet=True,
    )
    assert 1 <= sum(bool(sample.events) for sample, _, _ in samples_of(few.out)) <= 3


def test_a_release_that_moved_away_and_came_back(tmp_path: Path) -> None:
    lake = click_lake(tmp_path)
    release, away = tmp_path / "release", tmp_path / "away"
    whole = make_shards(lake, out=tmp_path / "whole", shards_home=tmp_path, clip_seconds=4, quiet=True)
    release.rename(away)
    with pytest.raises(ChorusError, match="no longer at"):
        make_shards(lake, out=tmp_path / "o", shards_home=tmp_path, clip_seconds=4, quiet=True)
    release.mkdir()
    with pytest.raises(ChorusError, match="every clip was refused"):
        make_shards(lake, out=tmp_path / "o", shards_home=tmp_path, clip_seconds=4, quiet=True)
    release.rmdir()
    away.rename(release)
    make_shards(lake, out=tmp_path / "o", shards_home=tmp_path, clip_seconds=4, quiet=True)
    assert tree(tmp_path / "o") == tree(whole.out)


def test_a_plan_alone_writes_nothing_and_tells_what_would_come(lake: Lake, tmp_path: Path) -> None:
    planned = make_shards(lake, shards_home=tmp_path / "shards", plan_only=True, quiet=True)
    assert not (tmp_path / "shards").exists()
    written = make_shards(lake, shards_home=tmp_path / "shards", quiet=True)
    assert planned.planned
    assert planned.out == written.out
    assert {k: (v.clips, v.shards) for k, v in planned.splits.items() if v.clips} == {
        k: (v.clips, v.shards) for k, v in written.splits.items() if v.clips
    }
