"""SSW60 (Sapsucker Woods 60), its audio part: 3,861 clips of ten seconds, one bird species each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from chorus.adapters.base import Calls, Item, Rec, Release
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.table import read_table
from chorus.adapters.formats.together import Together
from chorus.schemas import Annotated, Environment, Layout, ReleaseFile, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="ssw",
    title="SSW60: Sapsucker Woods 60 audiovisual dataset",
    citation="Van Horn et al. (2022), Exploring Fine-grained Audiovisual Categorization with the SSW60 Dataset, ECCV, "
    "arXiv:2207.10664",
    version="ssw60.tar.gz",
    licence="LicenseRef-SSW60-terms",
    environment=Environment.terrestrial,
    taxa=["birds"],
    role=Role.training,
    strength=SourceStrength.weak,
    files=[
        ReleaseFile(
            name="ssw60.tar.gz",
            url="https://ml-inat-competition-datasets.s3.amazonaws.com/ssw60/ssw60.tar.gz",
            md5="af0a54ea1a897d130d91be8ffe0de81c",
        )
    ],
    paper_calls=3861,
    paper_hours=11,
    layout=Layout.reported,
    notes=[
        "3,861 clips of 10 s are the 3,861 calls, and 10.73 h the 11 h, of Table 1.",
        "Not the Sapsucker Woods soundscapes, which others call SSW too: those are northeast_us.",
        "Only audio_ml.csv, audio_ml/ and taxa.csv are read; the 5,400 videos and the images are not in Table 1.",
        "The terms of use lie inside the archive: computer-vision research only, and no redistribution of the media.",
        "The label is the number of audio_ml.csv; taxa.csv, read from the release, gives its species.",
        "Labels are weak: the bird is somewhere in the clip. train 2,597 and test 1,264 clips, as released.",
        "asset_id is the number of the Macaulay Library. All clips: 22,050 Hz, one channel, 220,500 samples.",
    ],
)

TABLE, TAXA = "audio_ml.csv", "taxa.csv"


def units(release: Release) -> list[str]:
    return refuse_copies(CARD.id, release.glob(TABLE))


def read(release: Release, unit: str) -> Iterator[Item]:
    names = species(release)
    required = ("asset_id", "label", "split", "duration_seconds")
    table = read_table(release.bytes(unit), unit, required, numeric=("duration_seconds",))
    paths = [f"audio_ml/{asset}.wav" for asset in table.text["asset_id"]]
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
    table = read_table(release.bytes(TAXA), TAXA, ("label", "scientific_name"))
    return dict(zip(table.text["label"], table.text["scientific_name"], strict=True))


ADAPTER = Together(CARD, anchors=(TABLE,), units=units, read=read)
