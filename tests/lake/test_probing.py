"""What several tables, and a sound's header, say of one recording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chorus.adapters.base import Rec, Release
from chorus.lake.probing import Recordings
from chorus.schemas import Annotated
from tests.adapters.helpers import wav, write_files


def part(*spans: tuple[float, float]) -> Rec:
    return Rec("a.wav", Annotated.partial, {"annotated_intervals": [{"start_s": a, "end_s": b} for a, b in spans]})


def row(*declared: Rec) -> dict[str, Any]:
    recordings = Recordings(Release(Path("/nowhere"), {}), "mine")
    for rec in declared:
        recordings.add([rec])
    [found] = [row for table in recordings.tables() for row in table.to_pylist()]
    stretches = found["annotated_intervals"]
    return found | {"spans": stretches and [(s["start_s"], s["end_s"]) for s in stretches]}


FULL, SHORT = Rec("a.wav", Annotated.full), Rec("a.wav", Annotated.full, short=True)


@pytest.mark.parametrize(
    ("declared", "annotated", "spans"),
    [
        ([part((0, 30)), part((30, 60))], "partial", [(0, 60)]),
        ([part((20, 30), (40, 50)), part((0, 10), (45, 60))], "partial", [(0, 10), (20, 30), (40, 60)]),
        ([FULL, part((30, 60))], "full", None),
        ([part((30, 60)), FULL], "full", None),
        ([SHORT, part((30, 60))], "partial", [(30, 60)]),
        ([Rec("a.wav", Annotated.none), part((30, 60))], "partial", [(30, 60)]),
    ],
)
def test_stretches_of_several_tables_add_up(
    declared: list[Rec], annotated: str, spans: list[tuple[float, float]] | None
) -> None:
    found = row(*declared)
    assert (found["annotated"], found["spans"]) == (annotated, spans)


def test_a_header_that_states_less_than_is_there_is_told(tmp_path: Path) -> None:
    whole = bytearray(wav(2.0)[:44] + bytes(range(1, 251)) * 128)
    whole[40:44] = (8_000).to_bytes(4, "little")
    recordings = Recordings(Release.scan(write_files(tmp_path, {"a.wav": bytes(whole)})), "mine")
    recordings.add([Rec("a.wav", Annotated.full)])
    [problem] = recordings.problems
    assert (problem.origin_file, problem.reason, problem.action) == ("a.wav", "more_sound", "noted")
    assert problem.message == "the header states 0.5 s, 1.5 s more seem to stand behind: not read"


def test_sounds_that_nothing_names_are_told_once_and_copies_not(tmp_path: Path) -> None:
    files = ("a/1.wav", "a/1.mp3", "a/SA1.WAV", "a/SA1.WAV.wav", "a/gone.mp3", "b/2.flac", "b/3.FLAC", "b/notes.txt")
    recordings = Recordings(Release.scan(write_files(tmp_path, dict.fromkeys(files, wav()))), "mine")
    recordings.add(Rec(path, Annotated.full) for path in ("a/1.wav", "a/SA1.WAV", "a/gone.wav"))
    [told] = recordings.problems
    assert (told.origin_file, told.reason) == ("b/2.flac", "sound_not_read") and "2 sounds" in told.message
