"""Names from elsewhere: below the folder, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.download.paths import Refused, archive_kind, inside, stem

PIECES = st.sampled_from(["..", ".", "", "/", "\\", "a", "b.wav", "C:", "~", "\0", "\n", "é", "...", "\udc80", "con"])


@given(st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map("/".join)))
def test_any_name_is_inside_or_refused(name: str) -> None:
    root = Path("/target").resolve()
    try:
        path = inside(name)
    except Refused as refused:
        assert "\n" not in str(refused)
        return
    place = (root / path).resolve()
    assert root in place.parents
    assert "\\" not in path
    path.encode()


@pytest.mark.parametrize(
    "name",
    [
        *("/etc/passwd", "../x", "a/../../x", "..\\x", "C:\\x", "c:x", "\\\\host\\share\\x", "", ".", "a\nb", "a\0b"),
        *("\ud800", ".chorus-download.json", "./.Chorus-Download/x"),
    ],
)
def test_refused(name: str) -> None:
    with pytest.raises(Refused):
        inside(name)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a/b.wav", "a/b.wav"),
        ("./a//b.wav", "a/b.wav"),
        ("a\\b.wav", "a/b.wav"),
        ("2017-01-01T12:00:00.wav", "2017-01-01T12:00:00.wav"),
        ("$marron1 (é).wav", "$marron1 (é).wav"),
        ("caf\udce9.wav", "café.wav"),
    ],
)
def test_kept(name: str, path: str) -> None:
    assert inside(name) == path


def test_archives_by_name() -> None:
    names = ["a.zip", "a.TAR.GZ", "a.tgz", "a.tar", "a.7z", "a.gz", "zip"]
    assert [archive_kind(name) for name in names] == ["zip", "tar", "tar", "tar", None, None, None]
    assert [stem(name) for name in names[:4]] == ["a", "a", "a", "a"]
