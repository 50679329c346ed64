"""Releases, as in `releases`, of the soundscapes and of the sets held out for evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.adapters.helpers import wav, write_files

BOXES = "Filename,Start Time (s),End Time (s),Low Freq (Hz),High Freq (Hz),Species eBird Code\n"
#: Source -> two recordings and two codes of the collection.
CORNELL = {
    "columbia_costa_rica": ("NES_001_S01_20190914_043000", "NES_012_S02_20190701_160000", "compot1", "houwre"),
    "hawaii_birds": ("UHH_001_S01_20161121_150000", "UHH_450_S03_20170303_060000", "hawama", "ercfra"),
    "northeast_us": ("SSW_001_20170225_010000Z", "SSW_284_20170728_233000Z", "cangoo", "reevir1"),
    "sierra_nevada": ("HSN_001_20150708_061805", "HSN_100_20150712_091105", "gcrfin", "amepip"),
    "southwest_amazon": ("PER_001_S01_20190116_100007Z", "PER_021_S10_20190202_100007Z", "blfant1", "greant1"),
    "western_us": ("SNE_001_20180509_050002", "SNE_033_20180801_070000", "amerob", "herthr"),
}


def cornell(root: Path, source: str) -> Path:
    """Rows out of order, '????', a point without bandwidth, a long box over the sound's end, 0 Hz, a box above Nyquist,
    blanks around a name, a time that is no number, an end before its start, a sound that no row names, macOS litter."""
    one, two, code, other = CORNELL[source]
    rows = [
        f"{one}.flac,275.5,276.7,3013,5615,{code}",
        f"{one}.flac,0.1,0.2,0,2627,????",
        f"{one}.flac,520.5,644.6,961,2884,{other}",
        f"{two}.flac,12.0,12.0,0,0,{code}",
        f" {two}.flac ,5.0,6.5,1417,17500,{code}",
        f"{two}.flac,oops,9.0,1417,4660,{other}",
        f"{two}.flac,9.0,8.5,1417,4660,{other}",
    ]
    prefix = one[:3]
    return write_files(
        root,
        {
            "annotations.csv": BOXES + "\n".join(rows) + "\n",
            "species.csv": "Species eBird Code,Scientific Name,Common Name\ngockin,Regulus satrapa,Golden-crowned K\n",
            "recording_location.txt": "free text\n",
            f"soundscape_data/{one}.flac": wav(300.0, 100),
            f"soundscape_data/{prefix}_777_20160101_000000.flac": wav(),
            f"__MACOSX/soundscape_data/._{one}.flac": b"litter",
        },
    )


TAGS = "file,clip_complete,start,end,eBird_2021,label\n"


def avian_dawn(root: Path) -> Path:
    """Version 1: windows with several labels, each mark of method and of doubt, noise, a label of a later list, a bad
    row, a partial recording, one without labels."""
    one, two, three = (f"Site_{n}.wav" for n in ("001_Rep_A", "002_Rep_B", "003_Rep_C"))
    return write_files(
        root,
        {
            "annotations.csv": TAGS
            + f"{one},TRUE,4,6,empty,empty\n{one},TRUE,6,8,spotow,spotow_song_1\n{one},TRUE,6,8,complete,complete\n"
            + f"{one},TRUE,8,10,olsfly,olsfly_song_1\n{one},TRUE,8,10,rain,rain_1\n{one},TRUE,10,12,unk,UNK_chip\n"
            + f"{one},TRUE,12,14,chipmu,chipmu_chirp_1\n{one},TRUE,x,16,spotow,spotow_song_1\n"
            + "Site_004_Rep_A.wav,TRUE,0,2,wooduc,wooduc_call_2\n",
            "partial_annotations.csv": "file,clip_complete,start,end,label\n"
            + f"{two},FALSE,0,2,herthr_song_1\n{two},TRUE,10,12,herthr_song_1\n{two},TRUE,12,14,corvids_call_1\n",
            "files.csv": "site,replicate,recording_date,annotated,file,zip_file\n"
            + f"001,A,2021-05-01 05:30:00,complete,{one},annotated_recordings.zip\n"
            + f"002,B,2021-05-02 05:30:00,partial,{two},additional_recordings_part_1.zip\n"
            + f"003,C,2021-05-03 05:30:00,not annotated,{three},additional_recordings_part_2.zip\n"
            + "004,A,2021-06-01 05:30:00,complete,Site_004_Rep_A.wav,annotated_recordings.zip\n",
            "metadata.csv": "common_name,scientific_name,eBird_2021,sound,label,description,n_files,n_annotations\n"
            + 'Crows,Corvus spp.,NA,call,corvids_call_1,"a crow, or a raven",1,1\n',
            f"annotated_recordings/{one}": wav(16.0, 1000),
        },
    )


def birdvox(root: Path) -> Path:
    """Two units, one with its sound; whole and fractional Hz, a bad time, a bad frequency."""
    table, sound = "BirdVox-full-night_csv-annotations_unit", "BirdVox-full-night_flac-audio_unit"
    return write_files(
        root,
        {
            f"{table}01.csv": "Time (s),Freq (Hz)\n0.2,5000\n1.25,2750.5\n",
            f"{table}10.csv": "Time (s),Freq (Hz)\r\n12.5,6000\r\nsoon,6000\r\n13.5,high\r\n",
            f"{sound}01.flac": wav(2.0),
        },
    )


BIRDEEP = (
    "path,annotator,recorder,date,time,audio_duration,start_time,end_time,low_frequency,high_frequency,specie,bbox\n"
)


def birdeep(root: Path) -> Path:
    """A family, 'Bird' up to Nyquist, wrong capitals, two rows glued, background rows and their augmented copies, a row
    past the minute, a short row, litter beside the labels, a sound in no table."""
    one = "AM4/2023_05_31/AM4_20230531_110000.WAV"
    two = "AM8/2023_05_30/AM8_20230530_065000.WAV"
    three = "AM1/2023_05_10/AM1_20230510_110000.WAV"
    fixed = "{},Edu,{},2023/05/31,11:00:00,00:01:00,{},{}"

    def row(path: str, span: str, label: str, box: str = '"[1, 0.35, 0.2, 0.02, 0.1]"') -> str:
        return fixed.format(path, path.partition("/")[0], span, f"{label},{box}")

    quiet = ",".join(("0.34463,1.094199,2479.069824,4904.260254,No audio", '""'))
    augmented = f"Data Augmentation/{three},Edu,AM1,2023/05/10,11:00:00,00:01:00,{quiet}"
    return write_files(
        root,
        {
            "train_file.csv": BIRDEEP
            + row(one, "20.406376,21.77197,2252.851562,6806.203613", "Alaudidae")
            + "\n"
            + row(one, "22.5,23.0,2252.8,6806.2", "Galerida Cristata")
            + row(two, "61.5,62.25,3443.238132,16000.0", "Bird")
            + "\n"
            + f"{three},Edu,AM1,2023/05/10,11:00:00,00:01:00,{quiet}\n{augmented}\n",
            "validation_file.csv": BIRDEEP
            + row("AM10/2023_05_23/AM10_20230523_063000.WAV", "1,2,3,4", "Curruca undata"),
            "test_file.csv": BIRDEEP
            + row("AM15/2023_03_30/AM15_20230330_070000.WAV", "1e-06,60.0,0.0,6979.027344", "No bird", '""')
            + "\nAM15/2023_03_30/AM15_20230330_080000.WAV,Edu,AM15\n",
            f"Audios/{one}": wav(60.0, 200),
            f"Audios/Data Augmentation/{three}": wav(),
            "Audios/AM11/2023_05_01/AM11_20230501_080000.WAV": wav(),
            "labels/AM4/2023_05_31/AM4_20230531_110000.txt": "19 0.946236559139785 0.5 0.02795698924731183 1.0\n",
            "labels/AM4/2023_05_31/AM4_20230531_110000.txt:Zone - copia.Identifier": "",
        },
    )


def dcase(root: Path) -> Path:
    """Several classes in a row, all unknown, all refused, an odd mark, Q by recording, a wrong file name, a table with
    blanks in its name, Windows line ends without a last one, class tables with trailing blanks and the typo."""
    head = "Audiofilename,Starttime,Endtime"
    bird, mosquito = "2015-09-04_08-04-59_unit03", "R4_cleaned recording_13-10-17"
    base = "Development_Set/Training_Set"
    return write_files(
        root,
        {
            f"{base}/BV/{bird}.csv": "\r\n".join(
                [
                    f"{head},AMRE,OVEN,SWTH",
                    f"{bird}.wav,0.548,0.698,UNK,UNK,NEG",
                    f"{bird}.wav,30.707,30.857,POS,POS,NEG",
                    f"{bird}.wav,31.0,31.15,NEG,NEG,NEG",
                    f"{bird}.wav,32.0,32.15,NEG,POS,MAYBE",
                ]
            ),
            f"{base}/HT/a1.csv": f"{head},GRN,Unknown\na1.wav,1.0,2.5,POS,NEG\na1.wav,3.0,x,POS,NEG\n"
            "a1.wav,4,5,NEG,POS\n",
            f"{base}/WMW/c.csv": f"{head},c_9,c_10\nc.wav,1.0,2.5,POS,POS\n",
            f"{base}/HT/a1.wav": wav(6.0),
            f"Development_Set/Validation_Set/HB/{mosquito}.csv": f"{head},Q\n{mosquito}.wav,1.0,1.5,POS\n",
            "Development_Set/Validation_Set/HB/file_97_113.csv": f"{head},Q\nfile_423_487.wav,1.0,1.5,UNK\n",
            "Development_Set/Validation_Set/PB/BUK1_20181013_023504.csv": f"{head},Q\nBUK1_20181013_023504.wav,2,3,POS",
            "DCASE2022_task5_Training_set_classes.csv": "dataset,class_code,class_name\r\n"
            "HT,GRN,Hyena groan and moo\r\nBV,AMRE,American Redstart\r\n"
            "WMW,c_9,Ixobrychus minutus-song\r\nWMW,c_10,Ixobrychus minutus-cal",
            "DCASE2022_task5_Validation_set_classes.csv": "dataset,recording,class_code,class_name\r\n"
            f"HB,{mosquito} ,Q,Mosquito\r\nPB,BUK1_20181013_023504,Q,Song thrush call",
        },
    )


def hainan_gibbons(root: Path) -> Path:
    """Calls with each type, one without, one that ends before it starts, stretches without gibbons that overlap them; a
    recording with refused stretches only; test labels without ends."""
    one, two, three = "HGSM3D_0+1_20160429_051600", "HGSM3AC_0+1_20160309_055600", "HGSM3B_0+1_20160304_060000"
    return write_files(
        root,
        {
            f"Train_Labels/g_{one}.data": "Start,End,Duration,Type,Notes\n7271,7273,2,1,\n7412,7415,3,2,3 Calls\n"
            "7500,7510,10,3,\n19994,20001,7,4,\n20010,20010,0,,\n20020,20015,-5,2,4 calls\nx,20030,2,1,\n",
            f"Train_Labels/n_{one}.data": "Start,End,Duration,Type\n4,358,354,3\n7272,7280,8,2\n",
            f"Train_Labels/n_{two}.data": "Start,End,Duration,Type\n10,20,10,1\n",
            f"Train/{one}.wav": wav(1.0, 9600),
            f"Test_Labels/{three}_test.csv": "Start,Duration\n100,4\n200,\n",
        },
    )


def hiceas(root: Path) -> Path:
    """A minute with two boings, one without, one repeated in train-low, an annotation without end, a line cut off."""

    def line(name: str, *annotations: dict[str, float]) -> str:
        return json.dumps({"path": f"/packer/wav/{name}.wav", "length": 60.0, "annotations": annotations}) + "\n"

    boing, other = {"st": 12.3, "ed": 15.1, "label": 1}, {"st": 40.0, "ed": 42.5, "label": 1}
    low = line("1705_20170901_165054_141", boing, other)
    return write_files(
        root,
        {
            "hiceas/train-low.jsonl": low + line("1705_20171101_000000_000", boing),
            "hiceas/train.jsonl": low + line("1705_20170902_165054_141"),
            "hiceas/valid.jsonl": line("1705_20170903_165054_141", {"st": 1.0, "label": 1}, other),
            "hiceas/test.jsonl": line("1705_20171103_001035_105", boing) + '{"path": "wav/1705_2017',
            "hiceas/wav/1705_20170901_165054_141.wav": wav(60.0, 100),
        },
    )


RELEASES: dict[str, Callable[[Path], Path]] = {source: partial(cornell, source=source) for source in CORNELL} | {
    maker.__name__: maker for maker in (avian_dawn, birdeep, birdvox, dcase, hainan_gibbons, hiceas)
}
