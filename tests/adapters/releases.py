"""A small release of every source in its original format, with the odd rows that its dossier tells of.

`RELEASES[source](root)` writes it and returns `root`. Every source must have one: the contract tests run over all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.adapters import releases_recordings, releases_soundscapes
from tests.adapters.helpers import cbin, notmat, wav, write_files

RAVEN = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies"


def ena_birds(root: Path) -> Path:
    """A header-only table without a line end, a table with Windows line ends, one sound."""
    folder, suffix = "annotation_Files/Recording_1/Recording_1_Segment_", ".Table.1.selections.txt"
    rows = [
        "1\tSpectrogram 1\t1\t0.178\t3.39\t1340.5\t2899.9\tNOCA",
        "2\tSpectrogram 1\t1\t0.92\t2.3\t1723.5\t4048.9\tWOTH",
    ]
    return write_files(
        root,
        {
            f"{folder}01{suffix}": RAVEN,
            f"{folder}02{suffix}": "\r\n".join([RAVEN, *rows]) + "\r\n",
            "wav_Files/Recording_1/Recording_1_Segment_02.wav": wav(4.0),
        },
    )


def domestic_canaries(root: Path) -> Path:
    """Overlapping rows, TRASH, a 4 ms silence, a line that is no label, the '$' name, a song in both forms and one in
    the csv form only."""
    table = ",wave,start,end,syll\n0,{0}.wav,0.0,0.35,SIL\n1,{0}.wav,0.35,0.664,call\n"
    return write_files(
        root,
        {
            "audacity-annotations/106_marron1_May_25_2016_22908212.audacity.txt": (
                "0.0\t1.219\tSIL\n1.219\t1.427\tcall\n1.427\t1.431\tSIL\n6.522\t7.9441269841\tJ2\n7.943\t8.005\tJ2\n"
                "25.422\t25.464\tTRASH\n"
            ),
            "audacity-annotations/489_$marron1_May_28_2016_64584367.audacity.txt": "0.0\t0.5\tA\n0.5\tx\tB\n",
            "audio/489_marron1_May_28_2016_64584367.wav": wav(0.6),
            "audio/106_marron1_May_25_2016_22908212.wav": wav(26.0),
            "csv/106_marron1_May_25_2016_22908212.csv": table.format("106_marron1_May_25_2016_22908212"),
            "csv/104_marron1_May_24_2016_73006746.csv": table.format("104_marron1_May_24_2016_73006746"),
        },
    )


REC = """File created: Fri, Mar 23, 2012, 08:08:15

     begin rec = 0 ms

