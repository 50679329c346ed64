"""Rows that a release holds twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from tests.adapters.helpers import write_files

HEADER = "Filename,Start Time (s),End Time (s),Low Freq (Hz),High Freq (Hz),Species eBird Code\n"
NAME = "UHH_001_S01_20161121_150000.flac"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((f"{NAME},1,2,,9,omao", f"{NAME},1,2,0,9,omao", f"{NAME},1,2,,9,iiwi", f"{NAME},1,3,,9,omao"), None),
        (
            (f"{NAME},3,4,0,9,iiwi", f"{NAME},1,2,,9,omao", f"{NAME},1.0,2.0,,9,omao"),
            (4, "says the same as another, here line 3"),
        ),
        ((f"{NAME},1,2,0,9,iiwi",) * 3, (3, "and 1 more rows say the same as another, here line 2")),
    ],
)
def test_a_row_that_stands_twice_is_told_and_kept(
    rows: tuple[str, ...], told: tuple[int, str] | None, tmp_path: Path
) -> None:
    root = write_files(tmp_path / "release", {"annotations.csv": HEADER + "\n".join(rows)})
    layout = Layout(tmp_path / "lake")
    assert ingest(layout, "hawaii_birds", root).calls == len(rows)
    issues = Lake(tmp_path / "lake").query("SELECT * FROM issues").arrow().to_pylist()
    assert [(row["origin_line"], row["message"].partition(":")[0]) for row in issues] == ([told] if told else [])
