"""What the pages in docs/ show is accepted, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chorus.adapters.formats.mapping import COLUMNS, KEYS, read_mapping

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_mappings_that_are_shown_can_be_read() -> None:
    shown = re.findall(r"```toml\n(.*?)```", (DOCS / "own-data.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(shown) == 2
    for text in shown:
        read_mapping(text.encode(), "mapping.toml")
    told = set(re.findall(r"\w+", shown[0] + shown[1]))
    assert told >= {*KEYS, *COLUMNS}


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (DOCS / target).exists(), target
