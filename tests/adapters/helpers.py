"""Read a release through its adapter the way the engine does, and write the files that releases are made of."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chorus import adapters
from chorus.adapters.base import Adapter, Calls, Problem, Rec, Recs, check_length
from chorus.errors import ReadError


@dataclass
class Content:
    """What an adapter gave: recordings by path (facts merged, later ones win), calls as rows, problems."""

    recs: dict[str, Rec] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def of(self, recording: str) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["recording"] == recording]

    def annotated(self) -> dict[str, str]:
        return {path: rec.annotated.value for path, rec in self.recs.items()}

    def reasons(self) -> list[str]:
        return sorted(problem.reason for problem in self.problems)


def read_release(source: str | Adapter, root: Path) -> Content:
    """Every unit of a release, in order; a unit that fails is a Problem and the others go on."""
    adapter = adapters.get(source) if isinstance(source, str) else source
    release = adapter.open(root)
    content = Content()
    for unit in adapter.units(release):
        try:
            for item in adapter.read(release, unit):
                _take(content, item)
        except ReadError as error:
            content.problems.append(Problem(error.file or unit, "unreadable_file", error.message, error.line))
    return content


def _take(content: Content, item: Any) -> None:
    if isinstance(item, Calls):
        check_length(item)
        content.rows += flatten(item)
    elif isinstance(item, Recs):
        for i, path in enumerate(item.paths):
            facts = {name: value[i] if isinstance(value, list) else value for name, value in item.facts.items()}
            _take(content, Rec(path, item.annotated, facts))
    elif isinstance(item, Rec):
        known = content.recs.setdefault(item.path, item)
        known.annotated = item.annotated
        known.facts |= {name: value for name, value in item.facts.items() if value is not None}
    else:
        content.problems.append(item)


def flatten(calls: Calls) -> list[dict[str, Any]]:
    """Columns as rows, with what stands beside them."""
    n = len(calls)
    columns = {name: values_of(value, n) for name, value in calls.columns.items()}
    columns["recording"] = values_of(calls.recording, n)
    columns |= {"origin_file": [calls.origin_file] * n, "origin_line": values_of(calls.origin_line, n)}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def values_of(column: Any, n: int) -> list[Any]:
    """A column of calls as a list of its values: given as a list, as Arrow, or as one value for all."""
    if hasattr(column, "to_pylist"):
        return list(column.to_pylist())
    return list(column) if isinstance(column, list | tuple | range) else [column] * n


def counted(source: str, content: Content) -> int:
    """Rows that the card's predicate picks, in the `calls` table as queries see it, another source's rows beside."""
    import duckdb
    import pyarrow as pa

    names = ("label", "call_type", "split", "kind", "strength", "presence", "origin_file", "quality", "life_stage")
    rows = [
        {name: None if row.get(name) is None else str(row[name]) for name in names}
        | {"call_id": f"{source}:{i}", "recording_id": f"{source}/{row['recording']}", "source": source}
        | {name: row.get(name) or default for name, default in (("strength", "strong"), ("presence", "present"))}
        for i, row in enumerate(content.rows)
    ]
    rows.append(dict.fromkeys(names, "x") | {"call_id": "a", "recording_id": "other/x", "source": "other"})
    calls = pa.Table.from_pylist(rows)
    predicate = adapters.get(source).card.counts_as_call
    with duckdb.connect() as db:
        db.register("calls", calls)
        found = db.execute(f"SELECT count(*) FROM calls WHERE source = '{source}' AND ({predicate})").fetchone()
    assert found
    return int(found[0])


def write_files(root: Path, files: dict[str, str | bytes]) -> Path:
    """Write text (as UTF-8, line ends as given) or bytes below `root`; returns it."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def wav(seconds: float = 1.0, rate: int = 8000) -> bytes:
    """A mono 16-bit WAV file of silence."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(round(seconds * rate), np.float32), rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def cbin(seconds: float = 1.0, rate: int = 32000) -> bytes:
    """Two channels of big-endian 16-bit silence without a header."""
    return np.zeros(2 * round(seconds * rate), ">i2").tobytes()


def notmat(labels: str, onsets_ms: list[float], offsets_ms: list[float]) -> bytes:
    """A `.not.mat` file as evsonganaly writes it: N x 1 arrays."""
    from scipy.io import savemat

    buffer = io.BytesIO()
    columns = {name: np.array(v, float).reshape(-1, 1) for name, v in (("onsets", onsets_ms), ("offsets", offsets_ms))}
    savemat(buffer, {"Fs": np.uint16(32000), "fname": "x.cbin", "labels": labels, "min_int": 6.0} | columns)
    return buffer.getvalue()
