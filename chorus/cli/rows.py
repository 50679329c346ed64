"""Rows of a query as CSV, JSON lines or Parquet: the same to a file and to a pipe, as DuckDB writes them."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chorus.atomic import disk_error, is_plain
from chorus.cli.options import Format
from chorus.errors import UsageError

if TYPE_CHECKING:
    import duckdb

    from chorus.lake import Lake

#: How DuckDB is to write a file.
OPTIONS = {Format.csv: "FORMAT csv, HEADER", Format.jsonl: "FORMAT json", Format.parquet: "FORMAT parquet"}


def copy(lake: Lake, text: str, columns: str | None, limit: int | None, form: Format, output: Path) -> None:
    """Write a file, aside and renamed, so that it is whole or not there; its attribution comes first."""
    from chorus.lake import attribution
    from chorus.lake.asking import asking
    from chorus.lake.quoting import quoted

    with beside(output) as aside:
        db = lake.connect(output=aside)
        sql = lake.query(text, columns=columns, limit=limit, db=db).sql
        path = quoted(aside)
        with asking(db):
            sql = finite(db, sql) if form is Format.jsonl else sql
            db.execute(f"COPY ({sql}\n) TO {path} ({OPTIONS[form]})")
            names = [row[0] for row in db.execute(f"DESCRIBE {sql}").fetchall()]
            use = attribution.use_of_file(db, scan(form, path, names), names)
        if is_plain(output):
            attribution.write(attribution.beside(output), attribution.table_attribution(lake, use))


@contextmanager
def beside(output: Path) -> Iterator[Path]:
    """Where to write what becomes `output` when the block ends without an error. A link stays one; a pipe or device is
    written into."""
    if not output.parent.is_dir():
        raise UsageError(f"{output.parent}: no such folder")
    with tempfile.TemporaryDirectory() as folder:
        real = output.resolve()
        part = real.with_name(f".{real.name}.part") if is_plain(output) else Path(folder, "rows")
        try:
            part.touch()  # where that cannot be, it is said better than DuckDB does
            part.unlink()
            yield part
            if is_plain(output):
                part.replace(real)
            else:
                with part.open("rb") as rows, output.open("wb") as file:
                    shutil.copyfileobj(rows, file)
        except BrokenPipeError:  # who reads it has enough
            raise
        except OSError as error:
            raise disk_error(error, output) from None
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def scan(form: Format, path: str, names: list[str]) -> str:
    """A table function that reads a written file back, `path` quoted; values are text."""
    if form is Format.parquet:
        return f"read_parquet({path})"
    if form is Format.csv:
        return f"read_csv({path}, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')"
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in ("source", "recording_id", "call_id") if name in names)
    return f"read_ndjson({path}, columns = {{{columns}}})" if columns else f"read_ndjson_objects({path})"


def finite(db: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The statement with null for what JSON has no word for, of columns that hold floating-point numbers."""
    found = db.execute(f"DESCRIBE SELECT * FROM ({sql}\n)").fetchall()
    names = ['"' + row[0].replace('"', '""') + '"' for row in found if row[1] in ("DOUBLE", "FLOAT")]
    kept = ", ".join(f"CASE WHEN isfinite({name}) THEN {name} END AS {name}" for name in names)
    return f"SELECT * REPLACE ({kept}) FROM ({sql}\n)" if kept else sql


def stream(lake: Lake, text: str, columns: str | None, limit: int | None, form: Format) -> None:
    """Write rows to standard output as they come."""
    import csv

    from chorus.lake.asking import asking

    if form is Format.parquet:
        raise UsageError("--format parquet needs --output FILE")
    result = lake.query(text, columns=columns, limit=limit)
    with asking(result.db):
        if form is Format.csv:
            cursor = result.db.execute(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({result.sql}\n)")
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow([column[0] for column in cursor.description or []])
            while rows := cursor.fetchmany(10_000):
                writer.writerows(rows)
        else:
            cursor = result.db.execute(
                f"SELECT CAST(to_json(row) AS VARCHAR) FROM ({finite(result.db, result.sql)}\n) AS row"
            )
            while rows := cursor.fetchmany(10_000):
                sys.stdout.writelines(f"{row[0]}\n" for row in rows)
    sys.stdout.flush()
