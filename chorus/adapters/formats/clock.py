"""Dates and times as they stand in file names."""

from __future__ import annotations

import datetime as dt


def local_time(text: str, *patterns: str) -> dt.datetime | None:
    """The first of the `strptime` patterns that fits the whole text; None when none does or there is no such day."""
    for pattern in patterns:
        try:
            return dt.datetime.strptime(text, pattern)
        except ValueError:
            continue
    return None
