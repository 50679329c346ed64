"""Class tables of the DCASE few-shot sets: what a class code means, which for Q differs from recording to recording."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache

from chorus.adapters.base import Release
from chorus.adapters.formats.table import read_table
from chorus.errors import ReadError

CLASSES, NAMED = "*classes.csv", ("dataset", "class_code", "class_name")
#: What codes mean where no class table is there.
CALL_TYPES = {
    "GRN": "groan and moo", "GIG": "giggle", "SQT": "squitter", "WHP": "rumble", "RUM": "whoop", "CALL": "call",
    "SNMK": "short note", "CCMK": "close call", "AGGM": "aggression call", "SOCM": "social call",
    "c_1": "song", "c_2": "call", "c_3": "call", "c_4": "song", "c_5": "song", "c_6": "call", "c_7": "song",
    "c_8": "song", "c_9": "song", "c_10": "call", "c_11": "song", "c_12": "call", "c_13": "call", "c_14": "song",
    "c_15": "song", "c_16": "song", "c_17": "call", "c_18": "clapping", "c_19": "call", "c_20": "call",
    "c_21": "song", "c_22": "drumming", "c_23": "call", "c_24": "song", "c_25": "call", "c_26": "song",
}  # fmt: skip
#: Class names of validation recordings (Q), by recording and by subset.
QUERIES = {
    "buk1_20181011_001004": "Blackbird call", "buk1_20181013_023504": "Song thrush call",
    "buk4_20161011_000804": "Song thrush call", "buk4_20171022_004304a": "Blackbird call",
    "buk5_20161101_002104a": "Blackbird call", "buk5_20180921_015906a": "Song thrush call",
    "me1": "Meerkat move call", "me2": "Meerkat alarm call", "me": "Meerkat", "hb": "Mosquito", "hv": "Hyena",
}  # fmt: skip
ANIMALS = {
    "Blackbird": "Turdus merula", "Song thrush": "Turdus philomelos", "Meerkat": "Suricata suricatta",
    "Mosquito": "Culicidae", "Hyena": "Crocuta crocuta", "Jackdaw": "Coloeus monedula",
}  # fmt: skip
NAME = re.compile(rf"(?P<animal>{'|'.join(ANIMALS)})(?: (?P<type>.+))?|(?P<taxon>.+)-(?P<sound>[a-z]+)")


def meaning(release: Release, subset: str, stem: str, code: str) -> tuple[str | None, str | None]:
    """What to look up and the type of call, for a class of a recording."""
    named = class_table(release)
    stem, subset = stem.strip().casefold(), subset.casefold()
    name = named.get((stem, code)) or named.get((subset, code)) or ""
    if code == "Q":
        name = name or QUERIES.get(stem) or QUERIES.get(subset) or ""
    parts = NAME.fullmatch(name)
    kind = (parts["type"] or parts["sound"]) if parts else None
    kind = "call" if kind == "cal" else kind
    key = (ANIMALS[parts["animal"]] if parts and parts["animal"] else name or None) if code == "Q" else code
    return (None if code == "Unknown" else key), kind or CALL_TYPES.get(code)


@lru_cache(maxsize=2)
def class_table(release: Release) -> dict[tuple[str, str], str]:
    """Class names by (recording or subset, class code), from the class tables beside the set. One that does not
    read tells nothing here: its own unit reports it."""
    names: dict[tuple[str, str], str] = {}
    for path in release.glob(CLASSES):
        with suppress(ReadError):
            table = read_table(release.bytes(path), path, NAMED)
            owners = table.text.get("recording", table.text["dataset"])
            for owner, code, name in zip(owners, *(table.text[column] for column in NAMED[1:]), strict=True):
                names[owner.strip().casefold(), code.strip()] = name.strip()
    return names
