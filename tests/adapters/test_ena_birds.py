"""ena_birds: Raven tables, header-only ones among them."""

from __future__ import annotations

from pathlib import Path

from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases import ena_birds


def test_release(tmp_path: Path) -> None:
    content = read_release("ena_birds", ena_birds(tmp_path))
    folder = "wav_Files/Recording_1/Recording_1_Segment_"
    assert content.annotated() == {f"{folder}01.wav": "full", f"{folder}02.wav": "full"}
    assert not content.of(f"{folder}01.wav")
    assert [row["label"] for row in content.of(f"{folder}02.wav")] == ["NOCA", "WOTH"]
    assert counted("ena_birds", content) == 2


def test_tables_beside_the_sounds(tmp_path: Path) -> None:
    table = "Begin Time (s)\tEnd Time (s)\tSpecies\n1\t2\tEATO\n"
    stem = "Recording_2/Recording_2_Segment_05"
    write_files(tmp_path, {f"{stem}.Table.1.selections.txt": table, f"{stem}.WAV": b"RIFF"})
    content = read_release("ena_birds", tmp_path)
    assert list(content.recs) == [f"{stem}.WAV"]
    assert content.recs[f"{stem}.WAV"].facts["session"] == "Recording_2"


def test_real_tables(shared: Path) -> None:
    content = read_release("ena_birds", shared / "real" / "ena_birds_chronister")
    assert (len(content.recs), len(content.rows), len(content.problems)) == (36, 6125, 0)
    assert counted("ena_birds", content) == 6125
    empty = [path for path in content.recs if not content.of(path)]
    assert empty == ["wav_Files/Recording_1/Recording_1_Segment_01.wav"]
    assert len({row["label"] for row in content.rows}) > 20
