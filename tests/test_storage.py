"""Object storage, against an S3-compatible server on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import ChorusError, UsageError
from chorus.storage import Bucket, address, is_folder, open_for_reading


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("s3://bucket/a/b/", "s3://bucket/a/b"),
        (Path("s3://bucket/a"), "s3://bucket/a"),
        ("gs://bucket", "gs://bucket"),
        ("/data/s3/x", None),
        ("relative", None),
        (Path("c:/x"), None),
    ],
)
def test_addresses(place: str | Path, expected: str | None) -> None:
    assert address(place) == expected


def test_an_unknown_scheme_is_one_line() -> None:
    with pytest.raises(UsageError, match="expected a folder, s3://"):
        address("ftp://host/x")


def test_objects(s3: str, tmp_path: Path) -> None:
    bucket = Bucket(f"{s3}/some/place")
    assert bucket.listing() == {}
    bucket.put("a.json", b"{}")
    (tmp_path / "big").write_bytes(bytes(range(256)) * 100_000)
    bucket.upload("deep/big", tmp_path / "big")
    assert bucket.listing() == {"a.json": 2, "deep/big": 25_600_000}
    assert bucket.read("a.json") == b"{}"
    bucket.download("deep/big", tmp_path / "again" / "big")
    assert (tmp_path / "again" / "big").read_bytes() == (tmp_path / "big").read_bytes()
    with open_for_reading(f"{s3}/some/place/deep/big") as file:
        file.seek(1_000_003)
        assert file.read(4) == bytes([67, 68, 69, 70])
    assert is_folder(f"{s3}/some") and not is_folder(f"{s3}/none")


def test_what_is_refused_is_one_line(s3: str) -> None:
    for place, name in ((f"{s3}/x", "none"), ("s3://no-such-bucket/x", "a")):
        with pytest.raises(ChorusError, match="object storage") as caught:
            Bucket(place).read(name)
        assert "\n" not in str(caught.value)
    with pytest.raises(ChorusError, match="no-such-bucket"):
        Bucket("s3://no-such-bucket/x").put("a", b"x")
    with pytest.raises(OSError):
        open_for_reading(f"{s3}/none")
