"""`chorus ingest`: a released dataset, or one's own recordings and annotations, into the lake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chorus.cli.options import CORES, Debug, Home, Jobs, Json, Quiet
from chorus.telling import tell

if TYPE_CHECKING:
    from chorus.adapters.base import Adapter
    from chorus.lake.report import IngestReport
    from chorus.workspace import Workspace

    Releases = list[tuple[str | Adapter, Path]]


def ingest(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Ids of sources (chorus sources lists them).", show_default=False)
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the release; for several sources, the folder that holds one each.", show_default=False
        ),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="Your own data: raven, audacity, csv, textgrid, aoef, svl, koumura or notmat; with --name and --root.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call your own data.", show_default=False)] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            help="Own data and rook: TOML file that names the columns: start, end or duration, low, high, label, "
            "taxon, recording, individual, call_type, sex, channel; and header, delimiter, unit, sample_rate, "
            "offset_s, time_expansion, times, tables, annotated, species, [taxa], [kinds], [recordings], [source].",
            show_default=False,
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
    """Read released datasets, as their authors published them, or your own, into the lake.

    Your own: chorus ingest --format raven --name mydata --root DIR [--mapping FILE].
    A source is replaced whole or not at all; with unchanged inputs nothing is done. Kill it
    and run it again as you like.
    """
    from chorus.startup import without_pandas
    from chorus.workspace import Workspace

    without_pandas()
    workspace = Workspace.at(home)
    own = format is not None or name is not None
    targets = [own_data(format, name, root, mapping, sources or [])] if own else named(sources or [], mapping)

    def where(source: str | Adapter) -> Path:
        if own and root:
            return root
        title = title_of(source)
        not_own(workspace, title)
        return release_root(workspace, title, root, len(targets) > 1, hours, seed, jobs, quiet)

    stop = debug or len(targets) == 1
    releases, missed = located(targets, where, stop)
    run = alone if len(releases) == 1 else together
    reports, failed = run(workspace, releases, jobs, strict, quiet or json, stop)
    if json:
        from json import dumps

        print(dumps([report.as_dict() for report in reports], indent=1))
    elif reports:
        print(summary(reports))
        if own and not mapping and any(report.unresolved for report in reports):
            print(HINT)
    if missed or failed:
        raise typer.Exit(1)


def title_of(source: str | Adapter) -> str:
    """The id of a source."""
    return source if isinstance(source, str) else source.card.id


def located(
    targets: Sequence[str | Adapter], where: Callable[[str | Adapter], Path], stop: bool
) -> tuple[Releases, int]:
    """The sources with the folders of their releases, and the number of errors. With `stop` an error is raised."""
    from chorus.errors import ChorusError

    found: Releases = []
    for source in targets:
        try:
            found.append((source, where(source)))
        except ChorusError as error:
            if stop:
                raise
            tell(error)
    return found, len(targets) - len(found)


def alone(
    workspace: Workspace, releases: Releases, jobs: int, strict: bool, quiet: bool, stop: bool
) -> tuple[list[IngestReport], int]:
    """Ingest the one source with all cores; returns its report and the number of errors. With `stop` an error is
    raised."""
    from chorus.errors import ChorusError
    from chorus.lake.ingest import ingest as run
    from chorus.lake.layout import Layout
    from chorus.progress import Progress

    [(source, root)] = releases
    with Progress(f"ingest {title_of(source)}", None, "files", quiet) as progress:

        def show(total: int, units: int, calls: int) -> None:
            progress.total = total
            progress.advance(units, calls=calls)

        try:
            return [run(Layout(workspace.lake), source, root, jobs=jobs, strict=strict, on_progress=show)], 0
        except ChorusError as error:
            if stop:
                raise
            tell(error)
            return [], 1


def together(
    workspace: Workspace, releases: Releases, jobs: int, strict: bool, quiet: bool, stop: bool
) -> tuple[list[IngestReport], int]:
    """Ingest several sources, a core each; returns their reports in the order asked for, and the number of errors. With
    `stop` an error is raised."""
    from chorus.errors import ChorusError
    from chorus.lake.together import ingest_together
    from chorus.progress import Progress

    done: dict[int, IngestReport] = {}
    several = [(title_of(source), root) for source, root in releases]
    with Progress("ingest", len(several), "sources", quiet) as progress:
        for place, result in ingest_together(workspace.lake, several, jobs=jobs, strict=strict):
            if not isinstance(result, ChorusError):
                done[place] = result
            elif stop:
                raise result
            else:
                tell(result)
            progress.advance(1, calls=done[place].calls if place in done else 0)
    return [done[place] for place in sorted(done)], len(several) - len(done)


#: For labels of one's own data that no taxon is known for.
HINT = """say what labels mean in a file for --mapping: [taxa] and lines such as "squeak" = "Mus musculus";
species = "..." for all of them; [source] and taxa = ["birds"] for banding codes of four letters;
[kinds] and "hiss" = "noise" for what is no call (until then each counts as one, of an animal unknown)"""


def own_data(format: str | None, name: str | None, root: Path | None, mapping: Path | None, ids: list[str]) -> Adapter:
    """The adapter of the user's own data. Raises UsageError when an option is missing or too many are given."""
    from chorus.adapters import own
    from chorus.errors import UsageError

    if not (format and name and root):
        raise UsageError("your own data need --format, --name and --root: what it is, what to call it, where it lies")
    if ids:
        raise UsageError(f"--format reads your own data, and nothing else beside it: leave out {' '.join(ids)}")
    return own.adapter(format, name, mapping)


