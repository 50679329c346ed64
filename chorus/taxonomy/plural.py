"""English plurals: what 'frogs', 'wolves' and 'snow geese' are the plural of."""

from __future__ import annotations

#: Endings of plurals and of what stands for one; the irregular ones end longer names too: titmice, snow geese.
ENDINGS = (
    ("geese", "goose"),
    ("mice", "mouse"),
    ("oxen", "ox"),
    ("ies", "y"),
    ("ves", "f"),
    ("es", ""),
    ("s", ""),
)


def singulars(name: str) -> list[str]:
    """The words that a folded name may be the plural of, none for one that ends like no plural; it is for the caller
    to know which of them are names."""
    if name.endswith("ss"):
        return []
    return [name.removesuffix(many) + one for many, one in ENDINGS if name.endswith(many) and (one or name != many)]
