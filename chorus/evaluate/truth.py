"""Which recordings are evaluated, and what is true of them, out of the lake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.audio.file import check_unchanged, probe
from chorus.errors import UsageError
from chorus.evaluate.metrics import Truth, as_spans
from chorus.lake.quoting import listed
from chorus.train.grid import frame_geometry

if TYPE_CHECKING:
    from chorus.lake import Lake

#: Ids per query.
CHUNK = 500
VOICES = ("animal", "human")
#: Frames to either side of a label without length that nothing is known of (see `chorus.train.targets`).
POINT_FRAMES = 2.5
CALL_COLUMNS = "call_id, recording_id, channel, start_s, end_s, kind, presence, strength"


@dataclass(frozen=True)
class Subject:
    """A recording, or one channel of it (counted from 1; None: mixed down), with its truth. Times and rate are real.
    `frames`: the samples that it had at its ingest."""

    recording_id: str
    path: Path
    sample_rate: int
    channel: int | None
    truth: Truth
    frames: int
    time_expansion: float = 1.0

    def check(self) -> None:
        """Raise ReadError where the sound cannot be opened or is not that of the ingest."""
        found, facts = probe(self.path), {"was_rate": self.sample_rate, "was_frames": self.frames}
        check_unchanged(found.sample_rate, found.frames, str(self.path), time_expansion=self.time_expansion, **facts)


@dataclass
class Selection:
    """What is evaluated. `left_out` counts what was asked for but cannot be judged, by reason."""

    subjects: list[Subject] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    not_full: set[str] = field(default_factory=set)

    @property
    def recordings(self) -> set[str]:
        """Ids of the recordings."""
        return {s.recording_id for s in self.subjects}


def select(lake: Lake, where: str | None, recordings: Iterable[str]) -> Selection:
    """The calls of a WHERE clause with their recordings; without one, all calls of `recordings`.

    Raises UsageError when nothing is left to evaluate.
    """
    if where is None:
        ids = sorted(set(recordings))
        asked = None
    else:
        rows = lake.query(where, columns="call_id, recording_id").rows()
        ids, asked = sorted({r["recording_id"] for r in rows}), {r["call_id"] for r in rows}
    if not ids:
        raise UsageError(
            f"no call matches {where!r}" if where else "the run's manifest names no test recordings; give --where"
        )
    calls: dict[str, list[dict[str, Any]]] = {}
    for row in by_ids(lake, f"SELECT {CALL_COLUMNS} FROM calls", ids):
        calls.setdefault(row["recording_id"], []).append(row)
    selection = Selection()
    present = list(by_ids(lake, recordings_sql(), ids))
    selection.left_out["recording is not in the lake"] += len(ids) - len(present)
    for row in sorted(present, key=lambda r: r["recording_id"]):
        add(selection, row, calls.get(row["recording_id"], []), asked)
    if where is not None:
        selection.subjects = [s for s in selection.subjects if len(s.truth.calls)]
    if not selection.subjects:
        reasons = ", ".join(f"{reason}: {n:,}" for reason, n in selection.left_out.items() if n)
        raise UsageError(f"nothing to evaluate: no strongly labelled call with its sound at hand ({reasons})")
    return selection


def recordings_sql() -> str:
    """Recordings with the absolute path of their sound."""
    columns = (
        "recording_id, audio, sample_rate, frames, time_expansion, channels, duration_s, annotated, annotated_intervals"
    )
    return f"SELECT {columns}, s.root || '/' || path AS file FROM recordings r JOIN sources s ON s.id = r.source"


def by_ids(lake: Lake, sql: str, ids: list[str]) -> Iterator[dict[str, Any]]:
    """Rows of a query for the given recordings."""
    for first in range(0, len(ids), CHUNK):
        yield from lake.query(f"{sql} WHERE recording_id IN ({listed(ids[first : first + CHUNK])})").rows()


def add(selection: Selection, recording: dict[str, Any], calls: list[dict[str, Any]], asked: set[str] | None) -> None:
    """Add a recording's subjects, or note why it has none."""
    path = Path(recording["file"])
    if recording["audio"] != "present" or not path.exists():
        selection.left_out["recording without sound at hand"] += 1
        return
    for call in calls:
        if asked is not None and call["call_id"] not in asked:
            continue
        if reason := unjudged(call, recording["duration_s"]):
            selection.left_out[reason] += 1
    if recording["annotated"] != "full" and recording["annotated_intervals"] is None:
        selection.not_full.add(recording["recording_id"])
    for channel in channels_of(recording, calls):
        mine = [c for c in calls if channel is None or c["channel"] == channel]
        truth = make_truth(recording, channel, mine, asked)
        facts = {name: recording[name] for name in ("sample_rate", "frames", "time_expansion")}
        subject = Subject(recording_id=recording["recording_id"], path=path, channel=channel, truth=truth, **facts)
        selection.subjects.append(subject)


def unjudged(call: dict[str, Any], duration_s: float) -> str | None:
    """Why a call that was asked for cannot be judged as an event of its recording; None when it can."""
    if call["kind"] not in VOICES:
        return f"call of kind '{call['kind']}'"
    if call["presence"] != "present":
        return f"call marked '{call['presence']}'"
    if call["strength"] != "strong":
        return "weak label: start and end were not marked"
    if call["start_s"] >= duration_s:
        return "call behind the end of the sound"
    return None if call["end_s"] > call["start_s"] else "call without length"


def channels_of(recording: dict[str, Any], calls: list[dict[str, Any]]) -> list[int | None]:
    """The channels to judge one by one, where the labels of a multi-channel file all say theirs; else the mix."""
    named = {c["channel"] for c in calls}
    if (recording["channels"] or 1) < 2 or not named or None in named or max(named) > recording["channels"]:
        return [None]
    return sorted(named)


def spread(call: dict[str, Any], duration_s: float, slack_s: float) -> tuple[float, float]:
    """The span of a call as far as the sound goes; one without length is somewhere near, as training takes it."""
    slack_s = slack_s if call["start_s"] == call["end_s"] < duration_s else 0.0
    return call["start_s"] - slack_s, min(call["end_s"] + slack_s, duration_s)


def make_truth(
    recording: dict[str, Any], channel: int | None, calls: list[dict[str, Any]], asked: set[str] | None
) -> Truth:
    """Calls asked for, as far as the sound goes; other voices and doubtful labels are ignored, weak ones make their
    stretch doubtful; noise and silence are nothing."""
    duration, name = float(recording["duration_s"]), recording["recording_id"]
    slack_s = POINT_FRAMES * frame_geometry(int(recording["sample_rate"])).frame_s
    wanted: list[tuple[float, float]] = []
    ignored, doubtful = wanted.copy(), wanted.copy()
    for call in calls:
        span = spread(call, duration, slack_s)
        if unjudged(call, duration) is None and (asked is None or call["call_id"] in asked):
            wanted.append(span)
        elif call["kind"] not in ("noise", "silence") and span[1] > span[0]:
            somewhere = (call["strength"] == "weak" and call["presence"] != "absent") or call["end_s"] <= call[
                "start_s"
            ]
            (doubtful if somewhere else ignored).append(span)
    known = None
    if recording["annotated"] != "full" and recording["annotated_intervals"] is not None:
        stretches = [(i["start_s"], i["end_s"]) for i in recording["annotated_intervals"]]
        known = as_spans([*stretches, *wanted])
    key = recording["recording_id"] if channel is None else f"{recording['recording_id']}#{channel}"
    return Truth(key, duration, as_spans(wanted), as_spans(ignored), known, as_spans(doubtful), name)
