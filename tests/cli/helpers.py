"""What commands print."""

from __future__ import annotations

import pytest

from chorus.cli import run


def said(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(list(arguments)) == 0
    return capfd.readouterr().out
