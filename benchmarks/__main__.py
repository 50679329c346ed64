"""`python -m benchmarks [NAME...]`: run the benchmarks and print their ratios."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("startup", "ingest")


def main() -> None:
    for name in sys.argv[1:] or NAMES:
        if name not in NAMES:
            sys.exit(f"unknown benchmark '{name}'; known: {', '.join(NAMES)}")
        for line in import_module(f"benchmarks.{name}").main():
            print(line, flush=True)


if __name__ == "__main__":
    main()
