"""HICEAS as BEANS packs it: four lists of minutes, with the boings of minke whales.

Known: 135 minutes in test.jsonl (1,485 windows of 11 a minute), more than 395 in train.jsonl, the form of names and
lines. Not known: everything else, above all how many boings there are. Here the parts are 6:2:2, train-low.jsonl
repeats lines of train.jsonl as in the other BEANS sets, 121 of them, so that the lists have 796 lines in all (Table 1's
number, and 13.27 h), and the annotations are 796 as well, dealt evenly: the count of this replica shows nothing about
Table 1.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path

from benchmarks.replicas.common import deal, tiny_wav, write_text

TEST = 135  # BEANS-Zero's windows
PARTS = {"train": 3 * TEST, "valid": TEST, "test": TEST}
REPEATED, BOINGS = 121, 796
LENGTH_S = 60
FIRST = dt.datetime(2017, 7, 6, 16, 50, 54)


def write(root: Path, audio: bool = False) -> None:
    """The four lists; with `audio` a tiny sound for the first minute of each."""
    rng = random.Random(0)
    minutes = sum(PARTS.values())
    shares = deal(BOINGS, minutes)
    rng.shuffle(shares)
    lines = [json.dumps(minute(rng, k, n)) for k, n in enumerate(shares)]
    lists, first = {}, 0
    for part, n in PARTS.items():
        lists[part] = lines[first : first + n]
        first += n
    lists["train-low"] = lists["train"][:REPEATED]
    for part, chosen in lists.items():
        write_text(root / "hiceas" / f"{part}.jsonl", "\n".join([*chosen, ""]))
        for line in chosen[: int(audio)]:
            name = json.loads(line)["path"].rpartition("/")[2]
            tiny_wav(root / "hiceas" / "wav" / name, 22_050)


def minute(rng: random.Random, k: int, boings: int) -> dict[str, object]:
    """A line: a minute of the survey with so many boings."""
    at = FIRST + dt.timedelta(hours=5.5 * k)
    starts = sorted(round(rng.uniform(0, LENGTH_S - 5), 2) for _ in range(boings))
    found = [{"st": start, "ed": round(start + rng.uniform(1, 4), 2), "label": 1} for start in starts]
    return {"path": f"data/hiceas/wav/1705_{at:%Y%m%d_%H%M%S}_{k:03}.wav", "length": 60.0, "annotations": found}


def floor(root: Path) -> list[str]:
    """A row for each annotation of each list."""
    columns = "{'path': 'VARCHAR', 'length': 'DOUBLE', 'annotations': 'STRUCT(st DOUBLE, ed DOUBLE, label BIGINT)[]'}"
    read = f"read_json('{root}/hiceas/*.jsonl', format='newline_delimited', columns={columns})"
    return [f"SELECT path, length, unnest(annotations, recursive := true) FROM {read}"]
