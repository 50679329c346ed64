"""Every annotated recording of ../shared/real, one's own data or a built-in source, with the calls that it holds."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from chorus import adapters
from chorus.adapters import own
from chorus.adapters.base import Adapter
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout

AMVOC = "\n".join(f'"gt_{n}.csv" = "rec_{n}.wav"' for n in (1, 2, 3, 4, 6))
DEERMOUSE = "GO_24860x23748_ltr2_pup3_ch4_4800_m_337_295_fr1_p9_2021-10-02_12-35-01.csv"
FLIES = """
header = false
recording = 1
start = 2
end = 3
label = 5
unit = "samples"
tables = "{}"
annotated = "partial"
[kinds]
ambient = "silence"
"""
#: Boxes and intervals of a longer recording, of which a part is here.
WITHIN = "NOT list_contains(flags, 'past_end')"

#: folder -> (format or built-in source, mapping, the rows that counts.csv counts).
WAYS = {
    "bengalese_finch_bfsongrepo": ("notmat", None, "TRUE"),
    "bengalese_finch_koumura": ("koumura", None, "TRUE"),
    "deermouse_pup_jourjine": (
        "csv",
        "start = 'start_seconds'\nend = 'stop_seconds'\noffset_s = -0.5\nspecies = 'Peromyscus gossypinus'\n"
        f"[recordings]\n'{DEERMOUSE}' = 'deermouse-go.wav'",
        WITHIN,
    ),
    "ena_birds_chronister": (
        "raven",
        "[source]\ntaxa = ['birds']\n[recordings]\n"
        "'Recording_1_Segment_07.Table.1.selections.txt' = 'Recording_1_Segment_07-snippet.wav'",
        f"{WITHIN} AND recording_id LIKE '%snippet.wav'",  # the other 35 tables have no sound
    ),
    "fruitfly_songexplorer": ("csv", FLIES.format("*-person[12].csv"), "kind <> 'silence'"),
    "human_speech_timit": ("darpa_timit", None, "call_type = 'word'"),
    "mouse_usv_amvoc": (
        "csv",
        f"header = false\nstart = 1\nend = 2\ntables = 'gt_*.csv'\nspecies = 'Mus musculus'\n[recordings]\n{AMVOC}",
        "TRUE",
    ),
    "neotropical_bats_whombat": ("aoef", None, "TRUE"),
    "spinetail_scikit_maad": ("audacity", "[taxa]\nCRER = 'Cranioleuca erythrops'\nSP = ''", "TRUE"),
}


def counted(folder: Path, tmp_path: Path, way: str, mapping: str | None, where: str) -> dict[str, int]:
    """Calls of each recording that the clause picks, after an ingest."""
    adapter: Adapter
    if way in own.FORMATS:
        file = tmp_path / "mapping.toml"
        file.write_text(mapping or "")
        adapter = own.adapter(way, "mine", file)
    else:
        adapter = adapters.get(way)
    layout = Layout(tmp_path / "lake")
    report = ingest(layout, adapter, folder)
    assert report.dropped == 0, report.issues
    table = layout.current(adapter.card.id)
    with duckdb.connect() as db:
        found = db.execute(f"SELECT recording_id, count(*) FROM '{table}/calls.parquet' WHERE {where} GROUP BY ALL")
        return {recording.partition("/")[2]: n for recording, n in found.fetchall()}


def annotated(shared: Path) -> dict[str, dict[str, int]]:
    """Folder -> recording -> calls, of the rows of counts.csv that state any."""
    found: dict[str, dict[str, int]] = {}
    with (shared / "real" / "counts.csv").open() as file:
        for row in csv.DictReader(file):
            if row["annotated_calls"]:
                found.setdefault(row["source"], {})[row["file"]] = int(row["annotated_calls"])
    return found


def test_every_annotated_source_is_here(shared: Path) -> None:
    assert set(annotated(shared)) == set(WAYS), "orcas, ESC-50 and rain are whole files without marked calls"


@pytest.mark.parametrize("source", WAYS)
def test_every_recording_has_its_calls(source: str, shared: Path, tmp_path: Path) -> None:
    assert counted(shared / "real" / source, tmp_path, *WAYS[source]) == annotated(shared)[source]


def test_the_second_annotator_of_the_flies(shared: Path, tmp_path: Path) -> None:
    calls = counted(shared / "real" / "fruitfly_songexplorer", tmp_path, "csv", FLIES.format("*-person3.csv"), "TRUE")
    assert calls == {"20190122T093303a-7.wav": 398}
