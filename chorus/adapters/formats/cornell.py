"""Cornell soundscape collections on Zenodo: one annotations.csv of boxes for all FLAC files of a collection.

Six sources share this layout and differ in their prefix and their clock only. The zip's top folder is not known, so a
sound is looked up by its base name wherever it lies.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release, without_suffix
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import coverage_by
from chorus.adapters.formats.table import read_table
from chorus.errors import UsageError
from chorus.schemas import Annotated, Source
from chorus.schemas.issue import Action

ANNOTATIONS = "annotations.csv"
FILE, START, END, LOW, HIGH, CODE = (
    "Filename",
    "Start Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Species eBird Code",
)
#: <prefix>_<id>[_S<site>]_<date>_<time>[Z].flac
STEM = re.compile(r"[A-Z]{3}_\d+(?:_(?P<site>S\d+))?_(?P<stamp>\d{8}_\d{6})(?P<utc>Z)?")
#: Labels of calls that the annotators could not identify.
UNIDENTIFIED = {"????", "unknown"}

#: Recording facts of a site ('S01'; None where names hold no site) at a time of the file names' clock.
Place = Callable[[str | None, dt.datetime | None], dict[str, Any]]


@dataclass(frozen=True)
class Collection:
    """One of the six: its id in Chorus, the prefix of its files, and what is known of its sites."""

    source: str
    prefix: str
    place: Place

    def units(self, release: Release) -> list[str]:
        """The annotation table. Raises UsageError when none there is of this collection, or two are."""
        tables = release.glob(ANNOTATIONS)
        own = [path for path in tables if self._is_own(release.bytes(path))]
        if not own:
            shown = ", ".join(f"'{path}'" for path in tables[:3])
            raise UsageError(f"{self.source}: looked for recordings {self.prefix}_*.flac in {shown}, found none")
        return refuse_copies(self.source, own)

    def _is_own(self, data: bytes) -> bool:
        return re.search(rb'(?:^|,)\s*"?\s*' + self.prefix.encode() + b"_", data, re.MULTILINE) is not None

    def read(self, release: Release, unit: str) -> Iterator[Item]:
        """Every box of the table as a call, every sound of the collection as a recording."""
        required = (FILE, START, END, LOW, HIGH, CODE)
        table = read_table(release.bytes(unit), unit, required, numeric=(START, END)).filled(FILE)
        start, end, low, high = (table.numbers(name) for name in (START, END, LOW, HIGH))
        folder = unit.rpartition("/")[0]
        stems = {name: without_suffix(name) for name in dict.fromkeys(table.text[FILE])}
        sounds = {stem: self._sound(release, folder, stem) for stem in stems.values()}
        paths = {name: sounds[stem] for name, stem in stems.items()}
        known = coverage_by(table.problems, stem_of)
        for stem, path in sounds.items():
            yield Rec(path, known(stem), self._facts(stem))
        yield from self._without_rows(release, unit, set(sounds.values()))
        yield from table.problems
        labels = table.column(CODE)
        columns = {"start_s": start, "end_s": end, "low_hz": low, "high_hz": high, "label": labels}
        columns["kind"] = ["animal" if (label or "").casefold() in UNIDENTIFIED else None for label in labels]
        yield Calls([paths[name] for name in table.text[FILE]], unit, table.lines, columns)

    def _sound(self, release: Release, folder: str, stem: str) -> str:
        near = f"{folder}/soundscape_data".lstrip("/")
        return release.audio(stem, default=f"{near}/{stem}.flac", near=near)

    def _without_rows(self, release: Release, unit: str, known: set[str]) -> Iterator[Item]:
        """Sounds that no box names: the releases tell of none, so nothing is claimed about them."""
        for path in release.glob(f"{self.prefix}_*.flac"):
            if path not in known:
                yield Rec(path, Annotated.none, self._facts(path.rpartition("/")[2].rpartition(".")[0]))
                message = f"no box names {path}: it is taken as not annotated"
                yield Problem(unit, "recording_without_rows", message, action=Action.noted)

    def _facts(self, stem: str) -> dict[str, Any]:
        """Site and time of a recording. Names that end in Z hold UTC, which the place's offset makes local."""
        name = STEM.fullmatch(stem)
        if not name:
            return {}
        stamp = local_time(name["stamp"], "%Y%m%d_%H%M%S")
        facts = {"site": name["site"], **self.place(name["site"], stamp)}
        shift = facts.get("utc_offset_min") if name["utc"] else 0
        if stamp and shift is not None:
            facts["recorded_at"] = stamp + dt.timedelta(minutes=shift)
        return facts


def stem_of(name: str) -> str | None:
    """'NES_001_S01_20190914_043000.flac' -> the same without suffix; None for what is no recording's name."""
    stem = without_suffix(name)
    return stem if STEM.fullmatch(stem) else None


def collection(card: Source, prefix: str, place: Place) -> Adapter:
    """The adapter of one collection."""
    shared = Collection(card.id, prefix, place)
    return Adapter(card, anchors=(ANNOTATIONS,), units=shared.units, read=shared.read)
