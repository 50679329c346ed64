"""The sources Chorus can read, one file each. `get(id)` loads one; `ids()` names them without importing any."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.errors import UsageError, nearest

__all__ = ["Adapter", "Calls", "Item", "Problem", "Rec", "Release", "get", "ids"]

_NOT_SOURCES = {"__init__", "base", "card"}


@cache
def ids() -> tuple[str, ...]:
    """Ids of every source, sorted: the names of the files in this folder."""
    return tuple(sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in _NOT_SOURCES))


def get(source: str) -> Adapter:
    """The adapter of a source. Raises UsageError with the nearest known ids for an unknown one."""
    if source not in ids():
        raise UsageError(f"unknown source '{source}'{nearest(source, list(ids()))} (chorus sources lists all)")
    adapter: Adapter = import_module(f"chorus.adapters.{source}").ADAPTER
    return adapter
