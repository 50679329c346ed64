"""Packages that say where what is name each of their files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

CHORUS = Path(__file__).resolve().parents[1] / "chorus"
MAPS = {
    path.parent: text
    for path in sorted(CHORUS.rglob("__init__.py"))
    if "Where what is:" in (text := ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
}


@pytest.mark.parametrize("folder", MAPS, ids=lambda folder: folder.name)
def test_every_file_is_on_the_map(folder: Path) -> None:
    files = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert files - {"__init__", "__main__"} <= set(re.findall(r"\w+", MAPS[folder].partition("Where what is:")[2]))


def test_the_large_packages_have_one() -> None:
    assert {"lake", "shards", "train"} <= {folder.name for folder in MAPS}