def named(ids: list[str], mapping: Path | None) -> list[str | Adapter]:
    """The sources of these ids. Raises UsageError for none, and for a mapping of a source that takes none."""
    from chorus.errors import UsageError

    if not ids:
        raise UsageError("Missing argument 'SOURCES': chorus sources lists them (--format reads data of your own)")
    if mapping is None:
        return [*ids]
    if ids != ["rook"]:
        raise UsageError("--mapping is for your own data (--format, --name, --root) and for rook alone")
    from chorus.adapters.own import own_mapping
    from chorus.adapters.rook import mapped

    return [mapped(own_mapping(mapping))]


def not_own(workspace: Workspace, source: str) -> None:
    """Raise UsageError with the command to repeat, where a source is the user's own: its layout is not remembered."""
    from chorus import adapters
    from chorus.errors import UsageError
    from chorus.lake.layout import SOURCE_FILE, Layout

    folder = None if source in adapters.ids() else Layout(workspace.lake).current(source)
    if folder is None:
        return
    import shlex

    import pyarrow.parquet as pq

    row = pq.ParquetFile(folder / SOURCE_FILE).read(["get", "root"]).to_pylist()[0]
    raise UsageError(
        f"{source} is your own data, say again how it is read: {row['get']} --root {shlex.quote(row['root'])}"
    )


def release_root(
    workspace: Workspace, source: str, root: Path | None, several: bool, hours: float, seed: int, jobs: int, quiet: bool
) -> Path:
    """Where a source's release lies: `--root`, else made (synth), else what is in the workspace's downloads."""
    from chorus import adapters
    from chorus.cli.download import downloaded

    adapter = adapters.get(source)
    if root is not None:
        inside = root.expanduser() / source
        return inside if several and inside.is_dir() else root
    if adapter.make:
        place = workspace.downloads / source / f"hours-{hours:g}-seed-{seed}"
        return adapter.make(place, hours, seed, jobs=jobs, quiet=quiet)
    return downloaded(workspace, source, quiet)


def summary(reports: list[IngestReport]) -> str:
    """The closing table, and below it what needs a look: issues by reason, labels without a taxon, odd calls."""
    from chorus.cli.table import render

    rows = [row(report) for report in reports]
    lines = [render([*rows[0]], [[*row.values()] for row in rows])]
    for r in reports:
        lines += details(r)
    return "\n".join(lines)


def row(r: IngestReport) -> dict[str, Any]:
    """A line of the closing table, by the names of its columns."""
    named = r.calls - r.resolution.get("none", 0)
    return {
        "source": r.source,
        "recordings": r.recordings,
        "no audio": r.recordings_missing + r.recordings_unreadable,
        "hours": round(r.hours, 2),
        "calls": r.calls,
        "count for paper": None if r.paper_calls is None else r.counted,
        "paper": r.paper_calls,
        "issues": sum(r.issues.values()),
        "to species": f"{100 * r.resolution.get('species', 0) / named:.1f} %" if named else "",
        "seconds": "unchanged" if r.unchanged else f"{r.seconds:.1f}",
    }


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
        from chorus.cli.taxa import resolved

        lines.append(f"{r.source}: labels: {resolved(r.resolution)}")
    if r.unresolved:
        top = ", ".join(f"'{label}' {n:,}" for label, n in list(r.unresolved.items())[:8])
        lines.append(f"{r.source}: labels without a taxon: {top}")
    if r.flags:
        lines.append(f"{r.source}: kept but flagged: " + ", ".join(f"{name} {n:,}" for name, n in r.flags.items()))
    return lines
