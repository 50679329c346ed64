"""Sources that come as tables: audioset, fruit_bats, marmosets, multimodal_birds, rodents, rook, sperm_whales."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus import adapters
from chorus.adapters.audioset import clip_of
from chorus.adapters.formats.audioset import ANIMALS, HUMANS
from chorus.adapters.multimodal_birds import NAME
from chorus.errors import UsageError
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.taxonomy import Resolver
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases import RELEASES
from tests.adapters.releases_recordings import (
    BAT_COLUMNS,
    BAT_ROWS,
    SEGMENTS,
    audioset,
    fruit_bats,
    layer,
    marmosets,
    multimodal_birds,
    rodents,
    rook,
    sound,
    sperm_whales,
)


def test_audioset_one_row_per_label(tmp_path: Path) -> None:
    content = read_release("audioset", audioset(tmp_path))
    clip = content.of("audio/unbal_train/Y---1_cCGK4M.flac")
    assert [(row["label"], row["kind"]) for row in clip] == [
        ("/m/01g50p", "noise"), ("/m/0284vy3", "noise"), ("/m/0bt9lr", "animal"),
    ]  # fmt: skip
    assert {row["origin_line"] for row in clip} == {4}
    assert content.of("audio/unbal_train/---2_BBVHAA_30.000.wav")[0]["taxon_key"] == "Homo sapiens"
    assert content.of("audio/--xphBsUEdQ.wav")[0]["kind"] == "silence"
    assert content.reasons() == ["bad_line", "damaged_id", "frames_of_events"]
    assert counted("audioset", content) == 0, "Table 1 counts its hours, not calls"


def test_audioset_strong_rows_and_refused_frames(tmp_path: Path) -> None:
    content = read_release("audioset", audioset(tmp_path))
    clip = content.of("audio/eval/--i-y1v8Hy8.wav")
    spans = [(row["start_s"], row["end_s"], row.get("strength", "strong"), row.get("presence")) for row in clip]
    assert spans[0] == (0.0, 9.0, "weak", None), "a clip shorter than ten seconds"
    assert spans[3:] == [(2.627, 7.237, "strong", "present"), (0.0, 0.96, "strong", "absent")]


def test_audioset_present_frames_count_where_the_events_are_missing(tmp_path: Path) -> None:
    root = audioset(tmp_path)
    (root / "csv" / "audioset_eval_strong.tsv").unlink()
    rows = [row for row in read_release("audioset", root).rows if row.get("presence")]
    assert [(row["start_s"], row["presence"]) for row in rows] == [(2.88, "present"), (0.0, "absent")]


def test_audioset_hours_without_a_sound(tmp_path: Path) -> None:
    lines = "".join(f'{i:011d}, 0.000, 10.000, "/m/0jbk"\n' for i in range(720))
    write_files(tmp_path / "r", {"balanced_train_segments.csv": SEGMENTS + lines})
    report = ingest(Layout(tmp_path / "lake"), "audioset", tmp_path / "r")
    assert (report.hours, report.recordings, report.recordings_missing) == (2.0, 720, 720)


def test_audioset_another_table_under_its_name_is_told(tmp_path: Path) -> None:
    content = read_release("audioset", write_files(tmp_path, {"eval_segments.csv": "a;b;c\n1;2;3\n"}))
    assert content.reasons() == ["unreadable_file"]


def test_audioset_a_label_that_is_no_class_is_no_noise(tmp_path: Path) -> None:
    rows = '--PJHxphWEs, 30.000, 40.000, "/m/09x0r,junk"\n'
    content = read_release("audioset", write_files(tmp_path, {"balanced_train_segments.csv": rows}))
    assert [(row["label"], row["kind"]) for row in content.rows] == [("/m/09x0r", "human"), ("junk", "unknown")]


def test_audioset_one_table_twice_is_refused(tmp_path: Path) -> None:
    write_files(tmp_path, {"eval_segments.csv": SEGMENTS, "eval_segments.head500.csv": SEGMENTS})
    adapter = adapters.get("audioset")
    with pytest.raises(UsageError, match="twice"):
        adapter.units(adapter.open(tmp_path))


@pytest.mark.parametrize(
    ("stem", "clip"),
    [("--PJHxphWEs", "--PJHxphWEs"), ("Y--PJHxphWEs", "--PJHxphWEs"), ("Yabcdefghij", "Yabcdefghij"),
     ("--PJHxphWEs_30.000", "--PJHxphWEs"), ("_-__-_-__-__30000", "_-__-_-__-_"), ("short", None)],
)  # fmt: skip
def test_audioset_clip_of_a_file_name(stem: str, clip: str | None) -> None:
    assert clip_of(stem) == clip


def test_audioset_every_animal_class_is_known() -> None:
    resolver = Resolver("audioset")
    without = {mid for mid in ANIMALS if resolver.resolve(mid).taxon is None}
    assert all(resolver.resolve(mid).how == "none" for mid in without), "listed as without taxon, not unknown"
    assert len(without) == 2, "baying, and what cats say to each other"
    assert not ANIMALS & HUMANS


def test_audioset_sample(shared: Path, tmp_path: Path) -> None:
    sample = shared / "samples" / "audioset"
    if not sample.is_dir():
        pytest.skip("no sample of audioset in ../shared/samples")
    report = ingest(Layout(tmp_path), "audioset", sample)
    rows = sum(path.read_text().count('"\n') for path in sample.glob("*_segments.head*.csv"))
    assert (report.recordings, report.dropped, report.counted) == (rows, 0, 0)
    assert report.calls > rows
    assert not report.resolution.get("unknown") and not report.resolution.get("ambiguous")


def test_fruit_bats_original(tmp_path: Path) -> None:
    content = read_release("fruit_bats", fruit_bats(tmp_path))
    first, second, third, lost = content.rows
    assert (first["start_s"], first["end_s"]) == (0.0, 336720 / 250000), "counted from 1, the end inclusive"
    assert (second["start_s"], second["individual"], second["quality"]) == (1.6, "215", "uncertain emitter")
    assert (third["individual"], third["call_type"]) == (None, "sleeping")
    assert lost["recording"] == "FileID/99"
    assert third["recording"] == "files101/120601002132055012.WAV", "not at hand; the long lines are not lost"
    assert content.annotated()["files102/120601002132055999.WAV"] == "none"
    assert "clips/audio/0.wav" not in content.recs, "a copy"
    assert content.reasons() == ["file_not_listed", "not_a_number", "packaging_not_read"]


def test_fruit_bats_better_table_goes_first(tmp_path: Path) -> None:
    root = fruit_bats(tmp_path)
    better = f",{BAT_COLUMNS},File name,File folder\n0,{BAT_ROWS[0]},120601002132055008.WAV,files101\n"
    write_files(root, {"better_annotations.csv": better})
    content = read_release("fruit_bats", root)
    assert [row["recording"] for row in content.rows] == ["files101/120601002132055008.WAV"]


def test_fruit_bats_clips(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a/annotations.csv": "Emitter,File Name\n216,69809.wav\n-215,71889.wav\n"}
    files["a/audio/69809.wav"] = sound(0.5, 250000)
    content = read_release("fruit_bats", write_files(tmp_path, files))
    assert [(row["individual"], row["end_s"], row["strength"]) for row in content.rows] == [
        ("216", 0.5, "weak"), ("215", 0.0, "weak"),
    ]  # fmt: skip


def test_fruit_bats_without_fileinfo_says_so(tmp_path: Path) -> None:
    root = write_files(tmp_path, {"Annotations.csv": "\n".join([BAT_COLUMNS, *BAT_ROWS])})
    with pytest.raises(UsageError, match=r"FileInfo\.csv"):
        read_release("fruit_bats", root)


def test_marmosets_codes(tmp_path: Path) -> None:
    content = read_release("marmosets", marmosets(tmp_path))
    found = [(row["label"], row["call_type"], row["kind"].value, row["individual"]) for row in content.rows]
    assert found == [
        ("1", "Phee", "animal", "0"), ("11", None, "silence", None), ("12", None, "noise", None),
        ("8", "TrllTwitter", "animal", "1"), ("14", None, "unknown", None), ("0", "Peep(Pre-Phee)", "animal", "9"),
    ]  # fmt: skip
    assert content.reasons() == ["caller_differs", "not_a_number", "unknown_call_type"]
    assert counted("marmosets", content) == 6, "Table 1 counts every segment"


def test_marmosets_unknown_code_is_no_marmoset(tmp_path: Path) -> None:
    report = ingest(Layout(tmp_path / "lake"), "marmosets", marmosets(tmp_path / "release"))
    assert report.resolution == {"species": 3, "none": 3}, "silence, noise and code 14 have no taxon"
    assert report.flags["unresolved_label"] == 1


def test_marmosets_code_map_of_the_authors(shared: Path) -> None:
    import json

    from chorus.adapters.marmosets import CALL_TYPES, KINDS

    path = shared / "samples" / "marmosets" / "calltype_to_index.json"
    if not path.is_file():
        pytest.skip("no code map of marmosets in ../shared/samples")
    codes = {str(code): name.strip() for name, code in json.loads(path.read_text()).items()}
    assert {code: codes[code] for code in map(str, range(11))} == {str(i): name for i, name in enumerate(CALL_TYPES)}
    assert {codes[code].casefold(): kind.value for code, kind in KINDS.items() if int(code) > 10} == {
        "silence": "silence", "noise": "noise",
    }  # fmt: skip


def test_multimodal_birds_layers(tmp_path: Path) -> None:
    content = read_release("multimodal_birds", multimodal_birds(tmp_path))
    rubetra = [row for row in content.rows if row["taxon_key"] == "Saxicola rubetra"]
    assert [row["start_s"] for row in rubetra] == pytest.approx([0.1, 0.4, 0.8, 40000 / 48000, 20.0])
    assert [row["confidence"] for row in rubetra] == [1.0, None, None, 0.1, 0.5]
    assert (rubetra[0]["low_hz"], rubetra[0]["high_hz"]) == (400.0, 1500.0)
    assert rubetra[2]["label"] is None, "blank, and those after it are read"
    fuscater = content.rows[-1]
    assert (fuscater["taxon_key"], fuscater["start_s"], fuscater["low_hz"]) == ("Catharus fuscater", 1.0, None)
    assert content.reasons() == ["copy_not_read", "not_a_number", "unreadable_file"]
    assert counted("multimodal_birds", content) == 5, "all but the unsure one"


def test_multimodal_birds_sounds_are_under_terms_of_their_own(tmp_path: Path) -> None:
    content = read_release("multimodal_birds", multimodal_birds(tmp_path))
    assert {rec.facts["licence"] for rec in content.recs.values()} == {"LicenseRef-Xeno-canto"}


def test_multimodal_birds_counts_in_the_sound_s_rate(tmp_path: Path) -> None:
    root = multimodal_birds(tmp_path)
    stem = "Paridae_Saxicola_rubetra_Sweden_2007-05-06_XC121169_song"
    write_files(root, {f"Audio_files/Training/{stem}.wav": sound(1.0, 24000)})
    content = read_release("multimodal_birds", root)
    assert content.rows[0]["start_s"] == 0.2
    assert "sample_rate_differs" in content.reasons()


@pytest.mark.parametrize(
    "stem",
    ["Paridae_Saxicola_rubetra_Sweden_2007-05-06_XC121169_song", "A_Saxicola_rubetra_Costa_Rica_2007-05-06_XC1_sex"],
)
def test_multimodal_birds_names(stem: str) -> None:
    found = NAME.fullmatch(stem)
    assert found and (found["genus"], found["species"]) == ("Saxicola", "rubetra")


def test_multimodal_birds_split_of_the_one_folder_that_holds_all_layers(tmp_path: Path) -> None:
    stem = "Paridae_Saxicola_rubetra_Sweden_2007-05-06_XC121169_song"
    root = write_files(tmp_path, {f"Annotation/Training/{stem}.svl": layer(['frame="0" duration="9"'])})
    content = read_release("multimodal_birds", root)
    assert [(row["split"], row["recording"]) for row in content.rows] == [
        ("training", f"Audio_files/Training/{stem}.wav")
    ]


def test_rodents(tmp_path: Path) -> None:
    content = read_release("rodents", rodents(tmp_path))
    assert [row["taxon_key"] for row in content.rows] == ["Muridae", "mouse", "mouse", "mouse", "rat", "rat"]
    assert [row["individual"] for row in content.rows] == [None, None, "Aco59_2", "Aco59_2", "a60", "a60"]
    shown = [(row["life_stage"], row["sex"]) for row in content.rows]
    assert shown == [(None, None), ("pup", None), *[("adult", "male")] * 2, *[(None, None)] * 2]
    assert content.annotated()["rat_distressed/20181026_153035_384K_1Ch_a60_r.WAV"] == "partial", "it lost a row"
    assert all(Resolver("rodents").resolve(name).taxon for name in ("mouse", "rat"))


def test_rodents_gerbil_is_what_both_candidates_are() -> None:
    resolver = Resolver("rodents")
    family = resolver.resolve("Muridae").taxon
    assert family and family.rank == "family"
    for name in ("Meriones unguiculatus", "Pachyuromys duprasi"):
        taxon = resolver.resolve(name).taxon
        assert taxon and taxon.family == family.scientific_name


def test_rook_reads_what_the_mapping_says(tmp_path: Path) -> None:
    content = read_release("rook", rook(tmp_path))
    assert [(row["start_s"], row["individual"], row["sex"], row["channel"]) for row in content.rows] == [
        (1.25, "Brain", "female", 1), (2.0, "Merlin", "male", 2), (0.5, None, None, None),
    ]  # fmt: skip
    assert [row["recording"] for row in content.rows] == ["audio/aviary_1.wav"] * 2 + ["labels/aviary_2.wav"]


def test_rook_milliseconds_and_tables_named_like_their_sounds(tmp_path: Path) -> None:
    mapping = 'start = "on"\nend = "off"\nunit = "ms"\ntables = "*.tsv"\ndelimiter = "\\t"\n'
    files: dict[str, str | bytes] = {"mapping.toml": mapping, "a.tsv": "on\toff\n500\t750\n", "a.wav": sound()}
    content = read_release("rook", write_files(tmp_path, files))
    assert [(row["recording"], row["start_s"], row["end_s"]) for row in content.rows] == [("a.wav", 0.5, 0.75)]


@pytest.mark.parametrize(
    ("mapping", "said"),
    [(None, r"no mapping\.toml.*start = "), ('start = "a"\n', "no 'end'"), ('begin = "a"\n', "unknown key 'begin'"),
     ("start = 1\n", "must be a text"), ("start\n", "no TOML"),
     ('start = "a"\nend = "b"\nunit = "min"\n', "unit is 'min'")],
)  # fmt: skip
def test_rook_without_a_good_mapping_is_refused_in_one_line(tmp_path: Path, mapping: str | None, said: str) -> None:
    from chorus.errors import ChorusError

    files: dict[str, str | bytes] = {"a.csv": "a,b\n1,2\n"}
    write_files(tmp_path, files | ({"mapping.toml": mapping} if mapping else {}))
    adapter = adapters.get("rook")
    with pytest.raises(ChorusError, match=said) as caught:
        adapter.units(adapter.open(tmp_path))
    assert "\n" not in str(caught.value)


def test_sperm_whales_codas_and_clicks(tmp_path: Path) -> None:
    content = read_release("sperm_whales", sperm_whales(tmp_path))
    codas = [row for row in content.rows if row["call_type"] == "coda"]
    assert [(row["recording"], row["individual"]) for row in codas] == [
        ("sw061b.wav", "sw061b001_124:1"), ("sw061b.wav", "sw061b002:2"), ("sw078a.wav", "sw078a001_308:2"),
    ]  # fmt: skip
    assert codas[0]["end_s"] == pytest.approx(126.0372 + 0.9277916)
    clicks = [row for row in content.rows if row["call_type"] == "click"]
    assert [row["presence"] for row in clicks] == ["present", "uncertain"]
    assert {row["recording"] for row in clicks} == {"SpermWh_A2_030306-H16_short.wav"}
    assert content.reasons() == ["no_recording_and_time", "not_a_number", "not_a_number"]


def test_sperm_whales_sample(shared: Path, tmp_path: Path) -> None:
    sample = shared / "samples" / "sperm_whales"
    if not sample.is_dir():
        pytest.skip("no sample of sperm_whales in ../shared/samples")
    report = ingest(Layout(tmp_path), "sperm_whales", sample)
    assert (report.calls, report.counted, report.dropped) == (3840, 3840, 0)
    assert report.flags == {"zero_length": 8}
    assert report.resolution == {"species": 3840}


@pytest.mark.parametrize(
    ("source", "table", "field", "changed"),
    [
        ("fruit_bats", "Annotations.csv", ",336720", ',"336720,0"'),
        ("sperm_whales", "data/sperm-whale-dialogues.csv", ",126.0372", ',"126,0372"'),
        ("anuraset", "anuraset/metadata.csv", ",0,3,INCT4,", ',"0,0",3.0,INCT4,'),
    ],
)
def test_a_decimal_comma_costs_no_row(source: str, table: str, field: str, changed: str, tmp_path: Path) -> None:
    file = RELEASES[source](tmp_path) / table
    expected, text = read_release(source, tmp_path).rows, file.read_text()
    assert field in text
    file.write_text(text.replace(field, changed))
    assert read_release(source, tmp_path).rows == expected


@pytest.mark.parametrize(
    ("source", "file", "reason"),
    [
        ("rodents", "gerbil/uSFMdata.csv", "empty_file"),
        ("mouse_usv_amvoc", "3/gt_3.csv", "empty_file"),
        ("domestic_canaries", "audacity-annotations/489_$marron1_May_28_2016_64584367.audacity.txt", "empty_file"),
        ("hiceas", "hiceas/valid.jsonl", "empty_file"),
        ("sperm_whales", "data/SpermWh_A2_030306-H16_short_maybe.txt", "unreadable_file"),
    ],
)
def test_an_empty_file_is_no_reviewed_silence(source: str, file: str, reason: str, tmp_path: Path) -> None:
    rows = read_release(source, RELEASES[source](tmp_path)).rows
    lost = {row["recording"] for row in rows if file.endswith(row["origin_file"])}
    (tmp_path / file).write_bytes(b"")
    content = read_release(source, tmp_path)
    assert [problem.reason for problem in content.problems if file.endswith(problem.origin_file)] == [reason]
    assert lost and "full" not in {content.annotated().get(recording) for recording in lost}
