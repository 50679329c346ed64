"""Read a lake: SQL over calls, recordings, sources, taxa, issues and, once they were looked for, duplicates, through a
DuckDB connection that can do nothing else. Only one SELECT is accepted, files outside the lake cannot be reached, and
the configuration is locked."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.errors import ChorusError, UsageError
from chorus.lake.asking import asking, readable
from chorus.lake.layout import Layout
from chorus.lake.names import Names, Node, rewrite, serialise
from chorus.lake.quoting import listed, quoted

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

#: The table of recordings that stand in the lake more than once; there when `chorus duplicates` has run.
DUPLICATES = "duplicates.parquet"
STATEMENT = re.compile(r"\s*\(*\s*(select|with|from|values|describe|summarize|show)\b", re.IGNORECASE)
#: What a statement may begin with without being one.
COMMENTS = re.compile(r"(\s*(--[^\n]*(\n|$)|/\*.*?\*/))+\s*", re.DOTALL)
#: Statements that are no SELECT; they would otherwise be read as clauses and give a puzzling syntax error.
OTHER = re.compile(
    r"(insert|update|delete|merge|truncate|copy|create|drop|alter|set|reset|attach|detach|pragma|call|install|load|"
    r"export|import|vacuum|checkpoint|begin|commit|rollback|use|grant|execute|prepare|explain)\b",
    re.IGNORECASE,
)
READ_ONLY = "only a WHERE clause or a single SELECT is accepted: the lake is read-only"


class Result:
    """Rows of a query, computed when they are asked for."""

    def __init__(self, db: duckdb.DuckDBPyConnection, sql: str) -> None:
        self.db = db
        self.sql = sql

    @property
    def relation(self) -> duckdb.DuckDBPyRelation:
        """The DuckDB relation itself, for further work in DuckDB."""
        with asking(self.db):
            return self.db.sql(self.sql)

    def df(self) -> pd.DataFrame:
        """As a pandas DataFrame."""
        with asking(self.db):
            return self.relation.df()

    def arrow(self) -> pa.Table:
        """As an Arrow table."""
        with asking(self.db):
            return self.relation.to_arrow_table()

    def fetch(self) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and rows as plain Python values."""
        with asking(self.db):
            cursor = self.db.execute(self.sql)
            return [column[0] for column in cursor.description or []], cursor.fetchall()

    def rows(self) -> list[dict[str, Any]]:
        """As a list of dicts. A name that comes again gets a number: start_s, start_s_1."""
        names, rows = self.fetch()
        names = distinct(names)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows())

    def __len__(self) -> int:
        with asking(self.db):
            return int(self.db.execute(f"SELECT count(*) FROM ({self.sql}\n)").fetchall()[0][0])


class Lake:
    """A lake at `root`, open for reading. Every query sees the sources as they are when it starts.

    With `licence` (SPDX ids, or 'commercial') the tables hold only rows under those licences, whatever the statement.
    """

    def __init__(self, root: Path, licence: Sequence[str] = ()) -> None:
        self.layout = Layout(Path(root))
        self.layout.check_version()
        self.licence = licence

    @property
    def root(self) -> Path:
        return self.layout.root

    def connect(self, output: Path | None = None) -> duckdb.DuckDBPyConnection:
        """A new DuckDB connection with the tables as views, locked to the lake (and to `output`, read and written).

        Raises ChorusError when the lake holds no source yet, UsageError for a licence that nothing in it has.
        """
        import duckdb

        sources = self.layout.sources()
        if not sources:
            raise ChorusError(f"the lake at {self.root} holds no source yet: chorus ingest SOURCE --root DIR")
        db = duckdb.connect()
        with asking(db):
            self._fill(db, sources, output)
        return db

    def _fill(self, db: duckdb.DuckDBPyConnection, sources: Mapping[str, Path], output: Path | None) -> None:
        db.execute("SET enable_progress_bar = false")
        files = _array([folder / "source.parquet" for folder in sources.values()])
        db.execute(
            f"CREATE VIEW sources AS SELECT * EXCLUDE (source) FROM read_parquet({files}, hive_partitioning = true)"
        )
        db.execute(f"CREATE VIEW taxa AS SELECT * FROM read_parquet({_array([self.root / 'taxa.parquet'])})")
        scans = {table: _scan(table, sources) for table in ("recordings", "calls", "issues")}
        if (found := self.root / DUPLICATES).exists():
            scans["duplicates"] = f"read_parquet({_array([found])})"
        cleared = _cleared(db, self.licence, scans["recordings"]) if self.licence else {}
        for table, scan in scans.items():
            where = f" WHERE {cleared[table]}" if table in cleared else ""
            db.execute(f"CREATE VIEW {table} AS SELECT source, * EXCLUDE (source) FROM {scan}{where}")
        db.execute(f"SET allowed_directories = {_array([self.root])}")
        if output:
            db.execute("SET async_threads = 0")  # DuckDB 2.0 may hang where others write and the disk is full
            db.execute(f"SET allowed_paths = {_array([output])}")
        db.execute("SET enable_external_access = false")
        db.execute("SET lock_configuration = true")

    def licences(self) -> set[str]:
        """Every licence in the lake: the sources', and those that recordings state for themselves."""
        sql = "SELECT licence FROM sources UNION SELECT licence FROM recordings WHERE licence IS NOT NULL"
        return {row["licence"] for row in Lake(self.root).query(sql).rows()}

    def query(
        self,
        text: str = "",
        *,
        columns: str | None = None,
        limit: int | None = None,
        db: duckdb.DuckDBPyConnection | None = None,
    ) -> Result:
        """Rows of a WHERE clause over `calls` ("species='orca' AND quality='H'"), or of a full SELECT.

        `columns` ("start_s, end_s, label") applies to clauses only. Raises UsageError for what is no single SELECT, an
        SQL mistake, or a name in `species=`/`taxon=` that is unknown or ambiguous.
        """
        db = db or self.connect()
        with asking(db):
            return Result(db, compile_query(db, text, columns, limit))

    def audio(self, call: Mapping[str, Any] | str, pad_s: float = 0.0) -> tuple[npt.NDArray[np.float32], int]:
        """Samples of one call, shape (frames,) when its channel is known or the file is mono, else (frames, channels),
        and its sample rate in real Hz.

        `call` is a row of `calls` (dict, pandas Series, or model) or a call_id; `pad_s` adds context on both sides.
        Raises UsageError for an unknown call, ReadError when the sound is absent or broken.
        """
        from chorus.audio import read

        row = self._call(call)
        found = self.query(
            "SELECT s.root || '/' || r.path AS path, r.time_expansion AS expansion, r.channels, r.recording_id "
            f"FROM recordings r JOIN sources s ON s.id = r.source WHERE r.recording_id = {quoted(row['recording_id'])}"
        ).rows()
        if not found:
            raise UsageError(f"no recording '{row['recording_id']}' in this lake")
        expansion = found[0]["expansion"]
        start, end = max(0.0, row["start_s"] - pad_s) * expansion, (row["end_s"] + pad_s) * expansion
        channel = row.get("channel") or (1 if found[0]["channels"] == 1 else None)
        samples, rate = read(found[0]["path"], start, end, int(channel) if channel else None)
        return samples, round(rate * expansion)

    def _call(self, call: Mapping[str, Any] | str) -> dict[str, Any]:
        if isinstance(call, str):
            rows = self.query(f"call_id = {quoted(call)}").rows()
            if not rows:
                raise UsageError(f"no call '{call}' in this lake")
            return rows[0]
        row = call.model_dump() if hasattr(call, "model_dump") else dict(call)
        try:
            row["channel"] = int(row["channel"])
        except (KeyError, TypeError, ValueError):
            row["channel"] = None  # absent: None, or pandas' NA or NaN
        return row


