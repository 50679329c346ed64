"""Releases, as in `releases`, of the sources that come as folders of sounds, coded tables and workbooks."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from tests.adapters.helpers import wav, write_files


def sound(seconds: float = 1.0, rate: int = 8000, subtype: str = "PCM_16") -> bytes:
    """A mono WAV file of silence in any of its codecs."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(round(seconds * rate), np.float32), rate, format="WAV", subtype=subtype)
    return buffer.getvalue()


def mp3_in_wav(seconds: float = 2.0, rate: int = 16000) -> bytes:
    """MP3 frames in a RIFF/WAVE container (format tag 0x55)."""
    import struct

    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(round(seconds * rate), np.float32), rate, format="MP3")
    frames = buffer.getvalue()
    layout = struct.pack("<HHIIHHHHIHHH", 0x55, 1, rate, 4000, 1, 0, 12, 1, 2, 144, 1, 0)
    chunks = ((b"fmt ", layout), (b"fact", struct.pack("<I", round(seconds * rate))), (b"data", frames))
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def animal_sounds(root: Path) -> Path:
    """Turkish folders in two parts, one with its accents, an English one, each codec, an upper-case suffix, a file
    that is no sound, a folder that is no class."""
    return write_files(
        root,
        {
            "Aslan/aslan_1.wav": sound(0.5, 11025),
            "Kedi-Part1/cat_1.wav": sound(1.0, subtype="PCM_U8"),
            "Kedi-Part2/cat_178.WAV": sound(1.5),
            "Köpek-Part2/dog_2.wav": sound(2.0, subtype="ALAW"),
            "Kus-Part1/Kus_7.wav": mp3_in_wav(),
            "frog/frog_1.wav": b"RIFF no sound",
            "thumbs/preview.wav": sound(),
            "thumbs/preview_2.wav": sound(),
            "README.md": "Animal sounds\n",
        },
    )


def macaques(root: Path) -> Path:
    """The archive's packaging: a class that is not the caller of its name, a sound that is not there, a row cut short;
    beside it an original folder with the same coo again."""
    rows = "TH,train,TH28.wav\nTH,valid,TH470.wav\nAL,train,BE12.wav\nQU,train,QU7.wav\nMU,val"
    return write_files(
        root,
        {
            "annotations.csv": "class,split,filename\n" + rows,
            "train/TH28.wav": sound(0.25, 24414),
            "valid/TH470.wav": sound(0.5, 44100),
            "train/BE12.wav": sound(0.3, 24414),
            "dataupload/TH/TH28.wav": sound(0.25, 24414),
        },
    )


def giant_otters(root: Path) -> Path:
    """Adults and neonates, blanks in names and types, capitals, a copy of a file, tables and a video beside."""
    return write_files(
        root,
        {
            "giant_otters/Audio_S1/Audio S043_begging scream.wav": sound(0.5, 48000),
            "giant_otters/Audio_S1/Audio S044_Ascending scream.wav": sound(0.25, 96000),
            "giant_otters/Audio_S1/Audio S045_begging scream gradation.wav": sound(0.5),
            "giant_otters/Audio_S1 copy/Audio S043_begging scream.wav": sound(0.5, 48000),
            "giant_otters/Audio_S2/Audio S001_Distress call 1.wav": sound(0.75),
            "giant_otters/Audio_S2/Audio S002_isolation call.wav": sound(0.75),
            "giant_otters/Table_S3.xlsx": b"PK no workbook",
            "giant_otters/Video_S1.mp4": b"no video",
        },
    )


def watkins(root: Path) -> Path:
    """All cuts with and without the level of years, a cut in two folders, one in the best of too; the best of with a
    table whose names hold commas, one of its sounds not there; an upper-case suffix and a picture beside."""
    rows = 'Killer_Whale/61025001.wav,Killer_Whale\n"Beluga,_White_Whale/6102500F.wav","Beluga,_White_Whale"\n'
    return write_files(
        root,
        {
            "data/KillerWhale/1961/61025001.wav": sound(0.5, 600),
            "data/Long_FinnedPilotWhale/1978/7801800J.wav": sound(1.0, 166600),
            "data/KillerWhale/1978/7801800J.wav": sound(1.0, 166600),
            "data/Fraser'sDolphin/8500901B.WAV": sound(0.75, 5120),
            "data/Fraser'sDolphin/8500901B.jpg": b"jpg",
            "data/Sea_Serpent/85009020.wav": sound(0.75, 5120),
            "watkins/annotations.csv": "path,species\n" + rows,
            "watkins/Killer_Whale/61025001.wav": sound(0.5, 600),
        },
    )


