"""Evaluate a model against the lake's calls, always beside "always positive" and a tuned energy detector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chorus.evaluate.report import Report
    from chorus.evaluate.run import evaluate

__all__ = ["Report", "evaluate"]


def __getattr__(name: str) -> Any:
    """`evaluate` and `Report`, imported when they are first used."""
    import importlib

    homes = {"evaluate": "chorus.evaluate.run", "Report": "chorus.evaluate.report"}
    if name in homes:
        return getattr(importlib.import_module(homes[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
