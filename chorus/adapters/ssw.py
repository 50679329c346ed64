"""SSW60 (Sapsucker Woods 60), its audio part: 3,861 clips of ten seconds, one bird species each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from chorus.adapters.base import Calls, Item, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.table import read_table
from chorus.adapters.formats.together import Together
from chorus.schemas import Annotated

CARD = read_card("ssw")

TABLE, TAXA = "audio_ml.csv", "taxa.csv"


def units(release: Release) -> list[str]:
    return refuse_copies(CARD.id, release.glob(TABLE))


def read(release: Release, unit: str) -> Iterator[Item]:
    names = species(release)
    required = ("asset_id", "label", "split", "duration_seconds")
    table = read_table(release.bytes(unit), unit, required, numeric=("duration_seconds",)).filled("asset_id")
    paths = [release.find(f"audio_ml/{asset}.wav") for asset in table.text["asset_id"]]
    splits, labels, ends = table.column("split"), table.column("label"), table.numbers("duration_seconds")
    for path, split, end in zip(paths, splits, ends, strict=True):
        yield Rec(path, Annotated.weak, {"split": split, "duration_s": end})
    yield from table.problems
    yield Calls(
        paths,
        unit,
        table.lines,
        {
            "start_s": 0.0,
            "end_s": ends,
            "label": labels,
            "taxon_key": [names.get(label or "", label) for label in labels],
            "strength": "weak",
            "split": splits,
        },
    )


@lru_cache(maxsize=1)
def species(release: Release) -> dict[str, str]:
    """Label -> scientific name, from taxa.csv. Raises ReadError when it is not there or lacks a column."""
    taxa = release.find(TAXA)
    table = read_table(release.bytes(taxa), taxa, ("label", "scientific_name"))
    return dict(zip(table.text["label"], table.text["scientific_name"], strict=True))


ADAPTER = Together(CARD, anchors=(TABLE,), units=units, read=read)
