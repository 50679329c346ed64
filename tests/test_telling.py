"""Remarks and counts."""

from __future__ import annotations

import pytest

from chorus.telling import counted, tell


def test_a_remark_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    tell(ValueError("first\n  second"))
    assert capsys.readouterr() == ("", "chorus: first second\n")


def test_counts_in_words() -> None:
    assert [counted(n, "call") for n in (0, 1, 2000)] == ["0 calls", "1 call", "2,000 calls"]
