"""Licences: which of them allow commercial use, where their texts are, and which sources of a lake a request names.

A licence is an SPDX id (`CC-BY-4.0`) or a `LicenseRef-...` where there is none. A recording's own licence goes before
its source's. Ids are compared without regard to case. What is not known to allow commercial use does not:
`LicenseRef-...`, an unknown licence and words that are no SPDX id are never commercial, however friendly they sound.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from chorus.errors import UsageError
from chorus.lake.quoting import listed

ANY, COMMERCIAL = "any", "commercial"
#: What stands for the licence of a source that names none.
UNKNOWN = "LicenseRef-unknown"

#: CC-BY-4.0, CC-BY-NC-SA-3.0-US ... by SPDX's pattern: elements, version, and the country of a ported version.
_CREATIVE_COMMONS = re.compile(r"cc-(by(?:-(?:nc|nd|sa))*)-(\d\.\d)(?:-([a-z]{2,3}))?", re.IGNORECASE)
#: Dedications to the public domain and their texts.
_CC_ZERO = {
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "cc-pddc": "https://creativecommons.org/licenses/publicdomain/",
}
#: Other SPDX ids that data are released under and that allow commercial use of the data and of what is made from them.
_COMMERCIAL_IDS = (
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CDLA-Permissive-1.0",
    "CDLA-Permissive-2.0",
    "CDLA-Sharing-1.0",
    "etalab-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "ODbL-1.0",
    "ODC-By-1.0",
    "OGL-UK-3.0",
    "PDDL-1.0",
    "Unlicense",
)
_SPDX = {name.casefold(): name for name in _COMMERCIAL_IDS}


def is_commercial(licence: str | None) -> bool:
    """Whether a licence allows commercial use of the sound and of what is made from it.

    So no -NC- licence, and no -ND- one either: a clip that was cut out is a change, which -ND- forbids to pass on.
    """
    name = (licence or "").casefold()
    found = _CREATIVE_COMMONS.fullmatch(name)
    if found:
        return not {"nc", "nd"} & set(found[1].split("-"))
    return name in _CC_ZERO or name in _SPDX


def url(licence: str) -> str | None:
    """Where the text of a licence stands; None for one that has no SPDX id."""
    name = licence.casefold()
    if name in _CC_ZERO:
        return _CC_ZERO[name]
    found = _CREATIVE_COMMONS.fullmatch(name)
    if found:
        return "/".join(["https://creativecommons.org/licenses", *(part for part in found.groups() if part), ""])
    return f"https://spdx.org/licenses/{_SPDX[name]}.html" if name in _SPDX else None


def permits(asked: Collection[str], licence: str | None) -> bool:
    """Whether a licence is among those asked for: SPDX ids, `commercial`, or `any`; nothing asked means any."""
    if not asked:
        return True
    name = (licence or UNKNOWN).casefold()
    words = {word.casefold() for word in asked}
    return ANY in words or name in words or (COMMERCIAL in words and is_commercial(licence))


def request(asked: Iterable[str], present: Collection[str]) -> tuple[str, ...]:
    """What was asked for in one spelling: that of the `present` licences of a lake, sorted; () for any.

    Raises UsageError for a licence that nothing in the lake has, naming those it has.
    """
    words = [word.strip() for word in asked]
    if any(word.casefold() == ANY for word in words):
        return ()
    spelled = {licence.casefold(): licence for licence in sorted(present, reverse=True)}
    for word in words:
        if not any(permits([word], licence) for licence in present):
            raise UsageError(f"--licence {word}: nothing in this lake has it; it has {', '.join(sorted(present))}")
    return tuple(sorted({spelled.get(word.casefold(), word.casefold()) for word in words}))


def clauses(asked: Collection[str], sources: Mapping[str, str], own: Mapping[str, Collection[str]]) -> dict[str, str]:
    """For each table of a lake the SQL predicate of its rows under the licences asked for.

    `sources` are the licences of the sources, `own` those that recordings of a source state for themselves. The
    predicate of `recordings` goes by a recording's own licence, else its source's; that of `calls` reads the view
    `recordings`, so that must hold its predicate already; issues quote annotation files and go by the source's.
    """
    cleared = [source for source, licence in sources.items() if permits(asked, licence)]
    mixed = [source for source in own if source in cleared or any(permits(asked, name) for name in own[source])]
    names = sorted({name for licences in own.values() for name in licences if permits(asked, name)})
    whole = _in("source", [source for source in cleared if source not in own])
    recordings = "recording_id IN (SELECT recording_id FROM recordings)"
    return {
        "recordings": f"CASE WHEN licence IS NULL THEN {_in('source', cleared)} ELSE {_in('licence', names)} END",
        "calls": f"{whole} OR ({_in('source', mixed)} AND {recordings})" if mixed else whole,
        "issues": _in("source", cleared),
        "duplicates": recordings,
    }


def _in(column: str, values: Collection[str]) -> str:
    return f"{column} IN ({listed(values)})" if values else "false"
