"""`chorus ingest`: a released dataset into the lake."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chorus.cli.options import CORES, Debug, Home, Jobs, Json, Quiet

if TYPE_CHECKING:
    from chorus.lake.report import IngestReport
    from chorus.workspace import Workspace


def ingest(
    sources: Annotated[
        list[str], typer.Argument(help="Ids of sources (chorus sources lists them).", show_default=False)
    ],
    root: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the release; for several sources, the folder that holds one each.", show_default=False
        ),
    ] = None,
    jobs: Jobs = CORES,
    strict: Annotated[bool, typer.Option(help="Fail, changing nothing, when a row cannot become a call.")] = False,
    hours: Annotated[float, typer.Option(min=0.001, help="synth only: hours of sound to make.")] = 0.2,
    seed: Annotated[int, typer.Option(min=0, help="synth only: the same seed gives the same bytes.")] = 0,
    home: Home = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Read released datasets, as their authors published them, into the lake.

    A source is replaced whole or not at all; with unchanged inputs nothing is done. Kill it
    and run it again as you like.
    """
    from chorus.errors import ChorusError
    from chorus.lake.ingest import ingest as run
    from chorus.lake.layout import Layout
    from chorus.progress import Progress
    from chorus.workspace import Workspace

    _without_pandas()
    workspace = Workspace.at(home)
    reports, failed = [], 0
    for source in sources:
        try:
            place = release_root(workspace, source, root, len(sources) > 1, hours, seed, jobs, quiet)
            with Progress(f"ingest {source}", None, "files", quiet or json) as progress:

                def show(total: int, units: int, calls: int, bar: Progress = progress) -> None:
                    bar.total = total
                    bar.advance(units, calls=calls)

                reports.append(run(Layout(workspace.lake), source, place, jobs=jobs, strict=strict, on_progress=show))
        except ChorusError as error:
            if debug or len(sources) == 1:
                raise
            failed += 1
            print(f"chorus: {' '.join(str(error).split())}", file=sys.stderr)
    if json:
        from json import dumps

        print(dumps([report.as_dict() for report in reports], indent=1))
    elif reports:
        print(summary(reports))
    if failed:
        raise typer.Exit(1)


def _without_pandas() -> None:
    """Keep pyarrow from importing pandas, which it does at its first `pa.array` to recognise pandas objects.

    None are used here, and the import takes longer than reading 50,000 calls. Once the first attempt has failed pyarrow
    does without; where pandas is asked for by name it is imported as usual.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow

    class Blocked:
        """A finder that knows no pandas."""

        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "pandas":
                raise ModuleNotFoundError(name=name)

    blocked: Any = Blocked()
    sys.meta_path.insert(0, blocked)
    try:
        pyarrow.array([0])
    finally:
        sys.meta_path.remove(blocked)


def release_root(
    workspace: Workspace, source: str, root: Path | None, several: bool, hours: float, seed: int, jobs: int, quiet: bool
) -> Path:
    """Where a source's release lies: `--root`, else what was put into the workspace's downloads, else made (synth)."""
    from chorus import adapters
    from chorus.errors import UsageError

    adapter = adapters.get(source)
    if root is not None:
        inside = root.expanduser() / source
        return inside if several and inside.is_dir() else root
    if adapter.make:
        place = workspace.downloads / source / f"hours-{hours:g}-seed-{seed}"
        return adapter.make(place, hours, seed, jobs=jobs, quiet=quiet)
    place = workspace.downloads / source
    if place.is_dir():
        return place
    where = adapter.card.get or f"see {adapter.card.doi or adapter.card.title}"
    raise UsageError(f"{source}: say where the release lies with --root DIR, or put it into {place} ({where})")


def summary(reports: list[IngestReport]) -> str:
    """The closing table, and below it what needs a look: issues by reason, labels without a taxon, odd calls."""
    from chorus.cli.table import render

    names = [
        "source",
        "recordings",
        "no audio",
        "hours",
        "calls",
        "count for paper",
        "paper",
        "issues",
        "to species",
        "seconds",
    ]
    rows = []
    for r in reports:
        named = r.calls - r.resolution.get("none", 0)
        share = f"{100 * r.resolution.get('species', 0) / named:.1f} %" if named else ""
        missing = r.recordings_missing + r.recordings_unreadable
        seconds = "unchanged" if r.unchanged else f"{r.seconds:.1f}"
        issues = sum(r.issues.values())
        counted = None if r.paper_calls is None else r.counted
        rows.append(
            [
                r.source,
                r.recordings,
                missing,
                round(r.hours, 2),
                r.calls,
                counted,
                r.paper_calls,
                issues,
                share,
                seconds,
            ]
        )
    lines = [render(names, rows)]
    for r in reports:
        lines += details(r)
    return "\n".join(lines)


def details(r: IngestReport) -> list[str]:
    """Lines about one source; none when there is nothing to tell."""
    lines = []
    if r.unchanged:
        lines.append(f"{r.source}: unchanged since {r.ingested_at}, nothing to do")
    if r.issues:
        found = ", ".join(f"{reason} {n:,}" for reason, n in r.issues.items())
        look = f"chorus query \"SELECT * FROM issues WHERE source='{r.source}'\""
        lines.append(f"{r.source}: issues: {found}; {r.dropped:,} dropped ({look})")
    if r.resolution:
        words = {
            "species": "to species",
            "higher": "to a higher taxon",
            "none": "without taxon on purpose",
            "ambiguous": "ambiguous",
            "unknown": "unknown",
        }
        parts = [f"{r.resolution[k]:,} {word}" for k, word in words.items() if k in r.resolution]
        lines.append(f"{r.source}: labels: " + ", ".join(parts))
    if r.unresolved:
        top = ", ".join(f"'{label}' {n:,}" for label, n in list(r.unresolved.items())[:8])
        lines.append(f"{r.source}: labels without a taxon: {top}")
    if r.flags:
        lines.append(f"{r.source}: kept but flagged: " + ", ".join(f"{name} {n:,}" for name, n in r.flags.items()))
    return lines
