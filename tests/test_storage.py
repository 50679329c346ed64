"""Object storage, against servers on this machine: an S3-compatible one, and one that stands in for Google's."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import ChorusError, UsageError
from chorus.storage import Bucket, address, forget, is_folder, listing, open_for_reading


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


def test_objects(store: str, tmp_path: Path) -> None:
    bucket = Bucket(f"{store}/some/place")
    assert bucket.listing() == {}
    bucket.put("a.json", b"{}")
    (tmp_path / "big").write_bytes(bytes(range(256)) * 44_000)
    bucket.upload("deep/big", tmp_path / "big")
    bucket.put("packed.gz", b"\x1f\x8b as it is")
    sizes = {"a.json": 2, "deep/big": 11_264_000, "packed.gz": 11}
    assert bucket.listing() == sizes and bucket.read("packed.gz") == b"\x1f\x8b as it is"
    for name in sizes:
        bucket.download(name, tmp_path / "again" / name)
    assert listing(str(tmp_path / "again")) == listing(f"{store}/some/place") == sizes
    assert (tmp_path / "again" / "deep" / "big").read_bytes() == (tmp_path / "big").read_bytes()
    with open_for_reading(f"{store}/some/place/deep/big") as file:
        file.seek(1_000_003)
        assert file.read(4) == bytes([67, 68, 69, 70])
    assert is_folder(f"{store}/some") and not is_folder(f"{store}/none")


def test_what_is_refused_is_one_line(store: str) -> None:
    no_bucket = f"{store.partition('://')[0]}://no-such-bucket/x"
    for place, name in ((f"{store}/x", "none"), (no_bucket, "a")):
        with pytest.raises(ChorusError, match=f"{place}/{name}: object storage") as caught:
            Bucket(place).read(name)
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 100
    with pytest.raises(ChorusError, match="no-such-bucket"):
        Bucket(no_bucket).put("a", b"x")
    with pytest.raises(FileNotFoundError) as absent:
        open_for_reading(f"{store}/none")
    assert str(absent.value) == "no such object or bucket"


def test_an_emulator_is_named_with_or_without_a_scheme(
    gs: str, gs_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Bucket(gs).put("a", b"x")
    for name in (f"{gs_server}/", gs_server.removeprefix("http://")):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", name)
        forget()
        assert Bucket(gs).listing() == {"a": 1}
