"""ATTRIBUTION.md: whose data an export holds, under which licence, how much of it, and what was changed.

Every export that writes files has one: a folder holds it as ATTRIBUTION.md, a single file `calls.csv` has
`calls.csv.ATTRIBUTION.md` beside it, so that two exports into one folder do not overwrite each other's. Where selection
tables join others in a folder, theirs joins what stands in its ATTRIBUTION.md. Nothing in it depends on the time or the
machine: the same export writes the same text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.atomic import write_bytes
from chorus.errors import ChorusError
from chorus.lake import licence
from chorus.telling import counted

if TYPE_CHECKING:
    import duckdb

    from chorus.lake import Lake

NAME = "ATTRIBUTION.md"
TITLE = "# Attribution"
#: What a table of calls has undergone since it was released.
TABLE_CHANGES = (
    "annotations only, no sound; brought into one table: times and frequencies are those in life (time expansion "
    "undone), and names of taxa stand beside the labels, which are as released"
)


def beside(path: Path) -> Path:
    """Where the attribution of a single exported file stands: `calls.csv` -> `calls.csv.ATTRIBUTION.md`."""
    return path.with_name(f"{path.name}.{NAME}")


# What was used --------------------------------------------------------------------------------------------------------


@dataclass
class Use:
    """Calls, or where there are no ids of calls rows, by (source, recording); None where the rows do not tell."""

    unit: str
    counts: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)


def use_of_rows(rows: Iterable[Mapping[str, Any]]) -> Use:
    """What exported rows come from, by their columns `source`, `recording_id` and `call_id`, those that they have."""
    found: dict[tuple[str | None, str | None], set[Any]] = {}
    unit = "row"
    for number, row in enumerate(rows):
        recording, call = row.get("recording_id"), row.get("call_id")
        unit = "call" if "call_id" in row else "row"
        found.setdefault((_source(row.get("source"), recording, call), recording), set()).add(
            call if unit == "call" else number
        )
    return Use(unit, Counter({key: len(ids - {None}) for key, ids in found.items()}))


def _source(source: Any, recording: Any, call: Any) -> str | None:
    if source is not None:
        return str(source)
    if recording is not None:
        return str(recording).partition("/")[0]
    return None if call is None else str(call).partition(":")[0]


def use_of_file(db: duckdb.DuckDBPyConnection, scan: str, columns: Iterable[str]) -> Use:
    """The same of a file that was written, through DuckDB: `scan` is a table function that reads it, `columns` are the
    names it has."""
    names = set(columns)
    sources = {
        "source": "source",
        "recording_id": "split_part(recording_id, '/', 1)",
        "call_id": "split_part(call_id, ':', 1)",
    }
    told = [sql for name, sql in sources.items() if name in names]
    source = f"coalesce({', '.join(told)})" if told else "NULL"
    recording = "recording_id" if "recording_id" in names else "NULL"
    count = "count(DISTINCT call_id)" if "call_id" in names else "count(*)"
    rows = db.execute(f"SELECT {source}, {recording}, {count} FROM {scan} GROUP BY 1, 2").fetchall()
    return Use("call" if "call_id" in names else "row", Counter({(row[0], row[1]): row[2] for row in rows}))


# The text -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """What one source gave: what was used in words, and its recordings by licence, where they are known."""

    card: Mapping[str, Any]
    used: str
    licences: Mapping[str, int] = field(default_factory=dict)


def table_attribution(lake: Lake, use: Use) -> str:
    """The text for exported rows of a lake. Rows that name no source may come from any that the lake shows: then all
    these are listed."""
    cards = lake.query("SELECT * FROM sources ORDER BY id").rows()
    own = {
        row["recording_id"]: row["licence"]
        for row in lake.query("SELECT recording_id, licence FROM recordings WHERE licence IS NOT NULL").rows()
    }
    parts = [_part(card, use, own) for card in cards if any(card["id"] == source for source, _ in use.counts)]
    if not use.counts:
        return text("The table beside this file has no rows.", [], TABLE_CHANGES)
    if not parts:
        told = "The rows of this export do not name their source: it was made from a lake of all these."
        shown = {row["source"] for row in lake.query("SELECT source FROM recordings UNION SELECT source FROM issues")}
        return text(told, [Part(card, "not counted") for card in cards if card["id"] in shown], TABLE_CHANGES)
    return text("The rows of this export come from these data sets.", parts, TABLE_CHANGES)


def _part(card: Mapping[str, Any], use: Use, own: Mapping[str, str]) -> Part:
    mine = {recording: n for (source, recording), n in use.counts.items() if source == card["id"]}
    recordings = [recording for recording in mine if recording is not None]
    used = counted(sum(mine.values()), use.unit)
    if recordings:
        used += f" in {counted(len(recordings), 'recording')}"
    return Part(card, used, Counter(own.get(name, card["licence"]) for name in recordings))


def text(intro: str, parts: Iterable[Part], changes: str) -> str:
    """Markdown: an introduction, then title, citation, DOI, version, licence, amount and changes of each source."""
    lines = [TITLE, "", intro, ""]
    for part in sorted(parts, key=lambda part: str(part.card["id"])):
        card = part.card
        lines += [f"## {card['title']} (`{card['id']}`)", "", f"- Cite: {card['citation']}"]
        if card.get("doi"):
            lines.append(f"- DOI: https://doi.org/{card['doi']}")
        if card.get("version"):
            lines.append(f"- Version: {card['version']}")
        lines += [f"- Licence: {_link(card['licence'])}"]
        if set(part.licences) - {card["licence"]}:
            each = (f"{_link(name)}: {n:,}" for name, n in sorted(part.licences.items()))
            lines.append(f"- Licences of the recordings used: {'; '.join(each)}")
        lines += [f"- Used: {part.used}", f"- Changed: {changes}", ""]
    return "\n".join(lines)


def _link(name: str) -> str:
    place = licence.url(name)
    if place:
        return f"[{name}]({place})"
    return f"{name} (not known: ask the authors before use)" if name == licence.UNKNOWN else name


def write(path: Path, content: str) -> None:
    """Write an attribution; it appears whole. Raises ChorusError when it cannot be written."""
    write_bytes(path, content.encode())


def add(folder: Path, content: str) -> None:
    """Write the attribution of an export into a folder that may hold others, whose attribution stays. Raises
    ChorusError when it cannot be written."""
    path = folder / NAME
    try:
        before = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        before = ""
    except (OSError, UnicodeDecodeError) as error:
        raise ChorusError(f"{path}: stands there already and cannot be read ({error}); give another folder") from None
    write(path, merged(before, content))


def merged(before: str, content: str) -> str:
    """Two attributions as one: every source once, with the lines of both. Text that is no attribution stays above."""
    if content in before:
        return before
    if not before.startswith(TITLE):
        return f"{before.rstrip()}\n\n{content}".lstrip()
    old, new = _sections(before), _sections(content)
    names = sorted({*old, *new}, key=lambda name: (name != TITLE, _id(name)))
    return "\n".join(line for name in names for line in (name, "", *_joined(old.get(name, []), new.get(name, [])), ""))


def _joined(old: list[str], new: list[str]) -> list[str]:
    """The lines of both, those of one kind ('- Used: ...') together."""
    lines = list(dict.fromkeys([*old, *new]))
    kinds = [line.partition(":")[0] for line in lines]
    return sorted(lines, key=lambda line: kinds.index(line.partition(":")[0]))


def _sections(content: str) -> dict[str, list[str]]:
    """Heading -> the lines below it, blank ones left out."""
    found: dict[str, list[str]] = {}
    for line in content.splitlines():
        if line.startswith("#"):
            found[line] = []
        elif line.strip():
            found[next(reversed(found))].append(line)
    return found


def _id(heading: str) -> str:
    """The source's id in `## title (`id`)`."""
    return heading.rpartition("(")[2]