ADFREQ = 3.2000000e+004
Chans = 2
Samples = 32000
T BEFORE = 2.0
"""


def bengalese_finch(root: Path) -> Path:
    """Both flavours (one song in both), one syllable alone, odd labels, a song without labels, a file cut short."""
    day, other = "gy6or6/032312", "bl26lb16/041912"
    one, two, three = (f"{day}/gy6or6_baseline_230312_{end}" for end in ("0808.138", "0809.141", "0810.148"))
    wave, broken = f"{other}/bl26lb16_190412_0834.20350", f"{other}/bl26lb16_190412_0900.7"
    return write_files(
        root,
        {
            f"{one}.cbin": cbin(),
            f"{one}.rec": REC,
            f"{one}.cbin.not.mat": notmat("ia-", [100.25, 300.0, 500.0], [200.5, 400.0, 600.0]),
            f"{one}.wav": wav(rate=32000),
            f"{one}.wav.csv": "onset_s,offset_s,label\n0.10025,0.2005,i\n0.3,0.4,a\n0.5,0.6,-\n",
            f"{two}.cbin.not.mat": notmat("e", [10.0], [20.0]),
            f"{three}.cbin": cbin(),
            f"{three}.rec": REC,
            f"{wave}.wav": wav(rate=32000),
            f"{wave}.wav.csv": "onset_s,offset_s,label\n0.10,0.20,0\n0.3,0.4,-\n0.5,0.6,e\n0.7,0.",
            f"{broken}.cbin.not.mat": notmat("ab", [1.0, 2.0], [1.5, 2.5])[:300],
        },
    )


BOXES = "recording_id,species_id,songtype_id,t_min,f_min,t_max,f_max\n"


def rainforest(root: Path) -> Path:
    """A recording in both tables, a species with both song types, an id nobody knows, a row cut short, a test file."""
    return write_files(
        root,
        {
            "train_tp.csv": BOXES
            + "003bec244,14,1,44.544,2531.25,45.1307,5531.25\n0099c367b,17,4,51.4206,1464.26,55.1996,4565.04\n"
            + "0099c367b,17,1,1.5,1464.26,2.5,4565.04\n003bec244,99,1,10.0,,11.0,4565.04\n006ab765f,23,1,39.96",
            "train_fp.csv": BOXES
            + "0099c367b,8,1,24.496,3750.0,28.6187,5531.25\n003b04435,23,1,abc,7235.1,15.2,11283.3\n",
            "train/003bec244.flac": b"not decoded here",
            "test/000316da7.flac": b"not decoded here",
        },
    )


def esc(root: Path) -> Path:
    """Each group, the animals filed under nature, an ESC-10 clip, two takes of one source, one sound of them all."""
    rows = [
        "1-100032-A-0.wav,1,0,dog,True,100032,A",
        "1-100038-A-14.wav,1,14,chirping_birds,False,100038,A",
        "5-9032-A-25.wav,5,25,footsteps,False,9032,A",
        "1-100210-A-36.wav,1,36,vacuum_cleaner,False,100210,A",
        "1-100210-B-36.wav,1,36,vacuum_cleaner,False,100210,B",
        "4-163697-A-13.wav,4,13,crickets,False,163697,A",
        "2-104105-A-19.wav,2,19,thunderstorm,False,104105,A",
        "3-1-A-77.wav,3,77,kazoo,False,1,A",
    ]
    table = "\n".join(["filename,fold,target,category,esc10,src_file,take", *rows, ",,,,,,"])
    return write_files(root, {"meta/esc50.csv": table, "audio/1-100032-A-0.wav": wav(5.0)})


def darpa_timit(root: Path) -> Path:
    """The Kaggle arrangement with its doubled sounds, two speakers of TRAIN and one of TEST reading SA1; overlapping
    words, an utterance without phones, one with text only, a bad line, the doc files beside."""
    text = "0 63488 She had your dark suit.\n"
    phones = "0 9640 h#\n9640 11240 sh\n11240 60600 iy\n60600 63440 h#\n"
    words = "9640 16000 she\n15420 17503 had\n17103 x your\n"
    files: dict[str, str | bytes] = {"data/README.DOC": "; TIMIT\n", "data/PROMPTS.TXT": "She had (sa1)\n"}
    for folder in ("TRAIN/DR4/MMDM0", "TRAIN/DR1/FCJF0", "TEST/DR1/FAKS0"):
        base = f"data/{folder}/SA1"
        files |= {f"{base}.{s}": t for s, t in (("PHN", phones), ("WRD", words), ("TXT", text))}
        files |= {f"{base}.WAV": wav(rate=16000), f"{base}.WAV.wav": wav(rate=16000)}
    files["data/TRAIN/DR1/FCJF0/SI648.WRD"] = words
    files["data/TRAIN/DR1/FCJF0/SI648.WAV.wav"] = wav(rate=16000)
    files["data/TRAIN/DR1/FCJF0/SX37.TXT"] = "0 32000 Text alone.\n"
    return write_files(root, files)


def orca_sounds(root: Path, offsets: bool = True) -> Path:
    """Clips with and without a call; beside them the offsets of the same three calls, not in order of start."""
    files: dict[str, str | bytes] = {
        "orcas_classification/annotations.csv": (
            "fn,label\n0.wav,call\n1.wav,call\n2.wav,call\n3.wav,no_call\n4.wav,no_call\n"
        ),
        "orcas_classification/audio/0.wav": wav(4.0),
        "orcas_classification/audio/3.wav": wav(4.0),
    }
    if offsets:
        rows = "recording.wav,30.0,31.0\nrecording.wav,10.0,13.6\nrecording.wav,40.5,41.0\n"
        files["orcas_offsets/annotations.csv"] = "filename,start,end\n" + rows
    return write_files(root, files)


WINDOWS = "sample_name,fname,min_t,max_t,site,date,species_number,subset,SPHSUR,BOABIS,SCIPER\n"


def anuraset(root: Path) -> Path:
    """Both products: nested strong labels with lines of one and of four fields, an empty minute, an empty minute in
    which the weak labels hear frogs, weak labels with site INCT04, windows with an extra name part."""
    strong = "strong_labels/strong_labels"
    return write_files(
        root,
        {
            f"{strong}/INCT4/INCT4_20201225_203000.txt": (
                "0.5\t3.25\tBOARAN_M\n2.0\t4.0\tBOARAN_H\n5.0\t6.0\tSPHSUR_L\textra\nBOARAN_L\n59.0\t60.5\tPHYALB_L"
            ),
            f"{strong}/INCT17/INCT17_20191113_040001.txt": "",
            f"{strong}/INCT17/INCT17_20191113_050001.txt": "",
            "raw_data/INCT4/INCT4_20201225_203000.wav": wav(60.0, 100),
            "weak_labels.csv": (
                "MONITORING_SITE,AUDIO_FILE_ID,SPECIES_SPHSUR,SPECIES_BOARAN\n"
                "INCT04,INCT4_20201225_203000.wav,0,3\nINCT17,INCT17_20191113_040001,0,0\n"
                "INCT17,INCT17_20191113_050001,1,0\nINCT41,INCT41_20200101_200000,2,1\n"
            ),
            "anuraset/metadata.csv": WINDOWS
            + "SAMPLE_0.wav,INCT4_20201225_203000,0,3,INCT4,2020-12-25 20:30:00,4,train,1,1,0\n"
            + "SAMPLE_1.wav,INCT4_20201225_203000,1,4,INCT4,2020-12-25 20:30:00,0,train,0,0,0\n"
            + "SAMPLE_2.wav,INCT20955_20191123_041500_000,57,60,INCT20955,2019-11-23 04:15:00,2,test,0,0,1\n",
            "anuraset/audio/INCT4/INCT4_20201225_203000_0_3.wav": wav(3.0),
        },
    )


def mouse_usv_amvoc(root: Path) -> Path:
    """Headerless intervals, a detector's table with decimal commas beside them, a trailing comma, a bad row."""
    return write_files(
        root,
        {
            "1/gt_1.csv": "0.057999999999993,0.065999999999974\n0.156,0.19\n",
            "1/rec_1.wav": wav(),
            "1/msa1_1.csv": '"0,057","0,066"\n',
            "3/gt_3.csv": "1.142,1.174,\n1.236,oops\n",
        },
    )


