"""`python -m benchmarks [NAME...]`: run the benchmarks and print their ratios."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("startup", "ingest")
#: Run by name only: they take minutes, or need files that do not come with the project.
ON_REQUEST = (
    "real_files",
    "all_sources",
    "duplicates",
    "reader",
    "shards",
    "style",
    "resolver",
    "gauntlet",
    "frontend",
    "memory",
    "gpu",
    "training",
    "pretraining",
)


def main() -> None:
    for name in sys.argv[1:] or NAMES:
        if name not in (*NAMES, *ON_REQUEST):
            sys.exit(f"unknown benchmark '{name}'; known: {', '.join((*NAMES, *ON_REQUEST))}")
        for line in import_module(f"benchmarks.{name}").main():
            print(line, flush=True)


if __name__ == "__main__":
    main()
