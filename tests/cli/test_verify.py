"""What `chorus verify` says below its table."""

from __future__ import annotations

from typing import Any

import pytest

from chorus.cli.verify import against_release
from chorus.lake.ledger import Entry, Verdict


def entry(verdict: Verdict, counted: int, found: int, expected: int | None, release: int | None) -> Entry:
    more: dict[str, Any] = {"counted": counted, "found_calls": found, "expected": expected, "release_calls": release}
    return Entry("s", verdict, paper_calls=100, paper_hours=None, release_hours=None, **more)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (entry(Verdict.differs, 5, 6, 90, 99), "5 count here, 90 in the whole release"),
        (entry(Verdict.differs, 5, 6, None, 99), "6 rows are here, 99 in the whole release"),
        (entry(Verdict.differs, 0, 6, 0, 99), "6 rows are here, 99 in the whole release"),
        (
            entry(Verdict.differs, 5, 6, None, 6),
            "all 6 rows of the whole release are here: 5 count, 100 in Table 1",
        ),
        (entry(Verdict.differs, 5, 6, None, None), "5 count here; how many do in the whole release is not known"),
        (entry(Verdict.equal, 100, 100, None, 120), "100 rows are here, 120 in the whole release"),
        (entry(Verdict.equal, 100, 120, None, 120), None),
        (entry(Verdict.explained, 90, 120, 90, None), None),
    ],
)
def test_what_is_here_beside_the_whole_release(found: Entry, said: str | None) -> None:
    assert against_release(found) == said
