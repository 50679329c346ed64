"""Taking a source out of the lake again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chorus.atomic import disk_error
from chorus.errors import UsageError, nearest
from chorus.lake.copies import leave_out_gone
from chorus.lake.ingest import write_shared
from chorus.lake.layout import Layout


@dataclass(frozen=True)
class Forgotten:
    """What the lake held of a source, and where its release lies."""

    source: str
    recordings: int
    calls: int
    root: str


def forget(layout: Layout, sources: Sequence[str]) -> list[Forgotten]:
    """Take sources out of the lake; what was read of them can be read again. Raises UsageError, having done nothing,
    when one is not there, ChorusError where the lake cannot be written."""
    layout.check_version()
    held = layout.sources()
    for source in sources:
        if source not in held:
            there = f"the lake holds {', '.join(held)}" if held else "the lake is empty"
            raise UsageError(f"no source '{source}' in the lake{nearest(source, list(held))}; {there}")
    done = []
    for source in dict.fromkeys(sources):
        report = layout.report(source) or {}
        try:
            layout.forget(source)
            write_shared(layout)
            leave_out_gone(layout)
        except OSError as error:
            raise disk_error(error, layout.root) from None
        done.append(Forgotten(source, report.get("recordings", 0), report.get("calls", 0), report.get("root", "")))
    return done
