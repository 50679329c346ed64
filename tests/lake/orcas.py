"""A lake with two orca calls, made by a made-up adapter in the place of a real one."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from chorus import adapters
from chorus.adapters.base import Adapter, Calls, Rec
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.schemas import Annotated


def orca_lake(folder: Path) -> Lake:
    """Two calls labelled in two ways, and one that nobody can name."""
    root = folder / "orcas"
    root.mkdir(exist_ok=True)
    (root / "labels.txt").write_text("1\n2\n3\n")
    card = adapters.get("ena_birds").card.model_copy(update={"taxa": ["whales"]})

    def read(release, unit):  # type: ignore[no-untyped-def]
        yield Rec("a.wav", Annotated.full)
        columns = {"start_s": [0.0, 1.0, 2.0], "end_s": [1.0, 2.0, 3.0], "label": ["Killer Whale", "orcas", "hum"]}
        yield Calls("a.wav", unit, [1, 2, 3], columns)

    adapter = Adapter(card, ("labels.txt",), lambda release: release.glob("labels.txt"), read)
    layout = Layout(folder / "orca-lake")
    with patch.object(adapters, "get", lambda source: adapter):
        ingest(layout, "ena_birds", root)
    return Lake(layout.root)
