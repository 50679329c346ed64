"""Things that are linked, directly or through others."""

from __future__ import annotations

from collections.abc import Iterable


def clusters_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name -> the first name, in alphabetical order, of all that are linked with it."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, other in pairs:
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    return {name: root(name) for name in list(parent)}
