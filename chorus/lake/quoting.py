"""Texts as SQL writes them."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(value: object) -> str:
    """'orca': a text between quotes; those inside it are doubled."""
    return "'" + str(value).replace("'", "''") + "'"


def listed(values: Iterable[object]) -> str:
    """'orca', 'beluga': what stands between the brackets of IN; for no values NULL, which nothing is equal to."""
    return ", ".join(map(quoted, values)) or "NULL"
