"""`chorus query`: calls of the lake, by name or by SQL."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chorus.cli.options import Debug, Format, Home, Licence

if TYPE_CHECKING:
    from chorus.lake import Lake


#: Columns of the table for a terminal, when none are asked for.
SHORT = "source, recording_id, start_s, end_s, low_hz, high_hz, species, call_type, label"
#: Rows of that table, when no limit is given.
SCREEN = 40
SUFFIXES = {".csv": Format.csv, ".jsonl": Format.jsonl, ".ndjson": Format.jsonl, ".parquet": Format.parquet}


def query(
    text: Annotated[
        str, typer.Argument(help="A WHERE clause over the calls, or a full SELECT.", show_default=False)
    ] = "",
    columns: Annotated[str | None, typer.Option(help="Columns of a clause's result.", show_default=False)] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="At most this many rows.", show_default=False)] = None,
    format: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="Default: table on a terminal, csv in a pipe.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write (raven, audacity: a folder, one table per recording).",
            show_default=False,
        ),
    ] = None,
    licence: Licence = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format jsonl.")] = False,
    home: Home = None,
    debug: Debug = False,
) -> None:
    """Ask the lake for calls.

    \b
    chorus query "species='orca'"                       any name: 'orca', 'killer whale', 'Orcinus orca'
    chorus query "taxon='Cetacea' AND strength='strong'"  everything below a group: a family, an order, 'frog', 'bird'
    chorus query "SELECT species, count(*) FROM calls GROUP BY species ORDER BY 2 DESC"

    Tables: calls, recordings, sources, taxa, issues; duplicates once chorus duplicates has run. The lake is read-only.
    With --licence commercial, calls, recordings and issues hold only what may be used commercially. With --output,
    ATTRIBUTION.md is written too: in the folder of raven and audacity tables, else beside FILE as FILE.ATTRIBUTION.md.
    """
    from chorus.cli import rows
    from chorus.cli.selections import selection_tables
    from chorus.errors import UsageError
    from chorus.lake import Lake
    from chorus.lake.query import is_statement
    from chorus.workspace import Workspace

    lake = Lake(Workspace.reading(home).lake, licence or ())
    form = Format.jsonl if json else format or _default_format(output)
    if output and output.resolve().is_relative_to(lake.root.resolve()):
        raise UsageError(f"{output}: lies in the lake, which only chorus writes")
    if form in (Format.raven, Format.audacity):
        if columns or is_statement(text):
            raise UsageError(f"--format {form} takes a WHERE clause, {'not --columns' if columns else 'not a SELECT'}")
        selection_tables(lake, text, limit, form, output)
    elif form is Format.table:
        _table(lake, text, columns, limit, output)
    elif output:
        rows.copy(lake, text, columns, limit, form, output)
    else:
        rows.stream(lake, text, columns, limit, form)


def _default_format(output: Path | None) -> Format:
    if output:
        from chorus.errors import UsageError

        if known := SUFFIXES.get(output.suffix.lower()):
            return known
        raise UsageError(f"{output.name}: no format is known by that ending; known: {' '.join(SUFFIXES)}, or --format")
    return Format.table if sys.stdout.isatty() else Format.csv


def _table(lake: Lake, text: str, columns: str | None, limit: int | None, output: Path | None) -> None:
    """A table for people: on a screen its beginning, in a file all of it."""
    from chorus.cli.table import render
    from chorus.lake.query import is_statement

    if columns is None and not is_statement(text):
        columns = _short(lake, text)
    result = lake.query(text, columns=columns)
    total = len(result)
    shown = min(total, limit if limit is not None else total if output else SCREEN)
    names, rows = lake.query(text, columns=columns, limit=shown, db=result.db).fetch()
    table = render(names, rows)
    if output:
        from chorus.atomic import is_plain, write_bytes
        from chorus.lake import attribution

        use = attribution.use_of_rows(dict(zip(names, row, strict=True)) for row in rows)
        if is_plain(output):
            attribution.write(attribution.beside(output), attribution.table_attribution(lake, use))
        write_bytes(output, f"{table}\n".encode())
        return
    print(table)
    more = f", {shown:,} shown (--limit N for more, --output FILE.csv for all)" if shown < total else ""
    print(f"{total:,} rows{more}", file=sys.stderr)


def _short(lake: Lake, text: str) -> str:
    """Columns of the table for a clause: whether the animal is there, where some rows say that it is not."""
    odd = lake.query(text, columns="count(*) FILTER (presence <> 'present')").fetch()[1][0][0]
    return f"{SHORT}, presence" if odd else SHORT
