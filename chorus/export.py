"""Write calls as tables that other programs open: Raven selection tables, Audacity labels, CSV, JSON lines, Parquet.

A row is a mapping with `start_s` and `end_s`, and where known `low_hz`, `high_hz`, `label` or `species`, `score`,
`channel`, and any further columns. Rows that hold calls of several recordings can carry `recording`: Raven and Audacity
tables then keep times relative to each recording's own start, which is only right one recording at a time; write one
table per recording for them.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from chorus.atomic import write_bytes

Row = Mapping[str, Any]

RAVEN_HEADER = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
)
#: Columns that a Raven table carries when any row has them, with the names they get.
RAVEN_EXTRAS = {
    "label": "Label",
    "species": "Species",
    "scientific_name": "Scientific Name",
    "call_type": "Call Type",
    "individual": "Individual",
    "sex": "Sex",
    "score": "Score",
    "recording_id": "Recording",
}
#: More, when any row says something else than what such a table says without them.
RAVEN_ODD = {
    "presence": ("Presence", "present"),
    "kind": ("Kind", "animal"),
    "strength": ("Label Strength", "strong"),
}
#: And one that names the numbers of a row that nobody stated: Raven wants them all.
UNSTATED = "Unstated"


def write_raven(
    rows: Iterable[Row], file: Path | TextIO, nyquist_hz: float | None = None, channels: int | None = None
) -> int:
    """Write a Raven selection table; returns the number of selections.

    A missing lower bound becomes 0; a missing upper bound `nyquist_hz`, or the lower bound where that is unknown; a
    missing channel 1: Raven refuses a table without them. The column `Unstated` lists what stands in so ('low 0.000'),
    the channel where there are several `channels`; Chorus takes it for unknown when it reads the table, unless somebody
    gave it another value meanwhile.
    """
    found = list(rows)
    more = raven_extras(found)
    names = list(more.values())
    numbers = [stated(row, nyquist_hz) for row in found]
    gaps = [unstated(row, cells, channels) for row, cells in zip(found, numbers, strict=True)]
    names += [UNSTATED] if any(gaps) else []
    lines = ["\t".join((*RAVEN_HEADER, *names))]
    for number, (row, cells, gap) in enumerate(zip(found, numbers, gaps, strict=True), 1):
        fixed = (number, "Spectrogram 1", cells["channel"], *times(row), cells["low_hz"], cells["high_hz"])
        others = (*(row.get(key) for key in more), *([gap] if any(gaps) else []))
        lines.append("\t".join(one_line(value) for value in (*fixed, *others)))
    put(file, "\n".join(lines) + "\n")
    return len(found)


def raven_extras(rows: list[Row]) -> dict[str, str]:
    """The further columns of a Raven table by their keys. A scientific name is one only where some row has no other."""
    held = {key: name for key, name in RAVEN_EXTRAS.items() if any(row.get(key) is not None for row in rows)}
    if all(row.get("species") is not None or row.get("scientific_name") is None for row in rows):
        held.pop("scientific_name", None)
    odd = {key: name for key, (name, usual) in RAVEN_ODD.items() if any(row.get(key, usual) != usual for row in rows)}
    return held | odd


def stated(row: Row, nyquist_hz: float | None) -> dict[str, str]:
    """Channel and bounds of a Raven table's row, by their names; see `write_raven`."""
    low = finite(row.get("low_hz")) or 0.0
    high = finite(row.get("high_hz"))
    high = high if high is not None else max(low, nyquist_hz or low)
    return {"channel": str(row.get("channel") or 1), "low_hz": f"{low:.3f}", "high_hz": f"{high:.3f}"}


def unstated(row: Row, cells: Mapping[str, str], channels: int | None) -> str:
    """Which of the cells of a Raven table only stand in: 'channel 1, low 0.000'."""
    gaps = [name for name in ("low_hz", "high_hz") if finite(row.get(name)) is None]
    gaps = ["channel", *gaps] if (channels or 1) > 1 and not row.get("channel") else gaps
    return ", ".join(f"{name.removesuffix('_hz')} {cells[name]}" for name in gaps)


