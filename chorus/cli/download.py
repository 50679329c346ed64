"""`chorus download`: the released files of a source, fetched, checked and unpacked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chorus.cli.options import Debug, Home, Json, Quiet
from chorus.telling import tell

if TYPE_CHECKING:
    from chorus.download import Report
    from chorus.schemas.source import Source
    from chorus.workspace import Workspace


def download(
    sources: Annotated[
        list[str], typer.Argument(help="Ids of sources (chorus sources lists them).", show_default=False)
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the files; for several sources, the folder that gets one each. "
            "Else downloads/SOURCE of the workspace.",
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only files whose name matches, e.g. '*.csv'; may be repeated.", show_default=False),
    ] = None,
    accept_licence: Annotated[
        bool,
        typer.Option(
            "--accept-licence", help="Accept a licence that is not open (NC, ND), terms of its own, or none known."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first (a terminal is asked).")] = False,
    keep_archives: Annotated[
        bool, typer.Option("--keep-archives", help="Keep zip and tar files once they are unpacked.")
    ] = False,
    home: Home = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fetch released datasets: sizes and room first, then every file, checked and unpacked.

    Kill it and run it again as you like: what is there stays, a file cut off is gone on with. chorus ingest SOURCE then
    finds it.
    """
    from chorus.errors import ChorusError, UsageError
    from chorus.workspace import Workspace

    workspace = Workspace.at(home)
    reports, code = [], 0
    for source in sources:
        try:
            target = _target(workspace, source, to, len(sources) > 1)
            report = _one(source, target, quiet, only or (), accept_licence, yes, keep_archives)
            if report is None:
                code = 2
                continue
            reports.append(report)
            if not json:
                print(_closing(report, to is not None))
        except ChorusError as error:
            if debug or len(sources) == 1:
                raise
            code = code or (2 if isinstance(error, UsageError) else 1)
            tell(error)
    if json:
        from json import dumps

        print(dumps([report.as_dict() for report in reports], indent=1))
    if code:
        raise typer.Exit(code)


def downloaded(workspace: Workspace, source: str, quiet: bool) -> Path:
    """The folder of a finished download, or of what was put there by hand.

    Offers on a terminal to download what is not there; raises UsageError naming the command elsewhere, and for an
    unfinished download.
    """
    from chorus import adapters
    from chorus.download import Marker, state
    from chorus.errors import UsageError

    card, place = adapters.get(source).card, workspace.downloads / source
    found = state(place)
    if found == "unfinished":
        raise UsageError(
            f"{source}: the download in {place} is not finished: chorus download {source} goes on with it; "
            f"--root {place} reads what is there"
        )
    if found == "finished" and not quiet and (missing := Marker.of(card, place).missing(card)):
        tell(f"{source}: {len(missing)} of {len(card.files)} files of the release were not downloaded")
    if found == "absent":
        _offer(card, place, quiet)
    return place


def _offer(card: Source, place: Path, quiet: bool) -> None:
    """Download after a yes on a terminal. Raises UsageError where nobody can be asked, or nothing be fetched."""
    from chorus.errors import UsageError

    if not any(file.url for file in card.files):
        where = card.get or f"see {card.doi or card.title}"
        raise UsageError(f"{card.id}: say where the release lies with --root DIR, or put it into {place} ({where})")
    hint = f"{card.id}: not downloaded yet: chorus download {card.id} does it; or say where it lies with --root DIR"
    if not _asked():
        raise UsageError(hint)
    _one(card.id, place, quiet)


def _target(workspace: Workspace, source: str, to: Path | None, several: bool) -> Path:
    if to is None:
        return workspace.downloads / source
    folder = to.expanduser().absolute()
    return folder / source if several else folder


def _one(
    source: str,
    target: Path,
    quiet: bool,
    only: Sequence[str] = (),
    accepted: bool = False,
    yes: bool = False,
    keep_archives: bool = False,
) -> Report | None:
    """Download one source; None when it has to be fetched by hand, which is told. Raises ChorusError after a no."""
    from chorus import adapters
    from chorus.download import by_hand, make_plan
    from chorus.download import download as run
    from chorus.errors import ChorusError, UsageError

    adapter = adapters.get(source)
    card = adapter.card
    if adapter.make:
        raise UsageError(f"{source}: is not downloaded: {card.get}")
    if not any(file.url for file in card.files):
        print("\n".join(by_hand(card, target)), file=sys.stderr)
        return None
    asking = not yes and _asked()
    _show_licence(card, target, accepted, silent=quiet and not asking)
    plan = make_plan(card, target, only, keep_archives, say=tell)
    if plan.todo:
        plan.check_room()
        if asking or not quiet:
            print("\n".join(plan.lines()), file=sys.stderr)
        if asking and not _agreed(source):
            raise ChorusError(f"{source}: nothing was fetched")
    return run(plan, quiet=quiet)


def _show_licence(card: Source, target: Path, accepted: bool, silent: bool) -> None:
    """Title, licence and citation, before any server is asked. Raises UsageError for a licence that is not accepted,
    now or when the download in `target` was begun."""
    from chorus.download import Marker, needs_acceptance
    from chorus.errors import UsageError

    why = needs_acceptance(card.licence)
    begun = Marker.read(target)
    if why and not accepted and not (begun and begun.licence == card.licence):
        raise UsageError(
            f"{card.id}: its licence is {card.licence} ({why}): read it at {card.doi or card.title}, then run "
            f"chorus download {card.id} --accept-licence; nothing was fetched"
        )
    if not silent:
        licence = f"{card.licence} ({why}; accepted)" if why else card.licence
        lines = [f"{card.id}: {card.title}", f"  licence  {licence}", f"  cite     {card.citation}"]
        print("\n".join(lines), file=sys.stderr)


def _closing(report: Report, elsewhere: bool) -> str:
    """One line: what came, where it is and what comes next."""
    from chorus.download.bar import human

    if report.unchanged:
        return f"{report.source}: everything is there in {report.folder}, nothing to do"
    left = f"; {len(report.left_out)} files of the release are not there" if report.left_out else ""
    root = f" --root {report.folder}" if elsewhere else ""
    return (
        f"{report.source}: {report.files} files, {human(report.bytes)} fetched, {report.written:,} files in "
        f"{report.folder}{left}; next: chorus ingest {report.source}{root}"
    )


def _agreed(source: str) -> bool:
    try:
        return typer.confirm(f"Download {source}?", err=True)
    except typer.Abort:
        return False


def _asked() -> bool:
    """Whether a person sits there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
