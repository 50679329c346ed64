"""What tars say of their clips: splits by name, sounds by their checksums, and no more of a tar than that takes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chorus.errors import ReadError
from chorus.shards import audit_tars
from chorus.shards.audit import audit
from chorus.shards.audit_tars import read_shard, split_of
from tests.shards.helpers import flac, tar


def test_silence_is_no_leak(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(500), 8000, format="FLAC", subtype="PCM_16")
    for split in ("train", "test"):
        tar(tmp_path / split / "0.tar", {split: ({"recording_id": f"s/{split}.wav"}, buffer.getvalue())})
    found = audit(tmp_path)
    assert found.leaks == 0
    assert next(check.known for check in found.checks if check.name == "identical sound") == 0


def test_sound_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = 0

    class Counted(io.FileIO):
        def readinto(self, buffer: bytearray) -> int | None:  # type: ignore[override]
            nonlocal fetched
            fetched += (count := super().readinto(buffer) or 0)
            return count

    sounds = {f"clip-{k}": ({"recording_id": f"s/{k}.wav"}, flac(k, 100_000)) for k in range(5)}
    tar(tmp_path / "train" / "0.tar", sounds)
    monkeypatch.setattr(audit_tars, "open_for_reading", lambda path, ahead: io.BufferedReader(Counted(path), ahead))
    found = read_shard((str(tmp_path), "train/0.tar"))
    assert found.clips == {"train": 5} and len(set(found.sounds["train"].sums)) == 5
    assert 0 < fetched < (tmp_path / "train" / "0.tar").stat().st_size / 5


def test_a_damaged_tar_is_one_line(tmp_path: Path) -> None:
    tar(tmp_path / "a.tar", {"a": ({"recording_id": "s/1.wav"}, flac(1))})
    whole = (tmp_path / "a.tar").read_bytes()
    for content, what in (
        (whole[:700], "no shard that can be read"),
        (b"no tar" * 500, "no shard that can be read"),
        (whole.replace(b'{"rec', b'["rec'), "a.json is no JSON"),
    ):
        (tmp_path / "a.tar").write_bytes(content)
        with pytest.raises(ReadError, match=f"a.tar: {what}"):
            read_shard((str(tmp_path), "a.tar"))


def test_splits_by_the_names_of_files_and_folders() -> None:
    assert split_of(Path("train/shard-000.tar")) == "train"
    assert split_of(Path("frogs-val-000.tar")) == "valid"
    assert split_of(Path("000.tar")) is None
    assert split_of(Path("train/test-000.tar")) is None
