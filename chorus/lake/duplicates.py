"""The same sound twice: clusters of recordings that are copies of each other, in two sources or in one.

Files of equal size are compared by their hash. Of each set of equal files one is fingerprinted and compared with all
others by sound. `<lake>/duplicates.parquet` holds the recordings that have a copy, one row each.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.atomic import PART, aside
from chorus.errors import ReadError, UsageError, nearest
from chorus.lake.clusters import clusters_of
from chorus.lake.fingerprints import Fingerprints, SoundFile, remembering
from chorus.lake.query import DUPLICATES
from chorus.schemas.duplicate import Duplicate, How

if TYPE_CHECKING:
    from chorus.audio.fingerprint import Band, Fingerprint
    from chorus.audio.matching import Match, Words
    from chorus.lake import Lake

NO_AUDIO = "no sound at hand at ingest"
GONE = "the sound is no longer where it was at ingest"
NOT_READ = "not asked for, and not read by an earlier run"
UNREADABLE = "the sound cannot be read: compared by bytes only"
NO_WORDS = "too short or too quiet, or a rate below 2 kHz: compared by bytes only"
SQL = """
SELECT r.recording_id, r.source, s.root || '/' || r.path AS path, r.audio, r.sample_rate, r.duration_s
FROM recordings r JOIN sources s ON s.id = r.source ORDER BY recording_id
"""


@dataclass(frozen=True)
class Link:
    """Two recordings with the same sound; `second` starts `offset_s` after `first`."""

    first: str
    second: str
    how: How
    similarity: float = 1.0
    offset_s: float = 0.0
    shared_s: float | None = None
    band: str | None = None

    def towards(self, name: str) -> tuple[str, float]:
        """The other one, and how many seconds after its start `name` starts."""
        return (self.first, self.offset_s) if name == self.second else (self.second, -self.offset_s)


@dataclass
class Found:
    """What a search found. `rows` have the fields of `Duplicate`; `left_out` counts by reason the recordings
    that were not compared, or by bytes only."""

    path: Path
    rows: list[dict[str, Any]]
    compared: int
    read: int
    left_out: Counter[str] = field(default_factory=Counter)

    def clusters(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of each cluster."""
        groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.rows:
            groups[row["cluster"]].append(row)
        return groups

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "table": str(self.path),
            "compared": self.compared,
            "read": self.read,
            "clusters": len(self.clusters()),
            "left_out": dict(self.left_out),
            "duplicates": self.rows,
        }


def find_duplicates(lake: Lake, sources: Sequence[str] = (), *, jobs: int = 1, quiet: bool = False) -> Found:
    """Compare the recordings of some sources (default: all) with each other and with all that earlier runs read, and
    write the table. Files that have not changed since are not read again. Raises UsageError for a source that the lake
    does not hold, ChorusError when the lake is empty or cannot be written."""
    lake.connect().close()
    _check(lake, sources)
    left_out: Counter[str] = Counter()
    with lake.layout.lock("duplicates"), remembering(lake.root) as memory:
        files = _files(lake, sources, memory, left_out)
        sets = equal_files(files, file_hashes(files, memory, jobs, quiet))
        heads = list(sets)
        read = listen([files[name] for name in heads], memory, jobs, quiet)
        links = [Link(head, other, How.bytes) for head, others in sets.items() for other in others]
        links += alike(heads, files, memory, quiet)
        left_out.update(_bytes_only(sets, files, memory))
        rows = table_rows(links)
        write_table(rows, lake.root / DUPLICATES)
    return Found(lake.root / DUPLICATES, rows, len(files), read, left_out)


def _check(lake: Lake, sources: Sequence[str]) -> None:
    known = sorted(lake.layout.sources())
    for source in sources:
        if source not in known:
            raise UsageError(f"{source}: not in this lake{nearest(source, known)}; it holds {', '.join(known)}")


# Which files ----------------------------------------------------------------------------------------------------------


def _files(lake: Lake, sources: Sequence[str], memory: Fingerprints, left_out: Counter[str]) -> dict[str, SoundFile]:
    """recording_id -> its file, of those that are compared."""
    files: dict[str, SoundFile] = {}
    paths = set()
    for row in lake.query(SQL).rows():
        paths.add(row["path"])
        if row["audio"] != "present":
            left_out[NO_AUDIO] += 1
            continue
        try:
            stat = Path(row["path"]).stat()
        except OSError:
            left_out[GONE] += 1
            continue
        file = SoundFile(row["path"], stat.st_size, stat.st_mtime_ns, row["sample_rate"], row["duration_s"])
        sha256, heard = memory.known(file)
        if sources and row["source"] not in sources and not (sha256 or heard):
            left_out[NOT_READ] += 1
            continue
        files[row["recording_id"]] = file
    memory.keep_only(paths)
    return files


# Equal bytes ----------------------------------------------------------------------------------------------------------


def file_hashes(files: Mapping[str, SoundFile], memory: Fingerprints, jobs: int, quiet: bool) -> dict[str, str]:
    """path -> SHA-256, of every file that has the size of another."""
    by_path = {file.path: file for file in files.values()}
    sizes = Counter(file.size for file in by_path.values())
    found = {file.path: memory.known(file)[0] for file in by_path.values() if sizes[file.size] > 1}
    todo = [by_path[path] for path, sha256 in found.items() if sha256 is None]
    for file, sha256 in _read(hash_of, todo, jobs, "duplicates: hash", quiet):
        memory.keep_hash(file, sha256)
        found[file.path] = sha256
    return {path: sha256 for path, sha256 in found.items() if sha256 is not None}