def write_audacity(rows: Iterable[Row], file: Path | TextIO) -> int:
    """Write an Audacity label track; returns the number of labels.

    Frequency bounds stand on a second line that begins with a backslash, where both are known (Audacity 2.2 and later).
    """
    lines: list[str] = []
    found = list(rows)
    for row in found:
        label = next((row[k] for k in ("label", "species") if row.get(k) is not None), "")
        lines.append("\t".join((*times(row), one_line(label))))
        low, high = finite(row.get("low_hz")), finite(row.get("high_hz"))
        if low is not None and high is not None:
            lines.append(f"\\\t{low:.3f}\t{high:.3f}")
    put(file, "".join(line + "\n" for line in lines))
    return len(found)


def write_csv(rows: Iterable[Row], file: Path | TextIO, columns: list[str] | None = None) -> int:
    """Write comma-separated values with a header; returns the number of rows. Absent values are empty."""
    found = list(rows)
    names = columns if columns is not None else all_columns(found)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in found:
        writer.writerow([plain(row.get(name)) for name in names])
    put(file, text.getvalue())
    return len(found)


def write_jsonl(rows: Iterable[Row], file: Path | TextIO, columns: list[str] | None = None) -> int:
    """Write one JSON object per line; returns the number of rows."""
    lines = [
        json.dumps(dict(row) if columns is None else {name: row.get(name) for name in columns}, default=str)
        for row in rows
    ]
    put(file, "".join(line + "\n" for line in lines))
    return len(lines)


def write_parquet(rows: Iterable[Row], file: Path, columns: list[str] | None = None) -> int:
    """Write a Parquet file; returns the number of rows. Without rows, `columns` gives an empty table its columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = [dict(row) for row in rows]
    names = columns if columns is not None else all_columns(found)
    table = pa.table({name: pa.array([row.get(name) for row in found]) for name in names})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    write_bytes(file, buffer.getvalue())
    return len(found)


#: Format name -> (writer, ending of the file it writes beside a recording).
FORMATS: dict[str, tuple[Callable[..., int], str]] = {
    "raven": (write_raven, ".selections.txt"),
    "audacity": (write_audacity, ".labels.txt"),
    "csv": (write_csv, ".csv"),
    "jsonl": (write_jsonl, ".jsonl"),
    "parquet": (write_parquet, ".parquet"),
}


@contextmanager
def kept(table: Path) -> Iterator[Path | None]:
    """Where a table that is there already lies from now on, unless the new one is the same: somebody may have corrected
    it. None where there is none."""
    if not table.exists():
        yield None
        return
    before = table.read_bytes()
    names = (table.with_name(f"{table.name}.old{number or ''}") for number in itertools.count())
    aside = next(path for path in names if not path.exists())
    write_bytes(aside, before)
    yield aside
    if table.read_bytes() == before:
        aside.unlink()


def put(file: Path | TextIO, text: str) -> None:
    """Write to a stream, or to a file that appears whole."""
    if isinstance(file, Path):
        write_bytes(file, text.encode("utf-8"))
    else:
        file.write(text)


def times(row: Row) -> tuple[str, str]:
    """Start and end in seconds with microseconds."""
    return f"{row['start_s']:.6f}", f"{row['end_s']:.6f}"


def finite(value: Any) -> float | None:
    """The number, or None where it is absent or not finite."""
    return float(value) if value is not None and math.isfinite(value) else None


def one_line(value: Any) -> str:
    """Text for a tab-separated cell: no tabs, no line breaks; nothing for None; scores with four decimals."""
    if value is None:
        return ""
    text = f"{value:.4f}" if isinstance(value, float) else str(value)
    return " ".join(text.split())


def plain(value: Any) -> Any:
    """A value for a CSV cell: lists and mappings as JSON."""
    return json.dumps(value, default=str) if isinstance(value, list | dict | tuple) else value


def all_columns(rows: list[Any]) -> list[str]:
    """Every key of the rows, in order of first use."""
    return list(dict.fromkeys(unique(rows)))


def unique(rows: list[Any]) -> Iterator[str]:
    """Keys of all rows, one row after the other."""
    for row in rows:
        yield from row
