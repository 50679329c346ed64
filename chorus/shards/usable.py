"""Which recordings clips can be cut from, and why the others cannot be used; they and their calls as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chorus.errors import UsageError, nearest
from chorus.lake.licence import UNKNOWN, permits
from chorus.schemas.vocabulary import AudioState, Environment, Kind, Presence, Role
from chorus.shards.flac_rate import FLAC_MOST_HZ
from chorus.shards.settings import ShardSettings
from chorus.shards.tables import CALL_COLUMNS, Tables

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

NO_AUDIO = "the sound was not at hand at ingest"
UNREADABLE = "the sound could not be read at ingest"
HELD_OUT = "held-out source (--include-held-out uses it)"
COPY_OF_HELD_OUT = "a copy of it is in a held-out source (--include-held-out uses it)"
NOT_ASKED_FOR = "its licence, {}, is not asked for (--licence)"
TOO_SHORT = "shorter than the least length"
TOO_FAST = f"sample rate above {FLAC_MOST_HZ} Hz, which FLAC cannot hold (--max-rate lowers it)"

#: Reasons that hold whatever clips are asked for: such recordings have no part in the splits either.
LASTING = (HELD_OUT, COPY_OF_HELD_OUT, NO_AUDIO, UNREADABLE)

#: Columns of the calls of usable recordings; whose they are stands in `Material.owner`.
KEPT_COLUMNS = tuple(name for name in CALL_COLUMNS if name not in ("recording_id", "source"))

#: Those whose values come again and again: held as places in a list of them.
WORDS = ("label", "kind", "species", "scientific_name", "call_type", "strength", "presence", "individual", "split")

#: Counts by (unit, reason): ("recordings", "the sound was not at hand").
Refused = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Material:
    """Usable recordings in the order of their ids, and their calls in the order of recordings, starts, ends and ids.

    Recording `k` has calls `edges[k]:edges[k + 1]`. `wanted` tells of each call whether clips are cut around it,
    `owner` the number of its recording; `clip_rates` are those of each recording's clips. Licences are filled in.
    """

    recordings: pa.Table
    calls: pa.Table
    owner: npt.NDArray[np.int64]
    wanted: npt.NDArray[np.bool_]
    clip_rates: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.recordings)

    def only(self, left: npt.NDArray[np.bool_]) -> Material:
        """The same of some recordings."""
        import numpy as np
        import pyarrow as pa

        if left.all():
            return self
        mine = left[self.owner]
        return Material(
            self.recordings.filter(pa.array(left)).combine_chunks(),
            self.calls.filter(pa.array(mine)),
            (np.cumsum(left) - 1)[self.owner[mine]],
            self.wanted[mine],
            self.clip_rates[left],
        )

    @cached_property
    def edges(self) -> npt.NDArray[np.int64]:
        import numpy as np

        return np.searchsorted(self.owner, np.arange(len(self) + 1))

    @cached_property
    def rates(self) -> npt.NDArray[np.int64]:
        """Real sample rate of each recording, Hz."""
        return values(self.recordings["sample_rate"], 0)

    @cached_property
    def frames(self) -> npt.NDArray[np.int64]:
        """Samples per channel of each recording."""
        return values(self.recordings["frames"], 0)

    @cached_property
    def start_s(self) -> npt.NDArray[np.float64]:
        return values(self.calls["start_s"], 0.0)

    @cached_property
    def end_s(self) -> npt.NDArray[np.float64]:
        return values(self.calls["end_s"], 0.0)

    @cached_property
    def channel(self) -> npt.NDArray[np.int64]:
        """Channel of each call, 0 where none is stated."""
        return values(self.calls["channel"], 0)

    @cached_property
    def calling(self) -> npt.NDArray[np.bool_]:
        """Which rows are calls, or may be: not those of noise, of silence, and of what is absent."""
        import pyarrow as pa
        import pyarrow.compute as pc

        quiet = pc.is_in(self.calls["kind"], value_set=pa.array([Kind.noise.value, Kind.silence.value]))
        absent = pc.equal(self.calls["presence"], Presence.absent.value)
        return ~(values(quiet, False) | values(absent, False))

    @cached_property
    def too_high(self) -> npt.NDArray[np.bool_]:
        """Whether nothing of a call is left at the rate of its clip."""
        return values(self.calls["low_hz"], -1.0) >= self.clip_rates[self.owner] / 2

    @cached_property
    def animals(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Of each call the place of its animal's name in a list, -1 where none is known to call; and the list."""
        import pyarrow.compute as pc

        named = pc.coalesce(*(self.text(name) for name in ("species", "scientific_name")))
        return places(pc.if_else(self.present([Kind.animal]), named, None))

    @cached_property
    def classes(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """The same for what a clip is balanced by: species, else scientific name, else label; no noise, no silence."""
        import pyarrow.compute as pc

        named = pc.coalesce(*(self.text(name) for name in ("species", "scientific_name", "label")))
        return places(pc.if_else(self.present([Kind.animal, Kind.human, Kind.unknown]), named, None))

    def present(self, kinds: list[Kind]) -> pa.ChunkedArray:
        """Whether a call is there and of one of these kinds."""
        import pyarrow as pa
        import pyarrow.compute as pc

        there = pc.equal(self.text("presence"), Presence.present.value)
        return pc.and_(there, pc.is_in(self.text("kind"), value_set=pa.array([kind.value for kind in kinds])))

    def text(self, name: str) -> pa.ChunkedArray:
        """A column of the calls as plain strings."""
        import pyarrow as pa

        return self.calls[name].cast(pa.string())

    def ids(self) -> Iterator[str]:
        """Ids of the recordings."""
        for chunk in self.recordings["recording_id"].chunks:
            for value in chunk:
                yield value.as_py()


def values(column: Any, absent: Any) -> Any:
    """A column as a numpy array, with `absent` where it has no value."""
    import numpy as np
    import pyarrow.compute as pc

    return np.asarray(pc.fill_null(column, absent))


def places(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Of each value its place in the list of all that occur, -1 where there is none; and that list, sorted."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    names = sorted(name for name in pc.unique(column).to_pylist() if name is not None)
    found = pc.index_in(column, value_set=pa.array(names, column.type), skip_nulls=True)
    return values(found, -1).astype(np.int64), names


def usable(tables: Tables, settings: ShardSettings, refused: Refused) -> tuple[Material, Material]:
    """What clips can be cut from; and everything that is split with it, whatever is asked for. The recordings that are
    asked for and cannot be used are counted in `refused`."""
    import numpy as np
    import pyarrow as pa

    recordings = with_facts_of_sources(tables).sort_by("recording_id")
    left, split = _asked(recordings, tables), np.ones(len(recordings), bool)
    for reason, mask in refusals(recordings, tables, settings):
        hit = left & mask
        if hit.any():
            refused["recordings", reason] += int(hit.sum())
        left &= ~hit
        if reason in LASTING:
            split &= ~mask
    every = _material(recordings.filter(pa.array(split)).combine_chunks(), tables, settings)
    return every.only(left[split]), every


def _asked(recordings: pa.Table, tables: Tables) -> npt.NDArray[np.bool_]:
    """Which recordings are asked for."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if tables.asked is None:
        return np.ones(len(recordings), bool)
    return np.array(pc.is_in(recordings["recording_id"].cast(pa.string()), value_set=tables.asked))


def _material(recordings: pa.Table, tables: Tables, settings: ShardSettings) -> Material:
    import numpy as np

    calls, owner, wanted = _calls(tables, recordings)
    rates = values(recordings["sample_rate"], 0)
    clip_rates = np.array([settings.rate_of(int(rate)) for rate in rates], np.int64)
    return Material(recordings, calls, owner, wanted, clip_rates)


def with_facts_of_sources(tables: Tables) -> pa.Table:
    """The recordings, each with its own licence or its source's, and with `medium`: air or water."""
    import pyarrow as pa
    import pyarrow.compute as pc

    recordings = tables.recordings
    place = pc.index_in(recordings["source"].cast(pa.string()), value_set=tables.sources["id"].cast(pa.string()))
    licence, environment = (
        tables.sources[name].combine_chunks().take(place).cast(pa.string()) for name in ("licence", "environment")
    )
    licence = pc.coalesce(recordings["licence"], licence, pa.scalar(UNKNOWN))
    marine = pc.fill_null(pc.equal(environment, Environment.marine.value), False)
    recordings = recordings.append_column("medium", pc.if_else(marine, "water", "air"))
    return recordings.set_column(recordings.schema.get_field_index("licence"), "licence", licence)


def refusals(
    recordings: pa.Table, tables: Tables, settings: ShardSettings
) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Each reason not to use a recording, in order of precedence, and of which recordings it holds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def among(column: str, names: set[str]) -> Any:
        return values(
            pc.is_in(recordings[column].cast(pa.string()), value_set=pa.array(sorted(names), pa.string())), False
        )

    if not settings.include_held_out:
        held_out = held_out_sources(tables, settings)
        yield HELD_OUT, among("source", held_out)
        yield COPY_OF_HELD_OUT, among("recording_id", copies_of(held_out, tables))
    for licence in sorted(pc.unique(recordings["licence"]).to_pylist()):
        if not permits(settings.licence, licence):
            yield NOT_ASKED_FOR.format(licence), among("licence", {licence})
    frames, rates = values(recordings["frames"], 0), values(recordings["sample_rate"], 0)
    yield NO_AUDIO, among("audio", {AudioState.missing.value})
    yield UNREADABLE, ~among("audio", {AudioState.present.value}) | (frames == 0) | (rates == 0)
    yield TOO_SHORT, frames < settings.least_seconds * rates
    if settings.sample_rate is None and settings.max_rate is None:
        yield TOO_FAST, rates > FLAC_MOST_HZ


def held_out_sources(tables: Tables, settings: ShardSettings) -> set[str]:
    """Sources that never enter training unless asked for: by their cards, and those named in the settings.

    Raises UsageError for a name that neither the lake nor a card has.
    """
    from chorus import adapters

    known = sorted({*tables.sources["id"].to_pylist(), *adapters.ids()})
    for name in settings.hold_out:
        if name not in known:
            raise UsageError(f"hold_out {name}: no such source{nearest(name, known)}")
    rows = tables.sources.select(["id", "role"]).to_pylist()
    return {row["id"] for row in rows if row["role"] == Role.held_out} | set(settings.hold_out)


def copies_of(sources: set[str], tables: Tables) -> set[str]:
    """Recordings that are in one cluster of copies with a recording of these sources."""
    clusters = {cluster for name, cluster in tables.duplicates.items() if name.partition("/")[0] in sources}
    return {name for name, cluster in tables.duplicates.items() if cluster in clusters}


def _calls(tables: Tables, recordings: pa.Table) -> tuple[pa.Table, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The calls of the recordings, sorted; the number of each one's recording; and whether it is wanted."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = recordings["recording_id"].cast(pa.string())
    owner = pc.index_in(tables.calls["recording_id"].cast(pa.string()), value_set=ids)
    keys = {"owner": owner, **{name: tables.calls[name] for name in ("start_s", "end_s", "call_id")}}
    order = pc.sort_indices(pa.table(keys), sort_keys=[(name, "ascending") for name in keys])
    order = order.slice(0, len(owner) - owner.null_count)
    columns = {}
    for name in KEPT_COLUMNS:
        column = tables.calls[name]
        if name in WORDS:
            column = column.cast(pa.string()).dictionary_encode().unify_dictionaries()
        columns[name] = column.take(order).combine_chunks()
    wanted = np.ones(len(order), bool)
    if tables.wanted is not None:
        wanted = np.asarray(pc.is_in(columns["call_id"].cast(pa.string()), value_set=tables.wanted))
    return pa.table(columns), np.asarray(owner.take(order)).astype(np.int64), wanted
