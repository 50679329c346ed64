"""The table of copies, once a source has left the lake."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chorus.lake import Lake
from chorus.lake.duplicates import SQL, Link, alike, equal_files, file_hashes, listen, table_rows, write_table
from chorus.lake.fingerprints import SoundFile, remembering
from chorus.lake.layout import Layout
from chorus.lake.query import DUPLICATES
from chorus.schemas.duplicate import How

Row = dict[str, Any]


def leave_out_gone(layout: Layout) -> None:
    """Take the recordings of sources that the lake no longer holds out of the table of copies. What is left of their
    clusters is compared again: it may have been linked through them alone. The table keeps its time, which says of
    what the lake held then that it was compared."""
    import pyarrow.parquet as pq

    path = layout.root / DUPLICATES
    if not path.exists():
        return
    with layout.lock("duplicates"):
        rows, time, held = pq.ParquetFile(path).read().to_pylist(), path.stat(), layout.sources()
        torn = {row["cluster"] for row in rows if row["source"] not in held}
        if not torn:
            return
        left = [row for row in rows if row["cluster"] in torn and row["source"] in held]
        kept = [row for row in rows if row["cluster"] not in torn] + _again(Lake(layout.root), left)
        write_table(sorted(kept, key=lambda row: (row["cluster"], row["recording_id"])), path)
        os.utime(path, ns=(time.st_atime_ns, time.st_mtime_ns))


def _again(lake: Lake, left: Sequence[Row]) -> list[Row]:
    """The rows of recordings that may be copies of each other: what is known of them, and what a comparison finds."""
    sizes = Counter(row["cluster"] for row in left)
    names = {row["recording_id"] for row in left if sizes[row["cluster"]] > 1}
    if not names:
        return []
    links = [_link(row) for row in left if row["match"] in names]
    files = _files(lake, names)
    with remembering(lake.root) as memory:
        sets = equal_files(files, file_hashes(files, memory, 1, True))
        listen([files[head] for head in sets], memory, 1, True)
        links += [Link(head, other, How.bytes) for head, others in sets.items() for other in others]
        links += alike(list(sets), files, memory, True)
    return table_rows(links)


def _link(row: Row) -> Link:
    measured = {name: row[name] for name in ("similarity", "offset_s", "shared_s", "band")}
    return Link(row["match"], row["recording_id"], How(row["how"]), **measured)


def _files(lake: Lake, names: set[str]) -> dict[str, SoundFile]:
    """recording_id -> its file, of those whose sound is at hand."""
    found = {}
    for row in lake.query(SQL).rows():
        path = Path(row["path"])
        if row["recording_id"] in names and row["audio"] == "present" and path.is_file():
            stat = path.stat()
            facts = (stat.st_size, stat.st_mtime_ns, row["sample_rate"], row["duration_s"])
            found[row["recording_id"]] = SoundFile(row["path"], *facts)
    return found
