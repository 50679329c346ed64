"""What the replicas of the six Cornell collections share: annotations.csv and species.csv of one Zenodo record.

Rows are dealt evenly over recordings, '????' over rows, codes over rows; times, lengths and bounds are drawn. Boxes
above Nyquist and past the end of a file may occur in the releases, how many is not known: none is written, unless it
is among the rows that were seen. recording_location.* is left out: its content is not known.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from benchmarks.replicas.common import deal, tiny_flac, write_text
from chorus.taxonomy.tables import rows as table_rows
from chorus.taxonomy.tables import taxa

HEADER = "Filename,Start Time (s),End Time (s),Low Freq (Hz),High Freq (Hz),Species eBird Code"
TYPES = ("VARCHAR", "DOUBLE", "DOUBLE", "DOUBLE", "DOUBLE", "VARCHAR")
UNIDENTIFIED = "????"
#: Recordings that get a sound where sounds are asked for.
SOUNDS = 3


@dataclass(frozen=True)
class Collection:
    """Published figures of one collection: its recordings (names without suffix), boxes of known species, '????' boxes,
    boxes that are points (among those of known species), shortest recording in seconds; `seen` are rows of the release
    as public test files show them."""

    source: str
    recordings: list[str]
    known: int
    unidentified: int
    seconds: int
    seen: tuple[str, ...]
    points: int = 0
    #: Codes that Chorus knows for this source and the release does not hold.
    absent: tuple[str, ...] = ()

    def write(self, root: Path, audio: bool = False) -> None:
        """Write annotations.csv and species.csv; with `audio` a short sound for the first recordings."""
        names = species(self.source, self.absent)
        write_text(root / "annotations.csv", "\n".join([HEADER, *self._rows(list(names)), ""]))
        write_text(root / "species.csv", _csv(["Species eBird Code", "Scientific Name", "Common Name"], names))
        for name in self.recordings[:SOUNDS] if audio else ():
            tiny_flac(root / "soundscape_data" / f"{name}.flac")

    def _rows(self, codes: list[str]) -> list[str]:
        """Rows in the order of the recordings, in none within them; the rows that were seen go first."""
        rng = random.Random(0)
        known, unidentified = self.known, self.unidentified
        for row in self.seen:
            known, unidentified = (known, unidentified - 1) if row.endswith(UNIDENTIFIED) else (known - 1, unidentified)
        labels = [code for _, code in zip(range(known), cycle(codes), strict=False)] + [UNIDENTIFIED] * unidentified
        rng.shuffle(labels)
        named = (name for name, n in zip(self.recordings, deal(len(labels), len(self.recordings)), strict=True)
                 for _ in range(n))  # fmt: skip
        rows = [f"{name}.flac,{_box(rng, self.seconds)},{label}" for name, label in zip(named, labels, strict=True)]
        for i in [i for i, label in enumerate(labels) if label != UNIDENTIFIED][: self.points]:
            name, start, _, low, _, label = rows[i].split(",")
            rows[i] = f"{name},{start},{start},{low},{low},{label}"
        return [*self.seen, *rows]

    def floor(self, root: Path) -> list[str]:
        """The same table, read by bare DuckDB."""
        columns = ", ".join(f"'{name}': '{type_}'" for name, type_ in zip(HEADER.split(","), TYPES, strict=True))
        table = root / "annotations.csv"
        return [f"SELECT * FROM read_csv('{table}', delim = ',', header = true, columns = {{{columns}}})"]


def _box(rng: random.Random, seconds: int) -> str:
    """Start and end in seconds with one decimal, low and high in whole Hz; some boxes begin at 0 Hz."""
    start, low = rng.randrange(10 * seconds - 60), max(rng.randrange(-500, 4000), 0)
    end, high = start + rng.randrange(1, 60), low + rng.randrange(200, 8000)
    return f"{start // 10}.{start % 10},{end // 10}.{end % 10},{low},{high}"


def recordings(
    pattern: str, count: int, days: Sequence[dt.date], clocks: Sequence[str], sites: Sequence[str] = ("",)
) -> list[str]:
    """Names of a collection: sites one after the other, on each of the days every clock time in turn. `pattern` takes
    `number`, `site`, `day` and `clock`."""
    return [
        pattern.format(
            number=i + 1,
            site=sites[i * len(sites) // count],
            day=days[i // len(clocks) % len(days)].strftime("%Y%m%d"),
            clock=clocks[i % len(clocks)],
        )
        for i in range(count)
    ]


def every(first: dt.date, step: int, count: int) -> list[dt.date]:
    """`count` days, each `step` days after the one before."""
    return [first + dt.timedelta(days=step * i) for i in range(count)]


def species(source: str, absent: Sequence[str] = ()) -> dict[str, tuple[str, str]]:
    """Codes of a source -> scientific and English name, as Chorus knows them."""
    known = [row for row in table_rows("dataset_labels.csv") if row["dataset"] == source and row["scientific_name"]]
    names = {row["label"]: row["scientific_name"] for row in known if row["label"] not in absent}
    return {code: (name, taxa()[name].common_name or name) for code, name in names.items()}


def _csv(header: list[str], names: dict[str, tuple[str, str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *([code, *both] for code, both in names.items())])
    return text.getvalue()
