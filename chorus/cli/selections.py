"""Calls of a query as tables that Raven and Audacity open: one for each recording."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from chorus.cli.options import Format
from chorus.errors import UsageError
from chorus.schemas.vocabulary import Presence

if TYPE_CHECKING:
    from chorus.lake import Lake

#: What the tables of calls are called, behind the name of their recording.
ENDINGS = {Format.raven: ".Table.1.selections.txt", Format.audacity: ".audacity.txt"}
Found = dict[str, list[dict[str, Any]]]


def selection_tables(lake: Lake, text: str, limit: int | None, form: Format, output: Path | None) -> None:
    """Write one table per recording; a single recording may go to standard output. Rows that say an animal is absent
    are no calls, and are left out."""
    found = calls(lake, text, limit, form)
    if output is None and len(found) > 1:
        raise UsageError(f"the calls are in {len(found):,} recordings: --output DIR writes one table each")
    if output and found:
        from chorus.lake import attribution

        use = attribution.use_of_rows(row for rows in found.values() for row in rows)
        attribution.add(output, attribution.table_attribution(lake, use))
    rates = sample_rates(lake, found) if form is Format.raven else {}
    if output is None:
        for recording, rows in found.items():
            write(rows, form, sys.stdout, rates.get(recording))
        return
    aside = written(found, form, output, rates)
    print(f"{len(found):,} tables, {sum(map(len, found.values())):,} calls in {output}", file=sys.stderr)
    if aside:
        print(f"{len(aside):,} tables that were other ones are kept, the first as {aside[0]}", file=sys.stderr)


def calls(lake: Lake, text: str, limit: int | None, form: Format) -> Found:
    """The calls of a clause by recording, both in order; what is no plain call is told."""
    found: Found = {}
    told: Counter[str] = Counter()
    for row in lake.query(text, limit=limit).rows():
        told[row["presence"]] += 1
        if row["presence"] != Presence.absent:
            found.setdefault(row["recording_id"], []).append(row)
    if absent := told[Presence.absent]:
        print(f"{absent:,} rows say that an animal is absent: no calls, left out", file=sys.stderr)
    if (doubtful := told[Presence.uncertain]) and form is Format.audacity:
        print(f"{doubtful:,} calls are uncertain, which an Audacity label does not say", file=sys.stderr)
    for rows in found.values():
        rows.sort(key=lambda row: (row["start_s"], row["end_s"]))
    return dict(sorted(found.items()))


def written(found: Found, form: Format, output: Path, rates: dict[str, int]) -> list[Path]:
    """Write the tables into a folder; those that were other ones lie where the result says."""
    from chorus.export import kept

    stems = Counter(Path(recording).with_suffix("") for recording in found)
    aside = []
    for recording, rows in found.items():
        stem = Path(recording).with_suffix("")
        name = Path(recording).name if stems[stem] > 1 else stem.name  # a.wav and a.flac: two tables
        path = output / stem.with_name(name + ENDINGS[form])
        with kept(path) as old:
            write(rows, form, path, rates.get(recording))
        aside += [old] if old and old.exists() else []
    return aside


def sample_rates(lake: Lake, recordings: Iterable[str]) -> dict[str, int]:
    """Sample rates of recordings where they are known, in real time, Hz."""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in recordings)
    rows = lake.query(
        f"SELECT recording_id, sample_rate FROM recordings WHERE recording_id IN ({names or 'NULL'})"
    ).rows()
    return {row["recording_id"]: row["sample_rate"] for row in rows if row["sample_rate"]}


def write(rows: list[dict[str, Any]], form: Format, file: Path | TextIO, rate: int | None) -> None:
    from chorus import export

    if form is Format.raven:
        export.write_raven(rows, file, rate and rate / 2)
    else:
        export.write_audacity(rows, file)
