"""Known names that an unknown one may stand for: those that hold its words, that differ by a few letters, or that are
of the same epithet in another genus."""

from __future__ import annotations

from collections.abc import Iterable

from chorus.taxonomy.plural import singulars

#: Likeness (0 to 1) from which a name may be meant, and from which it is surely meant.
ALIKE, SURELY = 0.6, 0.88
#: Codes have at most this many letters.
CODE = 8


def near(name: str, known: Iterable[str]) -> list[str]:
    """Names that `name` may stand for, the likeliest first; all are folded. Codes are named for codes only."""
    import difflib

    names = sorted(k for k in known if len(name) < CODE or len(k) > CODE or " " in k)
    forms = [words(form) for form in (name, *singulars(name)) if words(form)]
    holding = [k for k in names if k != name and any(set(form) <= set(words(k)) for form in forms)]
    if holding:
        last = {form[-1] for form in forms}
        return sorted(holding, key=lambda k: (words(k)[-1] not in last, len(k), k))
    alike = difflib.get_close_matches(name, names, n=3, cutoff=ALIKE)
    surely = difflib.get_close_matches(name, alike, n=3, cutoff=SURELY)
    epithet = name.partition(" ")[2]
    renamed = [k for k in names if epithet and k.partition(" ")[2] == epithet]
    return list(dict.fromkeys([*surely, *renamed, *alike]))


def words(name: str) -> list[str]:
    """The words of a name; a hyphen parts them too."""
    return name.replace("-", " ").split()