SSW_TAXA = """label,species_code,inat_taxon_id,inat2021_label,nabirds_labels,common_name,scientific_name,family,order
0,cangoo,7089,3226,57 457,Canada Goose,Branta canadensis,"Anatidae (Ducks, Geese, and Waterfowl)",Anseriformes
1,wooduc,7107,3188,81 314 613,Wood Duck,Aix sponsa,"Anatidae (Ducks, Geese, and Waterfowl)",Anseriformes
"""


def ssw(root: Path) -> Path:
    """A family with commas, lengths with and without decimals, a label that taxa.csv does not have, a row cut short."""
    header = "asset_id,label,split,samplerate,channels,samples,duration_seconds\n"
    rows = [
        "45516191,0,train,22050,1,220500,10",
        "292755661,1,test,22050,1,220500,10.0",
        "55046651,77,train,22050,1,220500,10",
        "5504665",
    ]
    return write_files(
        root,
        {
            "ssw60/taxa.csv": SSW_TAXA,
            "ssw60/audio_ml.csv": header + "\r\n".join(rows),
            "ssw60/audio_ml/45516191.wav": sound(10.0, 2205),
            "ssw60/video_ml.csv": "asset_id,label,split\n1,0,train\n",
        },
    )


PIG_COLUMNS = [
    "Recording Team",
    "Recording Date",
    "Audio Filename",
    "Spectrogram Filename",
    "Age Category",
    "Age Cat NB",
    "Sex",
    "Context",
    "Context Category",
    "Call Type (Freq)",
    "Call Type NB",
    "Valence",
    "Dur",
    "Type",
]
PIG_ROWS = [
    "ETHZ,41876,ETHZETHZPositivePositivepig1510.wav,a_spec.png,Weaner,2,male,Enriched,Enriched,LFs,1,Pos,0.245,LF",
    "NMBU,,NMBUNMBUTransit (725).wav,b_spec.png,GrFinishing,NA,NA,Run,Run,NA,NA,Neg,NA,NA",
    "IASPB,40544,IASPIASPLongPr67LFm001notsure.wav,c_spec.png,Piglet,1,female,LongIsolation,Reunion,LFm,2,Pos,0.5,LF",
    "FBN,41640,FBNFBNOpenField01052014VT7HFm4.wav,d_spec.png,Weaner,2,female,NovelObject,NovelObject,HFm,6,Neg,0.9,HF",
]


