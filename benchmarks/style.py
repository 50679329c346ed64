"""How the code is cut: lines of functions (blank ones not counted, docstrings are) and of files in chorus/."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "chorus"
GOAL_FUNCTION, GOAL_ADAPTER, LONG_FILE = 20, 120, 250
SHOWN = 5


def functions(path: Path) -> Iterator[tuple[int, str]]:
    """(lines, where) of every function and method of a file."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = lines[node.lineno - 1 : node.end_lineno]
            yield sum(1 for line in body if line.strip()), f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}"


def length(path: Path) -> int:
    """Lines of a file, all of them."""
    return len(path.read_text(encoding="utf-8").splitlines())


def ranked(lengths: dict[str, int]) -> str:
    """The longest of some things: 'a 31, b 30'."""
    longest = sorted(lengths.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {n}" for name, n in longest)


def main() -> list[str]:
    """Measure; returns the lines of the report."""
    from chorus import adapters

    files = sorted(PACKAGE.rglob("*.py"))
    found = sorted((pair for path in files for pair in functions(path)), reverse=True)
    median = statistics.median(n for n, _ in found)
    own = {source: length(PACKAGE / "adapters" / f"{source}.py") for source in adapters.ids()}
    over = {name: n for name, n in own.items() if n > GOAL_ADAPTER}
    long = {str(path.relative_to(PACKAGE)): n for path in files if (n := length(path)) > LONG_FILE}
    met = "met" if median <= GOAL_FUNCTION else "MISSED"
    return [
        f"{len(found):,} functions in {len(files)} files: median {median:g} lines  goal <= {GOAL_FUNCTION}: {met}",
        f"longest functions: {', '.join(f'{where} {n}' for n, where in found[:SHOWN])}",
        f"functions over 50 lines: {sum(n > 50 for n, _ in found)}; over 20: {sum(n > 20 for n, _ in found)}",
        f"{len(own)} adapters: median {statistics.median(own.values()):g} lines, longest {max(own.values())}",
        f"adapters over {GOAL_ADAPTER} lines: {ranked(over) or 'none'}",
        f"files over {LONG_FILE} lines: {ranked(long) or 'none'}",
    ]
