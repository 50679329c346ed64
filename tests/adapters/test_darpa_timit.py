"""darpa_timit: three arrangements, doubled sounds, utterances and words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.helpers import counted, read_release, wav, write_files
from tests.adapters.releases import darpa_timit


def speech(content_rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [row for row in content_rows if row["call_type"] == "speech"]


def test_an_utterance_and_its_words(tmp_path: Path) -> None:
    content = read_release("darpa_timit", darpa_timit(tmp_path))
    rows = content.of("TRAIN/DR4/MMDM0/SA1.WAV")
    assert [(row["call_type"], row["label"]) for row in rows] == [
        ("speech", "She had your dark suit."),
        ("word", "she"),
        ("word", "had"),
    ]
    assert (rows[0]["start_s"], rows[0]["end_s"]) == (9640 / 16000, 60600 / 16000)
    assert rows[2]["start_s"] < rows[1]["end_s"], "words may overlap"
    assert (rows[0]["individual"], rows[0]["sex"], rows[0]["split"]) == ("MMDM0", "male", "train")
    assert (rows[0]["kind"].value, rows[0]["taxon_key"]) == ("human", "Homo sapiens")


def test_doubled_sounds_are_one_recording(tmp_path: Path) -> None:
    content = read_release("darpa_timit", darpa_timit(tmp_path))
    assert [path for path in content.recs if "SA1" in path] == [
        "TEST/DR1/FAKS0/SA1.WAV",
        "TRAIN/DR1/FCJF0/SA1.WAV",
        "TRAIN/DR4/MMDM0/SA1.WAV",
    ]
    assert "TRAIN/DR1/FCJF0/SI648.WAV.wav" in content.recs


def test_what_bounds_an_utterance(tmp_path: Path) -> None:
    content = read_release("darpa_timit", darpa_timit(tmp_path))
    words_only = speech(content.of("TRAIN/DR1/FCJF0/SI648.WAV.wav"))[0]
    assert (words_only["label"], words_only["strength"]) == ("she had", "strong")
    assert (words_only["start_s"], words_only["end_s"]) == (9640 / 16000, 17503 / 16000)
    text_only = speech(content.of("TRAIN/DR1/FCJF0/SX37.WAV"))[0]
    assert (text_only["start_s"], text_only["end_s"], text_only["strength"]) == (0.0, 2.0, "weak")
    annotated = content.annotated()
    assert annotated["TRAIN/DR1/FCJF0/SX37.WAV"] == "weak"
    assert annotated["TRAIN/DR1/FCJF0/SI648.WAV.wav"] == "partial", "one of its words was dropped"


def test_distinct_names_in_train_are_counted(tmp_path: Path) -> None:
    content = read_release("darpa_timit", darpa_timit(tmp_path))
    assert len(speech(content.rows)) == 5
    assert counted("darpa_timit", content) == 3, "SA1 of two speakers counts once, that of TEST not at all"


def test_lower_case_copy_with_one_text(tmp_path: Path) -> None:
    base = "timit/train/dr1/fcjf0/sa1"
    texts = {"phn": "0 100 h#\n100 200 sh\n200 300 h#\n", "wrd": "100 200 she\n", "txt": "0 300 She.\n"}
    files: dict[str, str | bytes] = {f"{base}.{suffix}": text for suffix, text in texts.items()}
    content = read_release("darpa_timit", write_files(tmp_path, files | {f"{base}.wav": wav(rate=16000)}))
    assert list(content.recs) == ["train/dr1/fcjf0/sa1.wav"]
    assert [row["label"] for row in content.rows] == ["She.", "she"]
    assert content.rows[0]["individual"] == "FCJF0"


def test_a_leading_blank_line_does_not_shift_the_origin(tmp_path: Path) -> None:
    content = read_release("darpa_timit", write_files(tmp_path, {"TRAIN/DR1/FCJF0/SX1.TXT": "\n0 300 She.\n"}))
    assert [(row["origin_line"], row["label"]) for row in content.rows] == [(2, "She.")]


def test_a_sound_without_transcription_is_not_annotated(tmp_path: Path) -> None:
    root = write_files(darpa_timit(tmp_path), {"data/TEST/DR2/MABC0/SX1.WAV": wav(rate=16000)})
    content = read_release("darpa_timit", root)
    assert content.annotated()["TEST/DR2/MABC0/SX1.WAV"] == "none"
    assert not content.of("TEST/DR2/MABC0/SX1.WAV")


def test_silence_alone_gives_no_utterance(tmp_path: Path) -> None:
    content = read_release("darpa_timit", write_files(tmp_path, {"TRAIN/DR1/FCJF0/SA1.PHN": "0 300 h#\n"}))
    assert not content.rows


@pytest.mark.parametrize(("folder", "utterances"), [("samples/darpa_timit", 2), ("real/human_speech_timit", 3)])
def test_real_utterances(shared: Path, folder: str, utterances: int) -> None:
    content = read_release("darpa_timit", shared / folder)
    assert len(speech(content.rows)) == len(content.recs) == utterances
    assert not content.problems
    for path in content.recs:
        whole, *words = content.of(path)
        assert whole["start_s"] == min(w["start_s"] for w in words)
        assert whole["end_s"] >= max(w["end_s"] for w in words)


def test_real_words(shared: Path) -> None:
    content = read_release("darpa_timit", shared / "real" / "human_speech_timit")
    assert len(content.rows) - 3 == 33
    assert content.rows[0]["label"] == "she had your dark suit in greasy wash water all year"
    assert {row["sex"] for row in content.rows} == {"female"}
    assert content.recs["dr1-fvmh0/sa1.wav"].facts.get("split") is None


def test_the_part_is_known_where_its_folder_is_the_root(tmp_path: Path) -> None:
    darpa_timit(tmp_path)
    content = read_release("darpa_timit", tmp_path / "data" / "TRAIN")
    assert {row["split"] for row in content.rows} == {"train"}


def test_an_empty_transcription_is_told(tmp_path: Path) -> None:
    root = write_files(darpa_timit(tmp_path), {"data/TEST/DR1/FAKS0/SA1.WRD": ""})
    told = [problem for problem in read_release("darpa_timit", root).problems if problem.reason == "empty_file"]
    assert [problem.origin_file for problem in told] == ["TEST/DR1/FAKS0/SA1.WRD"]
