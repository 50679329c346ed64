"""Recordings: facts declared by the adapter plus what the sound file's header says."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any

from chorus.adapters.base import AUDIO_SUFFIXES, Problem, Rec, Recs, Release, fold, without_suffix
from chorus.adapters.formats.all_tables import AllTables, TableRec
from chorus.adapters.formats.stretches import joined
from chorus.errors import ReadError
from chorus.schemas import Action, Annotated, AudioState, Recording, arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from chorus.audio import Probe


#: Recordings that are written at a time.
PART = 200_000
#: The field of the stretches that are annotated: what several tables say of them adds up.
STRETCHES = "annotated_intervals"
#: Headers that are read to see how quick the disk is, and seconds for one from which on threads are worth it.
TRIAL, SLOW_S = 16, 0.002
#: They wait for the disk most of the time.
THREADS = 8


class Recordings:
    """The recordings of one source, probed once each: columns with the fields of `chorus.schemas.Recording`, so that
    millions fit into memory."""

    def __init__(self, release: Release, source: str) -> None:
        self.release = release
        self.source = source
        self._problems: list[Problem] = [
            Problem(name, "unreadable_name", "the name is not UTF-8: not read", action=Action.noted)
            for name in release.unreadable
        ]
        self._tables = AllTables()
        self._short: set[str] = set()
        self._row: dict[str, int] = {}
        self._columns: dict[str, list[Any]] = {}

    @property
    def problems(self) -> list[Problem]:
        """What was found odd of sounds, and of all tables together: known when everything was added."""
        return [*self._problems, *self._tables.problems(), *self._not_read()]

    def _not_read(self) -> Iterator[Problem]:
        """One note for the sounds that are no recordings of the source; copies of one under its own name aside."""
        left = [path for path in self.release.files if path not in self._row and path.lower().endswith(AUDIO_SUFFIXES)]
        names = {path: fold(without_suffix(without_suffix(path.rpartition("/")[2]))) for path in left}
        if left and (others := set(names.values()) - self._names(set(names.values()))):
            left = [path for path in left if names[path] in others]
            many = f"{len(left):,} sounds are" if len(left) > 1 else "this sound is"
            message = f"{many} named by no annotation and not read"
            yield Problem(left[0], "sound_not_read", message, action=Action.noted)

    def _names(self, wanted: set[str]) -> set[str]:
        """Which of these names without suffix a recording has."""
        return {name for path in self._row if (name := fold(without_suffix(path.rpartition("/")[2]))) in wanted}

    def add(self, declared: Iterable[Rec | Recs]) -> None:
        """Take in declared recordings; facts of a path declared before are merged, later ones win."""
        first = len(self._row)
        for item in declared:
            if isinstance(item, Recs):
                self._add_many(item)
            else:
                row = self._row.setdefault(item.path, len(self._row))
                self._set(row, {"annotated": item.annotated.value, **item.facts})
                if isinstance(item, TableRec):
                    self._tables.add(item)
                if item.short:
                    self.no_longer_full([item.path])
        self._probe(first)

    def _add_many(self, recs: Recs) -> None:
        facts = {"annotated": recs.annotated.value, **recs.facts}
        n = len(recs.paths)
        columns = {name: v if isinstance(v, list) else [v] * n for name, v in facts.items() if v is not None}
        new = set(recs.paths)
        if len(new) < n or not self._row.keys().isdisjoint(new):
            for i, path in enumerate(recs.paths):
                row = self._row.setdefault(path, len(self._row))
                self._set(row, {name: values[i] for name, values in columns.items()})
            return
        padded = {name: self._column(name) for name in columns}
        self._row.update(zip(recs.paths, range(len(self._row), len(self._row) + n), strict=True))
        for name, values in columns.items():
            padded[name] += values

    def _column(self, name: str) -> list[Any]:
        """A column with a place for every recording that is known now."""
        column = self._columns.setdefault(name, [])
        column += [None] * (len(self._row) - len(column))
        return column

    def _set(self, row: int, facts: dict[str, Any]) -> None:
        if self._covers(row, facts):
            facts = {name: value for name, value in facts.items() if name != "annotated"}
        for name, value in facts.items():
            if value is not None:
                column = self._column(name)
                column[row] = _union(column[row], value) if name == STRETCHES and column[row] else value

    def _covers(self, row: int, facts: dict[str, Any]) -> bool:
        """Whether stretches that are declared lie in a recording that is known to be annotated as a whole."""
        return bool(facts.get(STRETCHES)) and self._column("annotated")[row] == Annotated.full.value

    def no_longer_full(self, paths: Iterable[str]) -> None:
        """Recordings that lost a row are not fully annotated, whatever is declared of them later: a call stands there
        that nobody will see."""
        self._short.update(paths)

    def _take_back(self) -> None:
        column = self._column("annotated")
        for row in map(self._row.__getitem__, self._short):
            if column[row] == Annotated.full.value:
                column[row] = Annotated.partial.value
        if STRETCHES in self._columns:
            full = [annotated == Annotated.full.value for annotated in column]
            known = zip(self._column(STRETCHES), full, strict=True)
            self._columns[STRETCHES] = [None if whole else stretches for stretches, whole in known]

    def _probe(self, first: int) -> None:
        """Read the headers of the sounds at hand from row `first` on."""
        paths = [path for path in islice(self._row, first, None) if path in self.release.files]
        headers = self._headers(paths)
        rows = self.rows(paths)
        expansions = self.facts(rows, "time_expansion") or [None] * len(rows)
        for path, row, header, expansion in zip(paths, rows, headers, expansions, strict=True):
            if header and header.doubt:
                self._problems.append(Problem(path, "more_sound", header.doubt, action=Action.noted))
            self._set(row, _facts(header, expansion or 1.0))

    def _headers(self, paths: list[str]) -> list[Probe | None]:
        """Headers of sounds, in order: in threads where the disk is slow; on a quick one they would only wait for each
        other."""
        started = time.monotonic()
        few = list(map(self._header, paths[:TRIAL]))
        slow = time.monotonic() - started > SLOW_S * len(few)
        if not slow:
            return few + list(map(self._header, paths[TRIAL:]))
        with ThreadPoolExecutor(THREADS) as pool:
            return few + list(pool.map(self._header, paths[TRIAL:]))

    def _header(self, path: str) -> Probe | None:
        try:
            return self.release.probe(path)
        except ReadError as error:
            self._problems.append(Problem(path, "unreadable_audio", error.message, action=Action.noted))
            return None

    def rows(self, paths: Sequence[str]) -> list[int]:
        """Where some recordings stand, for `facts`. One that nobody declared is taken in: it is there, since calls name
        it, but not known to be fully annotated."""
        try:
            return list(map(self._row.__getitem__, paths))
        except KeyError:
            self.add(Rec(path, Annotated.partial) for path in paths if path not in self._row)
            return list(map(self._row.__getitem__, paths))

    def facts(self, rows: Sequence[int], name: str) -> list[Any] | None:
        """A field of some recordings, None where it is not known; None when it is known of no recording."""
        if name not in self._columns or not rows:
            return None
        return list(map(self._column(name).__getitem__, rows))

    def tables(self) -> Iterator[pa.Table]:
        """All recordings sorted by path, a part at a time. The columns are given away: nothing can be added after."""
        import pyarrow as pa
        import pyarrow.compute as pc

        self._take_back()
        fields = arrow_schema(Recording)
        paths = pa.array(self._row, pa.string())
        for name in list(self._columns):
            self._column(name)
        self._row = {}
        columns = {name: pa.array(self._columns.pop(name), fields.field(name).type) for name in list(self._columns)}
        order = pc.sort_indices(paths)
        for first in range(0, len(order), PART):
            rows = order.slice(first, PART)
            part = {name: column.take(rows) for name, column in columns.items()}
            yield self._table(paths.take(rows), part)

    def _table(self, paths: pa.Array, given: dict[str, pa.Array]) -> pa.Table:
        """A table with every field of Recording; what nobody said is null, or its default."""
        import pyarrow as pa
        import pyarrow.compute as pc

        n = len(paths)
        given |= {
            "path": paths,
            "recording_id": pc.binary_join_element_wise(self.source + "/", paths, ""),
            "source": pa.repeat(pa.scalar(self.source, pa.string()), n),
            "audio": pc.fill_null(given.get("audio", pa.nulls(n, pa.string())), AudioState.missing.value),
            "time_expansion": pc.fill_null(given.get("time_expansion", pa.nulls(n, pa.float64())), 1.0),
        }
        schema = arrow_schema(Recording).remove_metadata()
        return pa.Table.from_arrays([given.get(f.name, pa.nulls(n, f.type)) for f in schema], schema=schema)


def _union(known: list[dict[str, float]], more: list[dict[str, float]]) -> list[dict[str, float]]:
    """Stretches of several tables as one list."""
    spans = joined((stretch["start_s"], stretch["end_s"]) for stretch in [*known, *more])
    return [{"start_s": start, "end_s": end} for start, end in spans]


def _facts(header: Probe | None, expansion: float) -> dict[str, Any]:
    """What a header says of a recording, in real time."""
    if header is None:
        return {"audio": AudioState.unreadable.value}
    return {
        "audio": AudioState.present.value,
        "frames": header.frames,
        "sample_rate": round(header.sample_rate * expansion),
        "channels": header.channels,
        "subtype": header.subtype,
        "duration_s": header.duration_s / expansion,
    }
