"""avian_dawn (version 1): tags on 2-second windows of 141 recordings labelled in full and 215 in part, and the list of
all 1,575.

The description's 39,717 and 1,466 annotations are taken as rows that name a sound. Whether they include the marks
'complete' and 'empty' and the doubts is not known, nor how many of these there are: one row of each stands for them, on
top. Rows are spread evenly over recordings, windows and the labels that Chorus knows of this release (not all are
known); dates are made up, partial windows are all of clip_complete FALSE. environmental_characteristics*.csv is left
out: its values are not known."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

from benchmarks.replicas.common import deal, tiny_wav, write_text
from chorus.taxonomy.tables import rows as table_rows
from chorus.taxonomy.tables import taxa

ROWS, PARTIAL_ROWS = 39_717, 1_466  # description of Zenodo 8047850
COMPLETE, PARTIAL = 141, 215  # the same: recordings with labels
SITES = 525  # the same: three replicates each, 1,575 recordings of 5 minutes
WINDOWS = 150  # of 2 seconds in 5 minutes
#: Marks of method and of doubt, with a row each: how many the release has is not known.
MARKS = ("complete", "empty", "unknown", "unk", "UNK_chip", "unknown_chip", "impossible")
TABLES = {
    "annotations.csv": "file,clip_complete,start,end,eBird_2021,label",
    "partial_annotations.csv": "file,clip_complete,start,end,label",
    "files.csv": "site,replicate,recording_date,annotated,file,zip_file",
    "metadata.csv": "common_name,scientific_name,eBird_2021,sound,label,description,n_files,n_annotations",
}
SOUNDS = 3


def write(root: Path, audio: bool = False) -> None:
    """Write the four tables; with `audio` a short sound for the first recordings."""
    names = [f"Site_{site:03d}_Rep_{replicate}.wav" for site in range(1, SITES + 1) for replicate in "ABC"]
    known = labels()
    full = _tags(names[:COMPLETE], ROWS, known)
    partial = _tags(names[COMPLETE : COMPLETE + PARTIAL], PARTIAL_ROWS, known)
    full += [(names[0], 2 * k, mark) for k, mark in enumerate(MARKS)]
    rows = {
        "annotations.csv": [f"{f},TRUE,{t},{t + 2},{label.partition('_')[0]},{label}" for f, t, label in full],
        "partial_annotations.csv": [f"{f},FALSE,{t},{t + 2},{label}" for f, t, label in partial],
        "files.csv": [_listed(i, name) for i, name in enumerate(names)],
        "metadata.csv": _vocabulary(known, full + partial),
    }
    for table, header in TABLES.items():
        write_text(root / table, "\n".join([header, *rows[table], ""]))
    for name in names[:SOUNDS] if audio else ():
        tiny_wav(root / "annotated_recordings" / name, 32_000)


def labels() -> dict[str, str]:
    """Labels of sounds -> scientific name, '' where they have none."""
    known = {row["label"]: row["scientific_name"] for row in table_rows("dataset_labels.csv")
             if row["dataset"] == "avian_dawn"}  # fmt: skip
    codes = {label for label, name in known.items() if name and "_" not in label}
    return {label: name for label, name in known.items() if label not in codes | {*MARKS}}


def _tags(names: list[str], total: int, known: dict[str, str]) -> list[tuple[str, int, str]]:
    """File, start of the window and label of each row; no label twice in a window."""
    choice, tags = list(known), []
    for first, (name, n) in enumerate(zip(names, deal(total, len(names)), strict=True)):
        tags += [(name, 2 * (k * WINDOWS // n), choice[(first + 7 * k) % len(choice)]) for k in range(n)]
    return tags


def _listed(i: int, name: str) -> str:
    site, replicate = name[5:8], name[13]
    date = dt.datetime(2021, 5, 1, 5, 30) + dt.timedelta(days=i % 60)
    state = "complete" if i < COMPLETE else "partial" if i < COMPLETE + PARTIAL else "not annotated"
    part = "annotated_recordings" if i < COMPLETE else f"additional_recordings_part_{1 + i % 2}"
    return f"{site},{replicate},{date:%Y-%m-%d %H:%M:%S},{state},{name},{part}.zip"


def _vocabulary(known: dict[str, str], tags: list[tuple[str, int, str]]) -> list[str]:
    """A row for each label: names, and in how many files and rows it stands; the descriptions are not known."""
    rows = Counter(label for _, _, label in tags)
    files = Counter(label for _, label in {(name, label) for name, _, label in tags})
    found = []
    for label, name in known.items():
        code, _, sound = label.partition("_")
        common = (taxa()[name].common_name or "") if name in taxa() else ""
        found.append(f"{common},{name},{code},{sound},{label},,{files[label]},{rows[label]}")
    return found


def floor(root: Path) -> list[str]:
    """The same tables, read by bare DuckDB."""
    numbers = {"start": "DOUBLE", "end": "DOUBLE"}
    selects = []
    for table, header in TABLES.items():
        columns = ", ".join(f"'{name}': '{numbers.get(name, 'VARCHAR')}'" for name in header.split(","))
        selects.append(f"SELECT * FROM read_csv('{root / table}', delim = ',', header = true, columns = {{{columns}}})")
    return selects
