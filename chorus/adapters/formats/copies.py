"""One release may lie on disk twice, or in two versions: reading both would count every call twice."""

from __future__ import annotations

from collections.abc import Sequence

from chorus.errors import UsageError


def refuse_copies(source: str, paths: Sequence[str], parts: int = 1) -> list[str]:
    """The paths as they came. Raises UsageError naming two of them that share their last `parts` (case ignored)."""
    seen: dict[str, str] = {}
    for path in paths:
        name = "/".join(path.casefold().split("/")[-parts:])
        if name in seen:
            raise UsageError(f"{source}: the release is there twice ('{seen[name]}', '{path}'): give one with --root")
        seen[name] = path
    return list(paths)