def neotropical_bats_whombat(root: Path) -> Path:
    """Three recordings: all of it, a part of it, and none of it completed; a remark, a box that refers to nothing."""
    project = bats_project()
    text = json.dumps({"version": "1.1.0", "created_on": "2024-10-06T18:22:30", "data": project})
    return write_files(root, {"example_annotation_project.json": text, "audio/bat-2013.02.15-A_1.wav": wav()})


def bats_project() -> dict[str, Any]:
    """The content of the project above."""
    return {
        "collection_type": "annotation_project",
        "tags": [
            {"id": 0, "key": "species", "value": "Carollia sowelli"},
            {"id": 1, "key": "call_quality", "value": "truncated"},
            {"id": 2, "key": "sex", "value": "female"},
            {"id": 3, "key": "location", "value": "Bahía Drake"},
            {"id": 4, "key": "order", "value": "Chiroptera"},
        ],
        "recordings": [
            _recording("a", "bat-2013.02.15-A_1", 1.46, [2, 3, 0], date="2013-02-15", time="20:00:00", latitude=8.66),
            _recording("b", "bat-B", 2.5, None),
            _recording("c", "bat-C", 1.0, []),
        ],
        "clips": [
            {"uuid": f"{rec}{k}", "recording": rec, "start_time": k, "end_time": k + 1, "features": None}
            for rec, n in (("a", 2), ("b", 3), ("c", 1))
            for k in range(n)
        ],
        "tasks": [
            {"uuid": f"t{clip}", "clip": clip, "status_badges": [{"state": state}]}
            for clip, state in (("a0", "completed"), ("a1", "completed"), ("b2", "completed"), ("b0", "assigned"))
        ],
        "sound_events": [
            _event("e1", "a", "BoundingBox", [0.1, 20000, 0.105, 40000.5]),
            _event("e2", "b", "TimeInterval", [2.1, 2.2]),
            _event("e3", "b", "LineString", [[2.3, 50000], [2.31, 45000], [2.32, 30000]]),
        ],
        "sound_event_annotations": [
            {"uuid": "1", "sound_event": "e1", "tags": [0, 1], "notes": [{"message": "faint", "is_issue": True}]},
            {"uuid": "2", "sound_event": "gone", "tags": [0], "notes": None},
            {"uuid": "3", "sound_event": "e2", "tags": [4], "notes": None},
            {"uuid": "4", "sound_event": "e3", "tags": None, "notes": None},
        ],
    }


def _recording(uuid: str, stem: str, duration: float, tags: list[int] | None, **more: Any) -> dict[str, Any]:
    fixed = {
        "uuid": uuid,
        "path": f"/audio/audio/{stem}.wav",
        "duration": duration,
        "tags": tags,
        "time_expansion": None,
    }
    return {"channels": 1, "samplerate": 375000, "latitude": None, "longitude": None} | fixed | more


def _event(uuid: str, recording: str, kind: str, coordinates: list[Any]) -> dict[str, Any]:
    return {"uuid": uuid, "recording": recording, "geometry": {"type": kind, "coordinates": coordinates}}


RELEASES: dict[str, Callable[[Path], Path]] = (
    {
        maker.__name__: maker
        for maker in (
            anuraset,
            bengalese_finch,
            darpa_timit,
            domestic_canaries,
            ena_birds,
            esc,
            mouse_usv_amvoc,
            neotropical_bats_whombat,
            orca_sounds,
            rainforest,
        )
    }
    | releases_recordings.RELEASES
    | releases_soundscapes.RELEASES
)
