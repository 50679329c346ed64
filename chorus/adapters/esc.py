"""ESC-50: 2,000 clips of five seconds, one class each: animals, people, weather, machines."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated, Environment, Kind, Layout, ReleaseFile, Role, Source
from chorus.schemas.vocabulary import SourceStrength

ANIMALS = ("dog", "rooster", "pig", "cow", "frog", "cat", "hen", "insects", "sheep", "crow")

CARD = Source(
    id="esc",
    title="ESC-50: Dataset for Environmental Sound Classification",
    citation="Piczak (2015), ESC: Dataset for Environmental Sound Classification, ACM Multimedia, "
    "doi:10.1145/2733373.2806390",
    doi="10.7910/DVN/YDEPUT",
    version="2.0.0",
    licence="CC-BY-NC-3.0",
    environment=Environment.mixed,
    taxa=["mammals", "birds", "frogs", "insects", "people"],
    role=Role.training,
    strength=SourceStrength.weak,
    files=[ReleaseFile(name="master.zip", url="https://github.com/karoldvl/ESC-50/archive/master.zip")],
    paper_calls=400,
    paper_hours=1,
    counts_as_call=f"label IN ({', '.join(repr(name) for name in ANIMALS)})",
    layout=Layout.confirmed,
    notes=[
        "Three readings give the 400 of Table 1: the Animals group (classes 0 to 9), fold 5 (the test part of "
        "BEANS) and the ESC-10 subset. Chorus counts the Animals group; all 2,000 rows are kept.",
        "The paper both lists it among its training data and tests on it (fold 5): leave it out of training with "
        "--where \"source <> 'esc'\" before you report that test.",
        "Crickets and chirping_birds are animals, although the release files them under nature; they are not counted.",
        "400 clips of 5 s are 0.56 h, which Table 1 rounds up; all 2,000 are 2.78 h.",
        "Labels are weak: the sound is somewhere in the clip, and clips from short sources are padded with silence.",
        "The ten classes of the release's human group (footsteps and clapping among them) are kind human, Homo "
        "sapiens.",
        "Clips of one Freesound recording share a session (src_file), so that no split tears them apart.",
        "Clips of the ESC-10 subset are CC BY 3.0, the rest CC BY-NC 3.0; the file LICENSE names the author of each"
        " clip.",
        "Folds 1 to 5 are for cross-validation and no train and test; BEANS trains on 1 to 3, validates on 4, tests"
        " on 5.",
    ],
)

TABLE = "meta/esc50.csv"
CLIP_S = 5.0
#: Groups of ten classes, by target // 10: animals, nature, human, domestic, urban.
KINDS = (Kind.animal, Kind.noise, Kind.human, Kind.noise, Kind.noise)
ANIMALS_IN_NATURE = ("crickets", "chirping_birds")


def units(release: Release) -> list[str]:
    return [path for path in release.glob(TABLE) if path.count("/") == 1]


def read(release: Release, unit: str) -> Iterator[Item]:
    required = ("filename", "fold", "target", "category", "esc10", "src_file")
    table = read_table(release.bytes(unit), unit, required)
    text = table.text
    paths = [f"audio/{name}" for name in text["filename"]]
    splits = [f"fold {fold}" for fold in text["fold"]]
    for path, split, source, esc10 in zip(paths, splits, text["src_file"], text["esc10"], strict=True):
        licence = "CC-BY-3.0" if esc10 == "True" else None
        yield Rec(path, Annotated.weak, {"split": split, "session": source, "licence": licence})
    kinds = [kind_of(target, name) for target, name in zip(text["target"], text["category"], strict=True)]
    yield from table.problems
    yield Calls(
        paths,
        unit,
        table.lines,
        {
            "start_s": 0.0,
            "end_s": CLIP_S,
            "label": table.column("category"),
            "taxon_key": [taxon_key(kind, name) for kind, name in zip(kinds, text["category"], strict=True)],
            "kind": kinds,
            "strength": "weak",
            "split": splits,
        },
    )


def kind_of(target: str, category: str) -> Kind | None:
    """What makes the sound; None (the engine decides) for a class that ESC-50 does not have."""
    if category in ANIMALS_IN_NATURE:
        return Kind.animal
    group = int(target) // 10 if target.isdecimal() else len(KINDS)
    return KINDS[group] if group < len(KINDS) else None


def taxon_key(kind: Kind | None, category: str) -> str | None:
    """What the resolver looks up: the class of an animal, Homo sapiens for people, nothing for noise."""
    return {Kind.human: "Homo sapiens", Kind.noise: None}.get(kind, category) if kind else category


ADAPTER = Adapter(CARD, anchors=(TABLE,), units=units, read=read)
