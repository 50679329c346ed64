"""Egyptian fruit bats (Prat et al.): vocalisations of a captive colony with emitter, addressee and context; four
packagings of the same 91,080 rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Calls, Item, Problem, Recs, Release, without_suffix
from chorus.adapters.card import read_card
from chorus.adapters.formats.clip import clip_end
from chorus.adapters.formats.fileinfo import read_fileinfo
from chorus.adapters.formats.table import Table, read_table
from chorus.adapters.formats.together import Together
from chorus.errors import UsageError
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

CARD = read_card("fruit_bats")

RATE_HZ = 250_000
ORIGINAL = re.compile(r"\d{18}\.wav", re.IGNORECASE)
CONTEXTS = (
    "unknown", "separation", "biting", "feeding", "fighting", "grooming", "isolation", "kissing", "landing",
    "mating protest", "threat-like", "general", "sleeping",
)  # fmt: skip
#: The packagings by a column that only they and those before them have; the first that is there is read.
FORMS = ("File folder", "FileID", "Context", "Emitter")


def units(release: Release) -> list[str]:
    found: dict[str, list[str]] = {}
    for path in release.glob("*annotations.csv"):
        form = next((name for name in FORMS if name in header(release, path)), None)
        if form:
            found.setdefault(form, []).append(path)
    best = next((found[form] for form in FORMS if form in found), [])
    if len(best) > 1:
        raise UsageError(f"fruit_bats: copies of one table ({', '.join(best[:4])}): give the folder of one with --root")
    return best


def header(release: Release, path: str) -> list[str]:
    return release.bytes(path)[:400].decode("utf-8-sig", "replace").split("\n")[0].strip().split(",")


def read(release: Release, unit: str) -> Iterator[Item]:
    whole = "Start sample" in header(release, unit)
    required = ("Emitter", "Start sample", "End sample", "Context") if whole else ("Emitter", "File Name")
    table = read_table(release.bytes(unit), unit, required, numeric=required[1:3] if whole else ())
    table = table.filled(*[name for name in ("File Name", "File name", "FileID") if name in table.text][:1])
    paths, problems = originals(release, unit, table) if whole else (clips(release, unit, table), [])
    yield Recs(list(dict.fromkeys(paths)), Annotated.partial if whole else Annotated.weak)
    yield unannotated(release, set(paths))
    yield from left_out(release, unit)
    yield from table.problems + problems
    if whole:
        first, last = (table.given(name) for name in required[1:3])
        columns: dict[str, Any] = {"start_s": [(sample - 1) / RATE_HZ for sample in first]}
        columns["end_s"] = [sample / RATE_HZ for sample in last]
    else:
        columns = {"start_s": 0.0, "end_s": [clip_end(release, path) for path in paths], "strength": "weak"}
    contexts, emitters = table.column("Context"), table.column("Emitter")
    columns |= {"label": contexts, "call_type": [context_name(context) for context in contexts]}
    columns["individual"] = [None if e in (None, "0") else e.lstrip("-") for e in emitters]
    columns["quality"] = ["uncertain emitter" if e and e.startswith("-") else None for e in emitters]
    yield Calls(paths, unit, table.lines, columns | {"taxon_key": "Rousettus aegyptiacus"})


def unannotated(release: Release, named: set[str]) -> Recs:
    """The original recordings at hand that no row names; cut clips are copies and not among them."""
    others = [path for path in release.glob("*.wav") if path not in named]
    return Recs([path for path in others if ORIGINAL.fullmatch(path.rpartition("/")[2])], Annotated.none)


def left_out(release: Release, unit: str) -> Iterator[Problem]:
    """A note for each other packaging that lies beside."""
    for path in release.glob("*annotations.csv"):
        if path != unit:
            message = f"another packaging of the rows of {unit}: not read"
            yield Problem(path, "packaging_not_read", message, action=Action.noted)


def context_name(context: str | None) -> str | None:
    """'3' -> 'feeding'; any other text as it stands."""
    known = context is not None and context.isdecimal() and int(context) < len(CONTEXTS)
    return CONTEXTS[int(context)] if known and context else context


def clips(release: Release, unit: str, table: Table) -> list[str]:
    """Paths of the cut clips."""
    folder = f"{unit.rpartition('/')[0]}/audio".lstrip("/")
    stems = [without_suffix(name) for name in table.text["File Name"]]
    return [release.audio(stem, f"{folder}/{stem}.wav", folder) for stem in stems]


def originals(release: Release, unit: str, table: Table) -> tuple[list[str], list[Problem]]:
    """Paths of the original recordings, by the table's own columns or by FileInfo.csv."""
    if "File name" in table.text:
        folders = table.text.get("File folder", ("",) * len(table))
        pairs = list(zip(folders, table.text["File name"], strict=True))
        return [path_of(release, folder, name) for folder, name in pairs], []
    info = next(iter(release.glob("FileInfo.csv")), None)
    if info is None:
        raise UsageError(f"{unit}: FileInfo.csv, which names the recordings, is not under {release.root}")
    known = read_fileinfo(release.bytes(info), info)
    files = [known.files.get(number) for number in table.text["FileID"]]
    rows = zip(files, table.text["FileID"], strict=True)
    paths = [path_of(release, *file) if file else f"FileID/{number}" for file, number in rows]
    lost = files.count(None)
    message = f"{lost} row(s) whose FileID is not in {info}: their recordings are not known"
    return paths, known.problems + ([Problem(unit, "file_not_listed", message, action=Action.noted)] if lost else [])


def path_of(release: Release, folder: str, name: str) -> str:
    """Where a recording lies, or would lie."""
    return release.audio(name.rpartition(".")[0] or name, f"{folder}/{name}".lstrip("/"), folder)


ADAPTER = Together(CARD, anchors=("*annotations.csv",), units=units, read=read, beside=("FileInfo.csv", "*.wav"))
