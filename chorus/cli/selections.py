"""Calls of a query as tables that Raven and Audacity open: one for each recording."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from chorus.cli.options import Format
from chorus.errors import UsageError
from chorus.lake.quoting import listed
from chorus.schemas.vocabulary import Presence

if TYPE_CHECKING:
    from chorus.lake import Lake

#: What the tables of calls are called, behind the name of their recording.
ENDINGS = {Format.raven: ".Table.1.selections.txt", Format.audacity: ".audacity.txt"}
Found = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Sound:
    """A recording's `sample_rate` in real time, its `channels`, and how many times slower its file plays."""

    sample_rate: int | None = None
    channels: int | None = None
    time_expansion: float = 1.0


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
    sounds = sounds_of(lake, found)
    if expanded := sum(sound.time_expansion != 1 for sound in sounds.values()):
        print(
            f"{expanded:,} recordings are time-expanded: times and frequencies are those of the file", file=sys.stderr
        )
    if output is None:
        for recording, rows in found.items():
            write(rows, form, sys.stdout, sounds[recording])
        return
    aside = written(found, form, output, sounds)
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


def written(found: Found, form: Format, output: Path, sounds: dict[str, Sound]) -> list[Path]:
    """Write the tables into a folder; those that were other ones lie where the result says."""
    from chorus.export import kept

    stems = Counter(Path(recording).with_suffix("") for recording in found)
    aside = []
    for recording, rows in found.items():
        stem = Path(recording).with_suffix("")
        name = Path(recording).name if stems[stem] > 1 else stem.name  # a.wav and a.flac: two tables
        path = output / stem.with_name(name + ENDINGS[form])
        with kept(path) as old:
            write(rows, form, path, sounds[recording])
        aside += [old] if old and old.exists() else []
    return aside


def sounds_of(lake: Lake, recordings: Iterable[str]) -> dict[str, Sound]:
    """What is known of the sound of each recording."""
    rows = lake.query(
        "SELECT recording_id, sample_rate, channels, time_expansion FROM recordings "
        f"WHERE recording_id IN ({listed(recordings)})"
    ).rows()
    found = {row.pop("recording_id"): Sound(**row) for row in rows}
    return {name: found.get(name, Sound()) for name in recordings}


def write(rows: list[dict[str, Any]], form: Format, file: Path | TextIO, sound: Sound) -> None:
    from chorus import export

    rows = [in_file(row, sound.time_expansion) for row in rows]
    if form is Format.raven:
        nyquist = sound.sample_rate and sound.sample_rate / sound.time_expansion / 2
        export.write_raven(rows, file, nyquist, sound.channels)
    else:
        export.write_audacity(rows, file)


def in_file(row: dict[str, Any], expansion: float) -> dict[str, Any]:
    """A call in the time and frequencies of a file that plays so many times slower than the sound was."""
    factors = {"start_s": expansion, "end_s": expansion, "low_hz": 1 / expansion, "high_hz": 1 / expansion}
    return row | {name: row[name] * by for name, by in factors.items() if by != 1 and row[name] is not None}
