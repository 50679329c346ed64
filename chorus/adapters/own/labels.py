"""The label of each row, and the name that its taxon is looked up by: many tables have a column for either."""

from __future__ import annotations

from typing import Any

from chorus.adapters.base import Problem
from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.own.columns import KNOWN, Text, by_plain_name, first_filled, plain
from chorus.adapters.own.marks import column
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import Kind, Presence, Strength

#: Columns that hold the label where no mapping names one, by their plain names: per row the first of a group that is
#: not blank. The first group that holds anything is taken.
Groups = tuple[tuple[str, ...], ...]
#: Columns of words that Chorus writes, by their plain names: the field, its words, and what a blank means.
WORDS: dict[str, tuple[str, type[Kind] | type[Presence] | type[Strength], str | None]] = {
    "kind": ("kind", Kind, None),
    "presence": ("presence", Presence, Presence.present),
    "label_strength": ("strength", Strength, Strength.strong),
}
#: In a table with this column, which Chorus writes, `strength` is not the strength of a sound.
WRITTEN = "origin_file"
#: Labels that people give to what is no call, and to what may be none.
USUAL = {
    **dict.fromkeys(
        ("noise", "background", "background noise", "rain", "wind", "thunder", "water", "engine", "motor", "traffic",
         "vehicle", "car", "truck", "boat", "ship", "plane", "airplane", "aircraft", "chainsaw", "gunshot", "static",
         "artifact", "artefact", "handling noise"),
        Kind.noise,
    ),
    **dict.fromkeys(("silence", "sil", "nothing", "empty", "no call", "no calls"), Kind.silence),
    **dict.fromkeys(("unknown", "unk", "unidentified", "unsure", "uncertain", "?", "??", "???"), Kind.unknown),
}  # fmt: skip


def label_fields(text: Text, mapping: Mapping, origin: str, usual: Groups) -> dict[str, Any]:
    """`label`, and `taxon_key` where a column of names says more. A mapping that names the label's column leaves other
    columns of names aside, unless it names one as `taxon`."""
    given = by_plain_name(text)
    label, taxon = (column(text, mapping.columns.get(name), origin) for name in ("label", "taxon"))
    if label is None:
        label = next((found for names in usual if (found := first_filled(given, names))), None)
        taxon = taxon or first_filled(given, KNOWN["taxon"])
    fields: dict[str, Any] = {} if label is None else {"label": [value or None for value in label]}
    if taxon and list(taxon) != list(label or ()):
        fields["taxon_key"] = [value or None for value in taxon]
    return fields


def word_fields(text: Text) -> dict[str, Any]:
    """`kind`, `presence` and `strength` of tables that Chorus wrote; columns with other words mean something else."""
    given, fields = by_plain_name(text), {}
    if WRITTEN in given and "strength" in given:
        given["label_strength"] = given["strength"]
    for name, (field, words, blank) in WORDS.items():
        values = [(value or "").strip() for value in given.get(name, ())]
        if any(values) and {*values} <= {*words, ""}:
            fields[field] = [value or blank for value in values]
    return fields


def usual_kind(label: str | None) -> Kind | None:
    """What makes a sound that people call so, where it is no animal, or not known to be one."""
    return USUAL.get((label or "").strip().casefold().replace("_", " "))


def passed_over(text: Text, mapping: Mapping, origin: str) -> list[Problem]:
    """A Problem where names of taxa are not read, since the mapping takes the label from another column."""
    label = mapping.columns.get("label")
    if label is None or "taxon" in mapping.columns or mapping.species or plain(label) in KNOWN["taxon"]:
        return []
    found = [name for name, values in text.items() if plain(name) in KNOWN["taxon"] and any(values)]
    if not found:
        return []
    message = f"{', '.join(found)} not read, as the mapping names the label: taxon = {found[0]!r} looks taxa up there"
    return [Problem(origin, "unread_columns", message, action=Action.noted)]
