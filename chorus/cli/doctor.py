"""`chorus doctor`: annotation files examined, explained and, as copies, mended."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chorus.cli.options import Debug, Json, Quiet


def doctor(
    path: Annotated[Path, typer.Argument(help="A file, or a folder with all below it.", show_default=False)],
    fix: Annotated[
        Path | None, typer.Option(help="Folder for clean copies; originals are never touched.", show_default=False)
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="Only this: raven, audacity, csv, textgrid, aoef, svl, koumura or notmat; else told by content.",
            show_default=False,
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="TOML file that names the columns of tables, as for ingest.", show_default=False),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Read annotation files, explain every line that is odd, and write clean copies.

    The exit code is 1 when something cannot be used.
    """
    from chorus.doctor import Doctor, FileReport, Outcome, write_copies
    from chorus.progress import Progress

    examiner = Doctor.at(path, format, mapping)
    files = examiner.files()
    reports: list[FileReport] = []
    with Progress("doctor", len(files), "files", quiet or json) as progress:
        for file in files:
            report = examiner.examine(file)
            reports += [report] if report else []
            progress.advance(1, calls=len(report.calls) if report else 0)
    written = write_copies(examiner, reports, fix) if fix else {}
    if json:
        from json import dumps

        print(dumps([report.as_dict() | {"copy": _text(written.get(report.path))} for report in reports], indent=1))
    else:
        from chorus.doctor.report import text

        print(text(reports, len(files) - len(reports), written))
    if any(report.count(Outcome.left_out) for report in reports):
        raise typer.Exit(1)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
