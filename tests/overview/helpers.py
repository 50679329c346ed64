"""Tiny lakes whose numbers can be counted by hand, made by a made-up adapter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chorus import adapters
from chorus.adapters.base import Adapter, Calls, Rec
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.schemas import Annotated

Call = dict[str, Any]


def call(start_s: float, end_s: float, label: str | None = "EATO", **fields: Any) -> Call:
    """A call; its label is looked up as that of a bird data set."""
    return {"start_s": start_s, "end_s": end_s, "label": label, **fields}


def add(
    folder: Path,
    recordings: dict[str, Sequence[Call]],
    facts: dict[str, dict[str, Any]] | None = None,
    source: str = "ena_birds",
    **card: Any,
) -> Lake:
    """Put a source into the lake at `folder`: calls by recording, facts of recordings, and changes of its card.

    A sound file that lies at `folder`/<source>/<path> is probed as in any release.
    """
    root = folder / source
    root.mkdir(parents=True, exist_ok=True)
    (root / "labels.txt").write_text("made up\n")

    def read(release, unit):  # type: ignore[no-untyped-def]
        for path, calls in recordings.items():
            yield Rec(path, Annotated.full, (facts or {}).get(path, {}))
            names = dict.fromkeys(name for row in calls for name in row)
            columns = {name: [row.get(name, DEFAULTS.get(name)) for row in calls] for name in names}
            if calls:
                yield Calls(path, f"{path}.txt", list(range(1, len(calls) + 1)), columns)

    changed = adapters.get(source).card.model_copy(update=card)
    adapter = Adapter(changed, ("labels.txt",), lambda release: release.glob("labels.txt"), read)
    layout = Layout(folder / "home" / "lake")
    ingest(layout, adapter, root)
    return Lake(layout.root)


DEFAULTS = {"strength": "strong", "presence": "present"}
