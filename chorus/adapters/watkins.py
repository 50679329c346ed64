"""Watkins Marine Mammal Sound Database: one cut a file, the species by folder; all cuts and the best-of packaging."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Calls, Item, Problem, Rec, Release
from chorus.adapters.formats.clip import clip_end
from chorus.adapters.formats.cuts import SPELLING, TABLE, index, letters
from chorus.adapters.formats.together import Together
from chorus.errors import UsageError
from chorus.schemas import Annotated, Environment, Layout, ReleaseFile, Role, Source
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="watkins",
    title="Watkins Marine Mammal Sound Database",
    citation="Watkins Marine Mammal Sound Database, Woods Hole Oceanographic Institution and the New Bedford Whaling "
    "Museum; Sayigh et al. (2016), Proceedings of Meetings on Acoustics 27:040013",
    version="all cuts (website, Kaggle copy) or best of (archive.org watkins_202104)",
    licence="LicenseRef-WHOI-Public",
    environment=Environment.marine,
    taxa=["whales", "dolphins", "seals", "otters", "manatees"],
    role=Role.training,
    strength=SourceStrength.weak,
    files=[
        ReleaseFile(
            name="watkins.zip",
            url="https://archive.org/download/watkins_202104/watkins.zip",
            size=882_137_083,
            md5="afef4877fb0b91c9952a68e436707179",
        )
    ],
    paper_calls=15152,
    paper_hours=30,
    counts_as_call="call_id IN (SELECT min(call_id) FROM calls WHERE source = 'watkins' GROUP BY recording_id)",
    layout=Layout.reported,
    notes=[
        "Table 1 took all cuts (30 h), for which there is no archive: they are scraped from the WHOI site, or from the "
        "Kaggle copy shreyj1729/best-of-watkins-marine-mammal-sound-database (15,567 files). watkins.zip is the best "
        "of.",
        "15,152 is printed nowhere: the database has 15,254 records. Counted are distinct record numbers, whatever "
        "they "
        "come to.",
        "A cut in two folders is one recording with a call of each species, and is counted once; a best-of cut that is "
        "also among all cuts is read once, with an issue.",
        "The label is the folder as it stands, the folder of a year left out; a name without its blanks is looked up "
        "with them (Long_FinnedPilotWhale). annotations.csv (path, species) is the label where it names the file.",
        "Labels are weak: the species is in the cut, which may hold many calls, other species and noise.",
        "The sample rate differs from file to file, 600 Hz to 166.6 kHz, some of it odd.",
        "The name of a file is its record number: year of the tape, tape, cut. Tape and year are its session.",
        "BEANS tests on part of the best of (339 clips of 31 species): leave those out of training before you report "
        "it.",
        "Personal and academic use, not commercial, with the credit above. Scraped metadata (.json, metadata.csv) are "
        "not read.",
    ],
)


def units(release: Release) -> list[str]:
    found = list(index(release).cuts)
    if not found:
        raise UsageError(f"watkins: no cuts under {release.root}; looked for '{TABLE}' or '<species>/61025001.wav'")
    return found


def read(release: Release, unit: str) -> Iterator[Item]:
    known = index(release)
    yield from known.problems.get(unit, [])
    kept = [cut for cut in known.cuts[unit] if known.first[cut.record, letters(cut.label)] is cut]
    for cut in known.cuts[unit]:
        first = known.first[cut.record, letters(cut.label)]
        if first is not cut:
            message = f"record {cut.record} is read from {first.path}"
            yield Problem(unit, "record_again", message, cut.line, cut.path, Action.noted)
    paths = [known.paths[cut.record] for cut in kept]
    for cut, path in zip(kept, paths, strict=True):
        yield Rec(path, Annotated.weak, {"session": cut.record[:5]})
    yield Calls(
        paths,
        unit,
        [cut.line for cut in kept],
        {
            "start_s": 0.0,
            "end_s": [clip_end(release, path) for path in paths],
            "strength": "weak",
            "label": [cut.label or None for cut in kept],
            "taxon_key": [SPELLING.get(letters(cut.label), cut.label) for cut in kept],
        },
    )


ADAPTER = Together(CARD, anchors=(TABLE, "[0-9][0-9][0-9][0-9][0-9]???.wav"), units=units, read=read)
