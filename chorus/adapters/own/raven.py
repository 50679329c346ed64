"""Raven selection tables. Not crowsetta's reader: it passes 6 of the gauntlet's 14 tables, ours all."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Problem
from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.formats.raven import BEGIN, END, HIGH, LOW, RavenTable, read_raven
from chorus.adapters.formats.text import decode, number
from chorus.adapters.own.columns import by_plain_name, first_filled
from chorus.adapters.own.labels import label_fields, passed_over, word_fields
from chorus.adapters.own.marks import COMMON, Format, Marks, call_fields, column
from chorus.adapters.own.sounds import is_same
from chorus.schemas.issue import Action

#: Columns that hold a field where no mapping names one, the best first.
USUAL = {
    "call_type": ("Call Type", "Song Type"),
    "individual": ("Individual", "Individual ID", "Animal ID"),
    "sex": ("Sex",),
}
LABELS = (
    ("annotation", "label", "tag", "species", "species_code", "common_name", "scientific_name"),
    *(("code",), ("class",), ("call_type",), ("call",), ("type",)),
)
SOUNDS, ENDS = ("begin_path", "begin_file"), ("end_path", "end_file")
#: Seconds from the start of the file, where BEGIN counts from the start of all files that were open in Raven.
OFFSET = "File Offset (s)"
#: What rounding may part the two, seconds.
SLACK_S = 0.01
COLUMNS = {"Selection", "View", "Channel", BEGIN, END, LOW, HIGH}


def sniff(data: bytes, path: str) -> bool:
    """Whether the first line names at least two columns of a selection table."""
    header = decode(data[:8192], path, []).partition("\n")[0]
    return len(COLUMNS & {name.strip() for name in header.split("\t")}) > 1


def read(data: bytes, path: str, mapping: Mapping) -> Marks:
    table = read_raven(data, path)
    names = sounds(table, mapping, path)
    start, end = times(table, names, path)
    columns = {"low_hz": table.low_hz, "high_hz": table.high_hz, "channel": table.channel}
    columns |= call_fields(table.text, mapping, path, USUAL) | label_fields(table.text, mapping, path, LABELS)
    columns |= word_fields(table.text)
    table.problems += passed_over(table.text, mapping, path)
    return Marks(table.lines, start, end, columns, names, problems=table.problems, until=next_sounds(table))


def sounds(table: RavenTable, mapping: Mapping, path: str) -> list[str]:
    """The sound of each row as written; blank where the row does not say."""
    named = column(table.text, mapping.columns.get("recording"), path)
    texts = first_filled(by_plain_name(table.text), SOUNDS) if named is None else named
    return [(text or "").strip() for text in texts or ()]


def next_sounds(table: RavenTable) -> list[str]:
    """The sound in which each row ends, blank where that is the one in which it begins; empty where it always is."""
    given = by_plain_name(table.text)
    first, last = (first_filled(given, names) for names in (SOUNDS, ENDS))
    pairs = [((a or "").strip(), (b or "").strip()) for a, b in zip(first or (), last or (), strict=False)]
    found = [b if a and b and not is_same(a, b) else "" for a, b in pairs]
    return found if any(found) else []


def times(table: RavenTable, names: list[str], path: str) -> tuple[list[float | None], list[float | None]]:
    """Starts and ends within the file: with several files open, Raven's begin time runs on from file to file."""
    if not any(text.strip() for text in table.text.get(OFFSET, ())):
        if len(set(names)) > 1:
            message = f"names several sounds but has no column '{OFFSET}': times are taken from the start of each"
            table.problems.append(Problem(path, "no_file_offset", message, action=Action.noted))
        return table.start_s, table.end_s
    starts = [number(text) for text in table.text[OFFSET]]
    table.problems += odd_offsets(table, starts, names, path)
    starts = [begin if start is None else start for start, begin in zip(starts, table.start_s, strict=True)]
    spans = zip(starts, table.start_s, table.end_s, strict=True)
    return starts, [
        None if start is None or begin is None or end is None else start + end - begin for start, begin, end in spans
    ]


def odd_offsets(table: RavenTable, starts: list[float | None], names: list[str], path: str) -> Iterator[Problem]:
    """A Problem for each offset that is none; and one where they are not the begin times of the only sound."""
    for line, start in zip(table.lines, starts, strict=True):
        if start is None:
            message = f"'{OFFSET}' is no number: the begin time is taken as from the start of the file"
            yield Problem(path, "no_file_offset", message, line, action=Action.noted)
    pairs = zip(table.lines, starts, table.start_s, strict=True)
    others = [line for line, a, b in pairs if a is not None and b is not None and abs(a - b) > SLACK_S]
    if others and not names:
        message = f"'{OFFSET}' is not the begin time: times are taken from it, though no row names its sound"
        yield Problem(path, "file_offset", message, others[0], action=Action.noted)


FORMAT = Format(
    "raven",
    "Raven selection table",
    ("*.txt", "*.tsv", "*.selections"),
    sniff,
    read,
    (*COMMON, "label", "taxon", "individual", "call_type", "sex", "recording"),
)
