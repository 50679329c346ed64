"""Sources in which one sound file is one call: animal_sounds, giant_otters, macaques, pigs, ssw, watkins."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus import adapters
from chorus.adapters.animal_sounds import class_of
from chorus.adapters.formats.cuts import NAMES, SPELLING, letters
from chorus.errors import UsageError
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.taxonomy import Resolver
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases_recordings import (
    PIG_COLUMNS,
    PIG_ROWS,
    animal_sounds,
    giant_otters,
    macaques,
    pigs,
    sound,
    ssw,
    watkins,
    workbook,
)


def by(rows: list[dict[str, object]], key: str, value: str) -> dict[str, object]:
    return next(row for row in rows if row[key] == value)


def test_animal_sounds_reads_every_codec_and_counts_what_the_paper_could_open(tmp_path: Path) -> None:
    content = read_release("animal_sounds", animal_sounds(tmp_path))
    lengths = {row["recording"]: row["end_s"] for row in content.rows}
    assert lengths["Kus-Part1/Kus_7.wav"] == pytest.approx(2.0, abs=0.2)
    assert lengths["Köpek-Part2/dog_2.wav"] == 2.0
    assert lengths["frog/frog_1.wav"] == 0.0, "no sound: kept, and flagged by its length"
    assert len(lengths) == 6, "the folder 'thumbs' is no class"
    (told,) = content.problems
    assert (told.reason, told.action, told.origin_file) == ("folder_not_read", "noted", "thumbs/preview.wav")
    assert told.message == "the folder 'thumbs' is no class that Chorus knows: its sounds (2) are not read"
    assert counted("animal_sounds", content) == 3, "not the MP3, not the .WAV, not the broken one"


@pytest.mark.parametrize(
    ("folder", "name"),
    [("Köpek", "dog"), ("Kopek-Part2", "dog"), ("Eşek", "donkey"), ("İnek", "cow"), ("Kuş-Part1", "bird"),
     ("Kurbağa", "frog"), ("Lion", "lion"), ("sheep", "sheep"), ("Kedi_part1", "cat"), ("Kus Part 2", "bird"),
     ("dog_party", None), ("wolf", None)],
)  # fmt: skip
def test_animal_sounds_folder_names(folder: str, name: str | None) -> None:
    assert class_of(folder) == name
    assert name is None or Resolver("animal_sounds").resolve(name).taxon


def test_animal_sounds_without_a_class_folder_is_refused(tmp_path: Path) -> None:
    adapter = adapters.get("animal_sounds")
    with pytest.raises(UsageError, match="no class folder"):
        adapter.units(adapter.open(write_files(tmp_path, {"music/a.wav": sound()})))


def test_animal_sounds_sample(shared: Path, tmp_path: Path) -> None:
    sample = shared / "samples" / "animal_sounds"
    if not sample.is_dir():
        pytest.skip("no sample of animal_sounds in ../shared/samples")
    report = ingest(Layout(tmp_path), "animal_sounds", sample)
    assert (report.calls, report.counted) == (6, 4), "one MP3 and one .WAV are not counted"
    assert report.recordings_unreadable == 0
    assert set(report.resolution) == {"species", "higher"}


def test_giant_otters_counts_the_adults_once(tmp_path: Path) -> None:
    content = read_release("giant_otters", giant_otters(tmp_path))
    assert [row["call_type"] for row in content.rows if row["life_stage"] == "adult"] == [
        "begging scream", "Ascending scream", "begging scream gradation",
    ]  # fmt: skip
    assert len(content.rows) == 5
    assert counted("giant_otters", content) == 3
    assert content.reasons() == ["copy_not_read"]
    assert not any("copy" in path for path in content.recs)


def test_giant_otters_plos_supplements_and_unnamed_folders(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "adult/Audio S001_bark.wav": sound(),
        "infant/Audio S001_bark.wav": sound(),
        "other/Audio S002_high whistle.wav": sound(),
        "other/Audio S003_whistle double.wav": sound(),
    }
    content = read_release("giant_otters", write_files(tmp_path, files))
    assert [row["life_stage"] for row in content.rows] == ["adult", "neonate", "neonate", None]
    assert counted("giant_otters", content) == 2


def test_macaques_table(tmp_path: Path) -> None:
    content = read_release("macaques", macaques(tmp_path))
    assert [(row["individual"], row["sex"], row["split"]) for row in content.rows] == [
        ("TH", "female", "train"), ("TH", "female", "valid"), ("AL", "male", "train"), ("QU", "male", "train"),
    ]  # fmt: skip
    assert [row["end_s"] for row in content.rows] == pytest.approx([0.25, 0.5, 0.3, 0.0], abs=1e-4)
    assert content.reasons() == ["caller_differs", "sound_not_in_table", "wrong_field_count"]


def test_macaques_folders_of_the_original(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"dataupload/{name[:2]}/{name}.wav": sound(0.25, 24414) for name in ("AL1", "TW468", "IO7")
    }
    files["dataupload/XX/XX1.wav"] = sound()
    content = read_release("macaques", write_files(tmp_path, files))
    assert sorted(row["individual"] for row in content.rows) == ["AL", "IO", "TW"]
    assert all(row["call_type"] == "coo" for row in content.rows)


def test_macaques_twice_on_disk_is_refused(tmp_path: Path) -> None:
    for copy in ("a", "b"):
        macaques(tmp_path / copy)
    adapter = adapters.get("macaques")
    with pytest.raises(UsageError, match="twice"):
        adapter.units(adapter.open(tmp_path))


def test_pigs_key(tmp_path: Path) -> None:
    content = read_release("pigs", pigs(tmp_path))
    assert len(content.rows) == 4, "blank rows hold nothing, and the csv of the same key is not read too"
    run = by(content.rows, "behavior", "Run/Run, Neg")
    assert (run["label"], run["sex"], run["end_s"]) == (None, None, 0.0), "NA is absent"
    reunion = by(content.rows, "behavior", "Reunion/LongIsolation, Pos")
    assert (reunion["quality"], reunion["end_s"]) == ("notsure", 0.5), "without the sound the end is Dur"
    assert by(content.rows, "life_stage", "Weaner")["end_s"] == 0.5, "with the sound the end is its own"
    assert content.reasons() == ["call_longer_than_file"]
    dates = {rec.facts["site"]: str(rec.facts["recorded_at"]) for rec in content.recs.values()}
    assert dates == {"ETHZ": "2014-08-25 00:00:00", "NMBU": "None", "IASPB": "None", "FBN": "2014-01-01 00:00:00"}


def test_pigs_inline_workbook_and_csv_give_the_same_calls(tmp_path: Path) -> None:
    rows = [PIG_COLUMNS, *(row.split(",") for row in PIG_ROWS)]
    inline = write_files(tmp_path / "a", {"SoundwelDatasetKey.xlsx": workbook(rows, shared=False)})
    table = write_files(tmp_path / "b", {"SoundwelDatasetKey.csv": "\n".join(map(",".join, rows))})
    one, two = (
        [{k: v for k, v in row.items() if k != "origin_file"} for row in read_release("pigs", root).rows]
        for root in (inline, table)
    )
    assert one == two


def test_pigs_sample(shared: Path, tmp_path: Path) -> None:
    sample = shared / "samples" / "pigs"
    if not sample.is_dir():
        pytest.skip("no sample of pigs in ../shared/samples")
    content = read_release("pigs", sample)
    assert len(content.rows) == 412
    copy = write_files(tmp_path, {f.name: f.read_bytes() for f in (sample / "same_rows_as_csv").iterdir()})
    again = read_release("pigs", copy)
    columns = ("label", "sex", "life_stage", "behavior", "recording", "end_s")
    assert [[row[c] for c in columns] for row in content.rows] == [[row[c] for c in columns] for row in again.rows]


def test_ssw_takes_species_from_its_own_table(tmp_path: Path) -> None:
    content = read_release("ssw", ssw(tmp_path))
    assert [(row["label"], row["taxon_key"], row["split"]) for row in content.rows] == [
        ("0", "Branta canadensis", "train"), ("1", "Aix sponsa", "test"), ("77", "77", "train"),
    ]  # fmt: skip
    assert all(row["end_s"] == 10.0 and row["strength"] == "weak" for row in content.rows)
    assert content.reasons() == ["wrong_field_count"]


def test_ssw_without_taxa_says_so(tmp_path: Path) -> None:
    root = ssw(tmp_path)
    (root / "ssw60" / "taxa.csv").unlink()
    content = read_release("ssw", root)
    assert (content.rows, content.reasons()) == ([], ["unreadable_file"])
    assert content.problems[0].origin_file == "taxa.csv"


def test_watkins_counts_records_not_files(tmp_path: Path) -> None:
    content = read_release("watkins", watkins(tmp_path))
    assert len(content.recs) == 5
    assert len(content.rows) == 6, "the cut in two folders is a call of each species"
    assert counted("watkins", content) == 5
    assert content.reasons() == ["record_again"]
    both = content.of("data/KillerWhale/1978/7801800J.wav")
    assert sorted(row["taxon_key"] for row in both) == ["Killer Whale", "Long-Finned Pilot Whale"]
    assert content.of("watkins/Beluga,_White_Whale/6102500F.wav")[0]["end_s"] == 0.0, "not at hand"


def test_watkins_one_species_alone(tmp_path: Path) -> None:
    root = write_files(tmp_path, {"Killer_Whale/1961/61025001.wav": sound(), "Killer_Whale/1961/61025002.wav": sound()})
    content = read_release("watkins", root)
    assert [row["label"] for row in content.rows] == ["Killer_Whale"] * 2, "the root's own name is the folder"


def test_watkins_every_spelling_resolves() -> None:
    resolver = Resolver("watkins")
    for name in NAMES:
        taxon = resolver.resolve(name).taxon
        assert taxon, name
        scraped = name.replace(" ", "").replace("-", "_").replace(",", "_")
        best_of = name.replace(" ", "_").replace("'", "").replace("(", "").replace(")", "")
        for spelling in (scraped, best_of):
            assert resolver.resolve(SPELLING[letters(spelling)]).taxon == taxon


def test_watkins_real_clip(shared: Path, tmp_path: Path) -> None:
    clip = shared / "samples" / "watkins" / "Killer_Whale.wav"
    if not clip.is_file():
        pytest.skip("no clip of watkins in ../shared/samples")
    write_files(tmp_path / "cuts", {"Killer_Whale/61025001.wav": clip.read_bytes()})
    report = ingest(Layout(tmp_path / "lake"), "watkins", tmp_path / "cuts")
    assert (report.calls, report.counted, report.flags) == (1, 1, {})
    assert report.resolution == {"species": 1}