def distinct(names: Sequence[str]) -> list[str]:
    """Names of columns with a number where they come again, as DuckDB numbers them in files."""
    out: list[str] = []
    for name in names:
        free = (f"{name}_{n}" if n else name for n in itertools.count())
        out.append(next(one for one in free if one not in out and (one == name or one not in names)))
    return out


def is_statement(text: str) -> bool:
    """Whether it is a SELECT, or another statement that reads, rather than a clause."""
    return bool(STATEMENT.match(uncommented(text)))


def uncommented(text: str) -> str:
    """A clause or statement without the comments that it begins with."""
    found = COMMENTS.match(text)
    return text[found.end() :] if found else text


#: A clause of words alone: no comparison, nothing quoted.
BARE = re.compile(r"[^\W\d_][\w.-]*( [\w.-]+)*")


def compile_query(db: duckdb.DuckDBPyConnection, text: str, columns: str | None, limit: int | None) -> str:
    """The one SELECT that a clause or statement stands for, names resolved. Raises UsageError for anything else."""
    text = uncommented(text).strip().rstrip(";").strip()
    if OTHER.match(text):
        raise UsageError(READ_ONLY)
    if STATEMENT.match(text):
        if columns:
            raise UsageError("--columns goes with a WHERE clause; a SELECT names its own columns")
        sql = text
    else:
        if BARE.fullmatch(text) and Names(db).candidates(text):
            raise UsageError(f"'{text}' is a name: chorus query \"taxon='{text}'\"")
        sql = f"SELECT {columns or '*'} FROM calls" + (f" WHERE {text}" if text else "")
    tree = serialise(db, sql, lambda problem: _refused(problem, sql))
    if len(tree["statements"]) != 1:
        raise UsageError(f"one SELECT at a time, found {len(tree['statements'])} statements")
    words = text.casefold()
    if ("species" in words or "taxon" in words) and rewrite(db, tree):
        rewritten = db.execute("SELECT json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()
        sql = str(rewritten[0][0]).rstrip(";")
    return sql if limit is None else f"SELECT * FROM ({sql}\n) LIMIT {int(limit)}"


def _refused(problem: Node, sql: str) -> UsageError:
    message = str(problem.get("error_message", "not understood"))
    if problem.get("error_type") == "not implemented":
        return UsageError(READ_ONLY)
    position = problem.get("position")
    near = f" (at '{sql[int(position) :][:30]}')" if position and str(position).isdigit() else ""
    return UsageError(f"SQL: {readable(message)}{near}")


def _scan(table: str, sources: Mapping[str, Path]) -> str:
    """The files of a table, one per source, as a table function."""
    files = _array([folder / f"{table}.parquet" for folder in sources.values()])
    return f"read_parquet({files}, hive_partitioning = true, hive_types = {{'source': VARCHAR}})"


def _cleared(db: duckdb.DuckDBPyConnection, asked: Sequence[str], recordings: str) -> dict[str, str]:
    """Table -> predicate of its rows under the licences asked for."""
    from chorus.lake import licence

    of_sources: dict[str, str] = dict(db.execute("SELECT id, licence FROM sources").fetchall())
    own: dict[str, set[str]] = {}
    stated = f"SELECT DISTINCT source, licence FROM {recordings} WHERE licence IS NOT NULL"
    for source, name in db.execute(stated).fetchall():
        own.setdefault(source, set()).add(name)
    present = {*of_sources.values(), *(name for names in own.values() for name in names)}
    wanted = licence.request(asked, present)
    return licence.clauses(wanted, of_sources, own) if wanted else {}


def _array(paths: list[Path]) -> str:
    return f"[{listed(paths)}]"
