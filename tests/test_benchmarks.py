"""The benchmarks that measure no speed, and the one that divides it, on little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import gauntlet, resolver, style
from benchmarks.replicas import hawaii_birds


def test_the_gauntlet_is_passed(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_GAUNTLET", str(shared / "gauntlet"))
    lines = gauntlet.main()
    assert [line for line in lines if "FAIL" in line] == []
    assert lines[-1] == "14 of 14 tables pass (best peer: 10)"
    monkeypatch.setitem(gauntlet.EXPECTED, "ok", (gauntlet.PLAIN, {"odd": 1}))
    assert "FAIL" in gauntlet.main()[0]


def test_blank_lines_of_a_function_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "PACKAGE", tmp_path)
    file = tmp_path / "a.py"
    file.write_text("import os\n\n\ndef f():\n    x = 1\n\n    return x\n\n\nclass A:\n    def g(self): ...\n")
    assert sorted(style.functions(file)) == [(1, "a.py:11 g"), (3, "a.py:4 f")]
    assert style.length(file) == 11


def test_the_share_of_the_resolver(tmp_path: Path) -> None:
    from chorus.lake import run

    before = run.resolve
    replace(hawaii_birds.RELEASE, known=1_000).write(tmp_path)
    assert "resolver, 1,000 rows of hawaii_birds (1,000 to species): " in resolver.share(
        "hawaii_birds", tmp_path, 1_000
    )
    assert run.resolve is before
    with pytest.raises(SystemExit, match="1,000 calls of 999 rows"):
        resolver.share("hawaii_birds", tmp_path, 999)
