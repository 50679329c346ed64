"""A replica of any source: `python -m benchmarks.replica SOURCE... --to DIR`, or `--check` to ingest it and see whether
the card's counts come out.

A replica holds the annotation files of a release at its published size, in its original layout, with the oddities that
are known of it; values that nobody knows are made up, facts are not (each module says which is which).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from types import ModuleType


def ids() -> list[str]:
    """Sources that a replica can be written of."""
    from chorus import adapters

    folder = Path(__file__).parent / "replicas"
    return [source for source in adapters.ids() if (folder / f"{source}.py").exists()]


def module(source: str) -> ModuleType:
    """The module of a source: `write(root, audio=False)`, `floor(root)` -> SELECTs of bare DuckDB on the same files."""
    return import_module(f"benchmarks.replicas.{source}")


def write(source: str, root: Path, audio: bool = False) -> Path:
    """Write a replica below `root`, unless one is there already; returns its folder."""
    place, mark = root / source, root / f".{source}.done"
    if not mark.exists():
        module(source).write(place, audio=audio)
        mark.touch()
    return place


def check(source: str, root: Path) -> list[str]:
    """Ingest a replica into a lake of its own; returns lines: what the card says, what was found, and 'WRONG' where
    the two differ."""
    from chorus import adapters
    from chorus.lake import Lake
    from chorus.lake.ingest import ingest
    from chorus.lake.layout import Layout

    card = adapters.get(source).card
    with tempfile.TemporaryDirectory() as folder:
        report = ingest(Layout(Path(folder)), source, write(source, root))
        lake = Lake(Path(folder))
        aside = [(part.why, part.rows, len(lake.query(part.where))) for part in card.set_aside]
    found = [("calls", card.release_calls, report.calls), ("counted", card.counted_calls, report.counted), *aside]
    lines = [f"{source}: paper {card.paper_calls}, {report.recordings} recordings, {report.seconds} s"]
    for name, expected, n in found:
        verdict = "not known" if expected is None else "as known" if n == expected else f"WRONG, expected {expected}"
        lines.append(f"  {name}: {n} ({verdict})")
    lines.append(f"  issues: {report.issues}; labels: {report.resolution}; no taxon for: {report.unresolved}")
    lines.append(f"  flags: {report.flags}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="default: all")
    parser.add_argument("--to", type=Path, help="folder that gets one folder for each source")
    parser.add_argument("--audio", action="store_true", help="a tiny sound for the first recordings")
    parser.add_argument("--check", action="store_true", help="ingest each and compare the counts with its card")
    given = parser.parse_args()
    unknown = sorted(set(given.sources) - set(ids()))
    if unknown:
        sys.exit(f"no replica of {', '.join(unknown)}; known: {', '.join(ids())}")
    if not given.to and not given.check:
        sys.exit("say where with --to DIR, or ask for --check")
    with tempfile.TemporaryDirectory() as folder:
        for source in given.sources or ids():
            if given.check:
                print("\n".join(check(source, given.to or Path(folder))), flush=True)
            else:
                print(write(source, given.to, given.audio), flush=True)


if __name__ == "__main__":
    main()