def hash_of(file: SoundFile) -> str | None:
    """SHA-256 of a file in hex; None when it cannot be read."""
    try:
        with Path(file.path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def equal_files(files: Mapping[str, SoundFile], hashes: Mapping[str, str]) -> dict[str, list[str]]:
    """The first recording of each set of equal files -> the others of the set."""
    heads: dict[str, str] = {}
    sets: dict[str, list[str]] = {}
    for name, file in files.items():
        head = heads.setdefault(hashes.get(file.path, file.path), name)
        if head == name:
            sets[head] = []
        else:
            sets[head].append(name)
    return sets


# Equal sound ----------------------------------------------------------------------------------------------------------


def listen(files: Sequence[SoundFile], memory: Fingerprints, jobs: int, quiet: bool) -> int:
    """Fingerprint the files that have none yet; returns how many were read."""
    todo = [file for file in files if not memory.known(file)[1]]
    read = 0
    for file, fingerprints in _read(fingerprints_of, todo, jobs, "duplicates: listen", quiet):
        memory.keep_fingerprints(file, fingerprints)
        read += 1
    return read


def fingerprints_of(file: SoundFile) -> list[Fingerprint] | None:
    """The fingerprints of a file, of the whole and of single channels; None when it cannot be read."""
    from chorus.audio.fingerprint import of_file

    try:
        return of_file(file.path, file.rate, file.seconds)
    except ReadError:
        return None


def _read(
    function: Callable[[SoundFile], Any | None],
    files: Sequence[SoundFile],
    jobs: int,
    title: str,
    quiet: bool,
) -> Iterator[tuple[SoundFile, Any]]:
    """Each file with what `function` made of it, as they finish; those that cannot be read are left out."""
    from chorus.parallel import run
    from chorus.progress import Progress

    with Progress(title, len(files), "files", quiet) as progress:
        for index, result in run(function, files, jobs, preload=["chorus.audio.fingerprint", "soundfile", "scipy.fft"]):
            if result is not None:
                yield files[index], result
            progress.advance()


def alike(names: Sequence[str], files: Mapping[str, SoundFile], memory: Fingerprints, quiet: bool) -> list[Link]:
    """Links between recordings of the same sound: of each pair that in the band where it is most similar."""
    from chorus.audio.fingerprint import BANDS
    from chorus.audio.matching import matches
    from chorus.progress import Progress

    best: dict[tuple[int, int], Match] = {}
    known = memory.channels()
    channels = [(number, one) for number, name in enumerate(names) for one in known.get(files[name].path, ())]
    of = [(number, 0) for number in range(len(names))] + channels
    with Progress("duplicates: compare", len(BANDS), "bands", quiet) as progress:
        for band in BANDS:
            load = partial(_tracks, names, files, memory, band, of)
            for match in matches(band, len(names), load, [number for number, _ in channels]):
                pair = (match.first, match.second)
                if pair not in best or match.similarity > best[pair].similarity:
                    best[pair] = match
            progress.advance()
    return [
        Link(names[m.first], names[m.second], How.sound, m.similarity, m.offset_s, m.shared_s, m.band)
        for m in best.values()
    ]


def _bytes_only(
    sets: Mapping[str, Sequence[str]], files: Mapping[str, SoundFile], memory: Fingerprints
) -> Counter[str]:
    """Recordings without a fingerprint by reason."""
    with_words = memory.has_words()
    counts: Counter[str] = Counter()
    for head, others in sets.items():
        if files[head].path not in with_words:
            counts[NO_WORDS if memory.known(files[head])[1] else UNREADABLE] += 1 + len(others)
    return counts


def _tracks(
    names: Sequence[str],
    files: Mapping[str, SoundFile],
    memory: Fingerprints,
    band: Band,
    of: Sequence[tuple[int, int]],
    number: int,
) -> list[Words]:
    """The words of what is compared under a number: a recording (its number in `names`), and its channel, 0: whole."""
    name, channel = of[number]
    return memory.tracks(files[names[name]].path, band, channel)


# The table ------------------------------------------------------------------------------------------------------------


def table_rows(links: Sequence[Link]) -> list[dict[str, Any]]:
    """One row of `Duplicate` for each linked recording, with its best link; clusters follow each other."""
    clusters = clusters_of((link.first, link.second) for link in links)
    best: dict[str, Link] = {}
    for link in sorted(links, key=lambda x: (x.how is not How.bytes, -x.similarity, x.first, x.second)):
        best.setdefault(link.first, link)
        best.setdefault(link.second, link)
    rows = []
    for name, link in best.items():
        match, offset_s = link.towards(name)
        rows.append(
            {
                "recording_id": name,
                "source": name.partition("/")[0],
                "cluster": clusters[name],
                "how": link.how.value,
                "match": match,
                "similarity": round(link.similarity, 4),
                "offset_s": round(offset_s, 4),
                "shared_s": link.shared_s and round(link.shared_s, 3),
                "band": link.band,
            }
        )
    return sorted(rows, key=lambda row: (row["cluster"], row["recording_id"]))


def write_table(rows: list[dict[str, Any]], path: Path) -> None:
    """Write the table whole, and remove what killed runs left of it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from chorus.schemas import arrow_schema

    for part in path.parent.glob(f".{path.name}.*{PART}"):
        part.unlink(missing_ok=True)
    with aside(path) as file:
        pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(Duplicate)), file)


def known_clusters(lake: Lake) -> dict[str, str]:
    """recording_id -> cluster, from the table; {} where nobody has looked for duplicates."""
    if not (lake.root / DUPLICATES).exists():
        return {}
    return {row["recording_id"]: row["cluster"] for row in lake.query("SELECT * FROM duplicates")}
