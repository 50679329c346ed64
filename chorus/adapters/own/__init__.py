"""Your own data as a source: annotation files of a known format beside their sounds, whatever they are called.

Where what is:

    a format each   raven, audacity, textgrid, table (CSV), svl, aoef, koumura, notmat
    shared          source (a folder), marks (what a reader gives), sounds (which file is meant), columns, labels,
                    numbers
    odd rows        crossing (into the next file), nameless, repeats
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from chorus.adapters.base import Adapter, Release
from chorus.adapters.formats.mapping import KEYS, Mapping, read_mapping
from chorus.adapters.own import aoef, audacity, koumura, notmat, raven, svl, table, textgrid
from chorus.adapters.own.marks import Format
from chorus.adapters.own.source import OwnData
from chorus.errors import ReadError, UsageError, nearest
from chorus.schemas import Source
from chorus.schemas.vocabulary import Kind

#: Formats by name. A file of unknown format is tried in this order: the tables that anything might be stand last.
FORMATS: dict[str, Format] = {
    module.FORMAT.name: module.FORMAT for module in (notmat, textgrid, koumura, svl, aoef, raven, audacity, table)
}
#: What may be the name of a source: it goes into folder names, ids and SQL.
NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")


class OwnAdapter(Adapter):
    """An adapter whose root is the folder that was given, wherever in it annotations and sounds lie."""

    def open(self, root: str | os.PathLike[str]) -> Release:
        return Release.scan(root)


def get(name: str) -> Format:
    """A format by its name. Raises UsageError with those there are."""
    if name not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise UsageError(f"unknown format '{name}'{nearest(name, list(FORMATS))}; there are {known}")
    return FORMATS[name]


def adapter(format: str, name: str, mapping: Path | None = None) -> Adapter:
    """The adapter of a source of one's own, called `name`. Raises UsageError for a name that cannot be one, or an
    unknown format, and ReadError for a mapping file that does not read."""
    from chorus.adapters import ids

    if not NAME.fullmatch(name):
        raise UsageError(f"--name '{name}': expected small letters, digits and '_', a letter first, at most 48")
    if name in ids():
        raise UsageError(f"--name '{name}' is the id of a source that Chorus knows; choose another")
    chosen = get(format)
    read = own_mapping(mapping, chosen.keys) if mapping else Mapping()
    own = OwnData(name, chosen, read)
    return OwnAdapter(card(name, chosen, read, mapping), chosen.patterns, own.units, own.read, unnamed=Kind.animal)


def own_mapping(path: Path, keys: tuple[str, ...] = KEYS) -> Mapping:
    """Read a mapping file of the user's. Raises ReadError."""
    try:
        data = path.expanduser().read_bytes()
    except OSError as error:
        raise ReadError(error.strerror or str(error), str(path)) from None
    return read_mapping(data, str(path), keys)


def card(name: str, format: Format, mapping: Mapping, file: Path | None) -> Source:
    """The card of a source of one's own; the mapping's [source] goes before what is taken here for want of better."""
    again = ["chorus", "ingest", "--format", format.name, "--name", name]
    again += ["--mapping", str(file.expanduser().absolute())] if file else []
    whole = mapping.annotated or "full, unless the file says otherwise"
    stated = {
        "title": name,
        "citation": "own data, not published",
        "licence": "LicenseRef-own",
        "environment": "mixed",
        "taxa": [],
    }
    return Source.model_validate(
        stated
        | mapping.source
        | {
            "id": name,
            "role": "training",
            "strength": "strong",
            "layout": "confirmed",
            "get": shlex.join(again),
            "notes": [
                f"Own data, read as {format.title}.",
                f"Recordings that an annotation file is about are taken as annotated: {whole}.",
                f"Mapping: {mapping.text or 'none'}.",
            ],
        }
    )