def workbook(rows: list[list[str]], shared: bool = True) -> bytes:
    """An .xlsx as Excel writes it: numbers as numbers, texts in the shared table (or inline), no cell where empty."""
    texts: list[str] = []
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for place, text in enumerate(row):
            at = f"{chr(ord('A') + place)}{number}"
            if text.replace(".", "", 1).isdecimal():
                cells.append(f'<c r="{at}" s="1"><v>{text}</v></c>')
            elif text and shared:
                texts.append(text)
                cells.append(f'<c r="{at}" t="s"><v>{len(texts) - 1}</v></c>')
            elif text:
                cells.append(f'<c r="{at}" t="inlineStr"><is><t>{escape(text)}</t></is></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    runs = "".join(f"<si><r><t>{escape(t[:1])}</t></r><r><t>{escape(t[1:])}</t></r></si>" for t in texts)
    parts = {
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId7"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="rId7" Type="x" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{''.join(lines)}</sheetData></worksheet>",
    }
    if shared:
        parts["xl/sharedStrings.xml"] = f"<sst {main}>{runs}</sst>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return buffer.getvalue()


def pigs(root: Path) -> Path:
    """A Run row of NAs, a name with blank and brackets, a year-only date, a 'notsure', a call longer than its file,
    blank rows at the end of the sheet; a csv of the same key beside it."""
    rows = [PIG_COLUMNS, *(row.split(",") for row in PIG_ROWS), *[[""] * len(PIG_COLUMNS)] * 3]
    folder = "Soundwel Dataset - Audio and Spectrograms"
    return write_files(
        root,
        {
            "SoundwelDatasetKey.xlsx": workbook(rows),
            "SoundwelDatasetKey.csv": "\r\n".join([",".join(PIG_COLUMNS), *PIG_ROWS]),
            f"{folder}/ETHZETHZPositivePositivepig1510.wav": sound(0.5, 44100),
            f"{folder}/FBNFBNOpenField01052014VT7HFm4.wav": sound(0.5, 44100),
            f"{folder}/ETHZETHZPositivePositivepig1510.wav_spec.png": b"png",
        },
    )


def marmosets(root: Path) -> Path:
    """Silence and noise, a code above 12, a caller that is not that of the name, a sound that does not exist, a row
    whose end is no number; the table in a folder of its own beside the sounds."""
    rows = [
        "20160907_Twin1_marmoset1,0.0,0.5,0.5,1,0",
        "20160907_Twin1_marmoset1,0.5,0.6,0.1,11,0",
        "20160907_Twin1_marmoset1,0.6,0.9,0.3,12,0",
        "20160907_Twin1_marmoset2,1.25,2.0,0.75,8,0",
        "20160907_Twin1_marmoset2,2.0,2.5,0.5,14,1",
        "20161002_Twin5_marmoset2,3.0,3.5,0.5,0,9",
        "20161002_Twin5_marmoset2,4.0,,0.5,0,9",
    ]
    return write_files(
        root,
        {
            "InfantMarmosetsVox_documentation/labels.csv": "\n".join(
                ["filename,start,end,duration,calltype,caller", *rows]
            ),
            "data/twin_1/20160907_Twin1_marmoset1.wav": sound(2.0),
            "data/twin_1/20160907_Twin1_marmoset2.wav": sound(3.0),
        },
    )


BAT_COLUMNS = (
    "FileID,Emitter,Addressee,Context,Emitter pre-vocalization action,Addressee pre-vocalization action,"
    "Emitter post-vocalization action,Addressee post-vocalization action,Start sample,End sample"
)
BAT_ROWS = [
    "7,118,0,9,2,2,3,3,1,336720",
    "7,-215,231,3,2,2,3,3,400001,450000",
    "12,0,0,12,2,2,3,3,1,566096",
    "99,118,0,11,0,0,0,0,1,787280",
    "15,118,0,4,0,0,0,0,1,",
]


def fruit_bats(root: Path) -> Path:
    """The original packaging: two calls in one file, a FileInfo with ragged lines and a file that it lacks, an emitter
    below zero and an unknown one, a row without end, a sound without annotation; the cut clips of the same rows too."""
    info = [
        "FileID,Treatment ID,File name,File folder,Recording channel,Recording time,Voice start sample",
        "7,3,120601002132055008.WAV,files101,1,2012-06-01 00:21:32,1,5000,7000,9000",
        "12,3,120601002132055012.WAV,files101,1,2012-06-01 00:21:33",
        "15,3,120601002132055015.WAV,files102",
        "a line that is none",
    ]
    return write_files(
        root,
        {
            "Annotations.csv": "\n".join([BAT_COLUMNS, *BAT_ROWS]),
            "FileInfo.csv": "\n".join(info),
            "files101/120601002132055008.WAV": sound(2.0, 250000),
            "files102/120601002132055999.WAV": sound(0.1, 250000),
            "clips/annotations.csv": f"{BAT_COLUMNS.split('FileID,')[1].split(',Start')[0]},File Name\n"
            + "118,0,9,2,2,3,3,0.wav\n",
            "clips/audio/0.wav": sound(1.0, 250000),
        },
    )


def rodents(root: Path) -> Path:
    """A table with commas at the line ends, a bad row, an upper-case suffix, macOS's copy of a name, a table of the
    detector in a folder of no archive, a gerbil, a pup."""
    return write_files(
        root,
        {
            "rat_distressed/20181026_153035_384K_1Ch_a60_r.csv": "11.870,12.514,\n12.718,13.326,\n13.667,x,\n",
            "rat_distressed/20181026_153035_384K_1Ch_a60_r.WAV": sound(14.0),
            "rat_distressed/._20181026_153035_384K_1Ch_a60_r.csv": b"\0\5",
            "mouse_C57BL/mouse_C57BL/A_140513Aco59_2Home1.csv": "0.5,0.55\n0.55,0.6\n",
            "mouse_C57BL/mouse_C57BL/A_140513Aco59_2Home1.wav": sound(1.0),
            "gerbil/uSFMdata.csv": "0.1,0.2\n",
            "mouse_B6pup/p.csv": "0.1,0.2\n",
            "detected/out.csv": "#,start,end,duration\n1,0.1,0.2,0.1\n",
        },
    )


def rook(root: Path) -> Path:
    """A mapping beside tables with decimal commas between semicolons, overlapping birds, a sex and a channel that are
    none, a bad row."""
    mapping = (
        'start = "Debut"\nend = "Fin"\nrecording = "Fichier"\nindividual = "Oiseau"\nsex = "Sexe"\nchannel = "Voie"\n'
        'label = "Type"\ndelimiter = ";"\n'
    )
    rows = [
        "aviary_1.wav;1,25;2,5;Brain;F;1;appel",
        "aviary_1.wav;2,0;3,0;Merlin;m;2;appel",
        "aviary_2.wav;0,5;1,0;;?;x;",
        "aviary_2.wav;abc;1,0;Brain;F;1;appel",
    ]
    return write_files(
        root,
        {
            "mapping.toml": mapping,
            "labels/day1.csv": "\n".join(["Fichier;Debut;Fin;Oiseau;Sexe;Voie;Type", *rows]),
            "audio/aviary_1.wav": wav(4.0),
        },
    )


def sperm_whales(root: Path) -> Path:
    """Parts of one deployment, a part without a number, a coda of one click, an unplaced table without a last line
    end; MobySound's clicks with a blank in the name, a trailing tab, and a 'maybe' file."""
    icis = ",".join(f"ICI{i}" for i in range(1, 29))
    zeros = ",".join(["0"] * 26)
    rows = [
        f"sw061b001_124,3,0.9277916,0.03395,0.0361166,{zeros},1,126.0372",
        f"sw061b002,3,0.5,0.25,0.25,{zeros},2,14571.9758",
        f"sw078a001_308,1,0,0,0,{zeros},2,408.5222",
        f"sw078a001_308,1,0,0,0,{zeros},2,",
    ]
    header = "% start time\t end time\t   duration\t low freq\t high freq\t\n"
    return write_files(
        root,
        {
            "data/sperm-whale-dialogues.csv": "\n".join([f"REC,nClicks,Duration,{icis},Whale,TsTo", *rows]),
            "data/DominicaCodas.csv": "codaNUM2018,Date,nClicks\n1,04/03/2005,5\n8877,13-05-2016,5",
            "data/SpermWh_A2_030306-H16_short_good .txt": header
            + "0.009\t0.012\t0.003\t4789.633\t39380.461\t\nx\ty\t\n",
            "data/SpermWh_A2_030306-H16_short_maybe.txt": header + "0.5\t0.503\t0.003\t4789.633\t39380.461\t\n",
            "data/SpermWh_A2_030306-H16_short.wav": sound(1.0, 96000),
        },
    )


def layer(points: list[str], rate: int = 48000, units: str = "Hz") -> str:
    """A Sonic Visualiser layer."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE sonic-visualiser>\n<sv>\n  <data>\n'
        f'    <model id="1" name="" sampleRate="{rate}" type="sparse" subtype="box" units="{units}" />\n'
        '    <dataset id="0" dimensions="2">\n'
        + "".join(f"      <point {point} />\n" for point in points)
        + "    </dataset>\n  </data>\n</sv>\n"
    )


def multimodal_birds(root: Path) -> Path:
    """Each suffix, one name in both, confidences, faulty and blank labels, a mark past the end, a blank before the
    suffix, a layer that breaks off, a point that is none."""
    rubetra = "Paridae_Saxicola_rubetra_Sweden_2007-05-06_XC121169_song"
    fuscater = "Turdidae_Catharus_fuscater_Costa Rica_2002-03-00_XC1234_sex "
    points = [
        'frame="4800" duration="9600" value="400" extent="1100" label="Paridae_Saxicola_rubetra,10"',
        'frame="19200" duration="9600" value="400" extent="1100" label="aridae_Saxicola_rubetra"',
        'frame="38400" duration="4800" value="400" extent="1100" label=""',
        'frame="40000" duration="4800" value="400" extent="1100" label="Paridae_Saxicola_rubetra,1"',
        'frame="960000" duration="4800" value="400" extent="1100" label="Paridae_Saxicola_rubetra,5"',
        'frame="x" duration="4800" label="Paridae_Saxicola_rubetra,5"',
    ]
    whole = layer(points)
    return write_files(
        root,
        {
            f"Annotation/Training/{rubetra}.svl": whole,
            f"Annotation/Training/{rubetra}.data": whole,
            f"Audio_files/Training/{rubetra}.wav": sound(1.0, 48000),
            f"Annotation/Validation/{fuscater}.data": layer(
                ['frame="44100" duration="22050" label="Turdidae_Catharus_fuscater"'], 44100, ""
            ),
            "Annotation/Validation/Paridae_Hypocnemis_striata_Brazil_2019-01-01_XC77_song.svl": whole[:500],
        },
    )


SEGMENTS = """# Segments csv created Sun Mar  5 10:56:58 2017
# num_ytids=2041789, num_segs=2041789, num_unique_labels=527, num_positive_labels=4020212
# YTID, start_seconds, end_seconds, positive_labels
"""


def audioset(root: Path) -> Path:
    """The original form and a re-saved one, ids with '-' and '_', a clip shorter than 10 s, fractional starts, an id
    that a spreadsheet broke, a line cut short; sounds under three names; strong labels and frames."""
    head = "segment_id\tstart_time_seconds\tend_time_seconds\tlabel"
    return write_files(
        root,
        {
            "csv/unbalanced_train_segments.csv": SEGMENTS
            + '---1_cCGK4M, 0.000, 10.000, "/m/01g50p,/m/0284vy3,/m/0bt9lr"\n---2_BBVHAA, 30.000, 40.000, "/m/09x0r"\n'
            + '#NAME?, 30.000, 40.000, "/m/09x0r"\n--xphBsUEdQ, 202.700, 212.700, "/m/028v0c"\n-__-_-__-__, 3',
            "csv/eval_segments.csv": (
                "YTID,start_seconds,end_seconds,positive_labels\r\n"
                '--i-y1v8Hy8,0.000,9.000,"/m/04rlf,/m/09x0r,/m/015p6"\r\n'
            ),
            "csv/audioset_eval_strong.tsv": f"{head}\n--i-y1v8Hy8_0\t2.627\t7.237\t/m/015p6\n",
            "csv/audioset_eval_strong_framed_posneg.tsv": f"{head}\tpresent\n"
            + "--i-y1v8Hy8_0\t2.880\t3.840\t/m/015p6\tPRESENT\n--i-y1v8Hy8_0\t0.000\t0.960\t/m/015p6\tNOT_PRESENT\n",
            "audio/unbal_train/Y---1_cCGK4M.flac": b"not decoded here",
            "audio/unbal_train/---2_BBVHAA_30.000.wav": sound(10.0, 100),
            "audio/eval/--i-y1v8Hy8.wav": sound(9.0, 100),
        },
    )


RELEASES: dict[str, Callable[[Path], Path]] = {
    maker.__name__: maker
    for maker in (
        animal_sounds,
        audioset,
        fruit_bats,
        giant_otters,
        macaques,
        marmosets,
        multimodal_birds,
        pigs,
        rodents,
        rook,
        sperm_whales,
        ssw,
        watkins,
    )
}
