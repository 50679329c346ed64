"""`chorus query`: calls of the lake, by name or by SQL."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from chorus.cli.options import Debug, Home, Licence

if TYPE_CHECKING:
    from chorus.lake import Lake, Result


class Format(StrEnum):
    """How rows are written."""

    table = "table"
    csv = "csv"
    jsonl = "jsonl"
    parquet = "parquet"
    raven = "raven"
    audacity = "audacity"


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
    from chorus.lake import Lake
    from chorus.workspace import Workspace

    lake = Lake(Workspace.reading(home).lake, licence or ())
    form = Format.jsonl if json else format or _default_format(output)
    if form in (Format.raven, Format.audacity):
        _selection_tables(lake, text, limit, form, output)
    elif form is Format.table:
        _table(lake, text, columns, limit, output)
    elif output:
        _copy(lake, text, columns, limit, form, output)
    else:
        _stream(lake.query(text, columns=columns, limit=limit), form)


def _default_format(output: Path | None) -> Format:
    if output:
        from chorus.errors import UsageError

        if known := SUFFIXES.get(output.suffix.lower()):
            return known
        raise UsageError(f"{output.name}: no format is known by that ending; known: {' '.join(SUFFIXES)}, or --format")
    return Format.table if sys.stdout.isatty() else Format.csv


def _table(lake: Lake, text: str, columns: str | None, limit: int | None, output: Path | None) -> None:
    from chorus.cli.table import render
    from chorus.lake.query import STATEMENT

    if columns is None and not STATEMENT.match(text):
        columns = SHORT
    result = lake.query(text, columns=columns)
    total = len(result)
    shown = min(total, SCREEN if limit is None else limit)
    names, rows = lake.query(text, columns=columns, limit=shown, db=result.db).fetch()
    table = render(names, rows)
    if output:
        from chorus.atomic import write_bytes
        from chorus.lake import attribution

        use = attribution.use_of_rows(dict(zip(names, row, strict=True)) for row in rows)
        attribution.write(attribution.beside(output), attribution.table_attribution(lake, use))
        write_bytes(output, f"{table}\n".encode())
        return
    print(table)
    more = f", {shown:,} shown (--limit N for more, --output FILE.csv for all)" if shown < total else ""
    print(f"{total:,} rows{more}", file=sys.stderr)


def _copy(lake: Lake, text: str, columns: str | None, limit: int | None, form: Format, output: Path) -> None:
    """Write a file through DuckDB, aside and renamed, so that it is whole or not there; its attribution comes first."""
    from chorus.atomic import disk_error
    from chorus.errors import UsageError
    from chorus.lake import attribution
    from chorus.lake.asking import asking

    if not output.parent.is_dir():
        raise UsageError(f"{output.parent}: no such folder")
    aside = output.absolute().with_name(f".{output.name}.part")
    db = lake.connect(output=aside)
    sql = lake.query(text, columns=columns, limit=limit, db=db).sql
    options = {Format.csv: "FORMAT csv, HEADER", Format.jsonl: "FORMAT json", Format.parquet: "FORMAT parquet"}[form]
    path = f"'{str(aside).replace(chr(39), chr(39) * 2)}'"
    try:
        with asking(db):
            db.execute(f"COPY ({sql}\n) TO {path} ({options})")
            names = [row[0] for row in db.execute(f"DESCRIBE {sql}").fetchall()]
            use = attribution.use_of_file(db, _scan(form, path, names), names)
        attribution.write(attribution.beside(output), attribution.table_attribution(lake, use))
        aside.replace(output)
    except OSError as error:
        raise disk_error(error, output) from None
    finally:
        aside.unlink(missing_ok=True)


def _scan(form: Format, path: str, names: list[str]) -> str:
    """A table function that reads a written file back, `path` quoted; values are text."""
    if form is Format.parquet:
        return f"read_parquet({path})"
    if form is Format.csv:
        return f"read_csv({path}, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')"
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in ("source", "recording_id", "call_id") if name in names)
    return f"read_ndjson({path}, columns = {{{columns}}})" if columns else f"read_ndjson_objects({path})"


def _stream(result: Result, form: Format) -> None:
    """Write rows to standard output as they come."""
    import csv
    from json import dumps

    from chorus.errors import UsageError
    from chorus.lake.asking import asking

    if form is Format.parquet:
        raise UsageError("--format parquet needs --output FILE")
    with asking(result.db):
        cursor = result.db.execute(result.sql)
        names = [column[0] for column in cursor.description or []]
        writer = csv.writer(sys.stdout, lineterminator="\n")
        if form is Format.csv:
            writer.writerow(names)
        while rows := cursor.fetchmany(10_000):
            if form is Format.csv:
                writer.writerows([";".join(map(str, v)) if isinstance(v, list) else v for v in row] for row in rows)
            else:
                sys.stdout.writelines(dumps(dict(zip(names, row, strict=True)), default=str) + "\n" for row in rows)
    sys.stdout.flush()


def _selection_tables(lake: Lake, text: str, limit: int | None, form: Format, output: Path | None) -> None:
    """One Raven or Audacity table per recording; a single recording may go to standard output."""
    from chorus.errors import UsageError
    from chorus.export import kept
    from chorus.lake.query import STATEMENT

    if STATEMENT.match(text):
        raise UsageError(f"--format {form} takes a WHERE clause, not a SELECT")
    found: dict[str, list[dict[str, Any]]] = {}
    for row in lake.query(text, limit=limit).rows():
        found.setdefault(row["recording_id"], []).append(row)
    if output is None and len(found) > 1:
        raise UsageError(f"the calls are in {len(found):,} recordings: --output DIR writes one table each")
    if output and found:
        from chorus.lake import attribution

        use = attribution.use_of_rows(row for rows in found.values() for row in rows)
        attribution.add(output, attribution.table_attribution(lake, use))
    rates = _sample_rates(lake, found) if form is Format.raven else {}
    stems = Counter(Path(recording).with_suffix("") for recording in found)
    aside = []
    for recording, rows in sorted(found.items()):
        rows.sort(key=lambda row: (row["start_s"], row["end_s"]))
        rate = rates.get(recording)
        if output is None:
            _write_selection(rows, form, sys.stdout, rate)
            continue
        stem = Path(recording).with_suffix("")
        name = Path(recording).name if stems[stem] > 1 else stem.name  # a.wav and a.flac: two tables
        path = output / stem.with_name(name + ENDINGS[form])
        with kept(path) as old:
            _write_selection(rows, form, path, rate)
        aside += [old] if old and old.exists() else []
    if output:
        print(f"{len(found):,} tables, {sum(map(len, found.values())):,} calls in {output}", file=sys.stderr)
    if aside:
        print(f"{len(aside):,} tables that were other ones are kept, the first as {aside[0]}", file=sys.stderr)


#: What the tables of calls are called, behind the name of their recording.
ENDINGS = {Format.raven: ".Table.1.selections.txt", Format.audacity: ".audacity.txt"}


def _sample_rates(lake: Lake, recordings: Iterable[str]) -> dict[str, int]:
    """Sample rates of recordings where they are known, in real time, Hz."""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in recordings)
    rows = lake.query(
        f"SELECT recording_id, sample_rate FROM recordings WHERE recording_id IN ({names or 'NULL'})"
    ).rows()
    return {row["recording_id"]: row["sample_rate"] for row in rows if row["sample_rate"]}


def _write_selection(rows: list[dict[str, Any]], form: Format, file: Path | TextIO, rate: int | None) -> None:
    from chorus import export

    if form is Format.raven:
        export.write_raven(rows, file, rate and rate / 2)
    else:
        export.write_audacity(rows, file)
