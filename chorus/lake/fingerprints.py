"""The lake's memory of sound files: their hashes and fingerprints, so that each file is read once for as long as its
size and time stay the same. One SQLite file beside the tables; it may be removed at any time, and is made again."""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chorus.audio.fingerprint import VERSION, Band, Fingerprint
from chorus.errors import ChorusError

if TYPE_CHECKING:
    from chorus.audio.matching import Words

NAME = ".fingerprints.sqlite"
#: What was read is put on the disk this often, seconds.
SAVED_EVERY_S = 2.0
TABLES = """
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, rate INTEGER, sha256 TEXT, heard INTEGER);
CREATE TABLE words (path TEXT, band TEXT, channel INTEGER, track INTEGER, words BLOB,
                    PRIMARY KEY (path, band, channel, track));
"""


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound file as it lies on the disk; `rate` (Hz) and `seconds` are real ones."""

    path: str
    size: int
    mtime_ns: int
    rate: int
    seconds: float


class Fingerprints:
    """The memory at `path`, inside `remembering`."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=60)
        self._saved = time.monotonic()
        if self._db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            with self._db:
                self._db.executescript(
                    f"BEGIN; DROP TABLE IF EXISTS files; DROP TABLE IF EXISTS words; {TABLES}"
                    f"PRAGMA user_version = {VERSION}; COMMIT"
                )

    def known(self, file: SoundFile) -> tuple[str | None, bool]:
        """(SHA-256 or None, whether the fingerprint is there) of a file as it is now; forgets what it was before."""
        row = self._db.execute(
            "SELECT sha256, heard, size, mtime_ns, rate FROM files WHERE path = ?", [file.path]
        ).fetchone()
        if row and row[2:] == (file.size, file.mtime_ns, file.rate):
            return row[0], bool(row[1])
        if row:
            self._forget(file.path)
        return None, False

    def _forget(self, path: str) -> None:
        for table in ("files", "words"):
            self._db.execute(f"DELETE FROM {table} WHERE path = ?", [path])

    def keep_hash(self, file: SoundFile, sha256: str) -> None:
        """Remember the hash of a file."""
        self._there(file)
        self._db.execute("UPDATE files SET sha256 = ? WHERE path = ?", [sha256, file.path])
        self._save()

    def keep_fingerprints(self, file: SoundFile, fingerprints: Sequence[Fingerprint]) -> None:
        """Remember the fingerprints of a file: of the whole, and of single channels."""
        self._there(file)
        self._db.execute("UPDATE files SET heard = 1 WHERE path = ?", [file.path])
        self._db.executemany(
            "INSERT OR REPLACE INTO words VALUES (?, ?, ?, ?, ?)",
            [
                (file.path, band, channel, number, track.astype("<u4").tobytes())
                for channel, fingerprint in enumerate(fingerprints)
                for band, tracks in fingerprint.items()
                for number, track in enumerate(tracks)
            ],
        )
        self._save()

    def _there(self, file: SoundFile) -> None:
        row = (file.path, file.size, file.mtime_ns, file.rate)
        self._db.execute("INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?, NULL, 0)", row)

    def _save(self) -> None:
        if time.monotonic() - self._saved >= SAVED_EVERY_S:
            self._db.commit()
            self._saved = time.monotonic()

    def tracks(self, path: str, band: Band, channel: int = 0) -> list[Words]:
        """The words of a file in a band, of the whole or of a single channel (counted from 1); none where it has no
        fingerprint there."""
        import numpy as np

        rows = self._db.execute(
            "SELECT words FROM words WHERE path = ? AND band = ? AND channel = ? ORDER BY track",
            [path, band.name, channel],
        ).fetchall()
        return [np.frombuffer(row[0], "<u4").astype(np.uint32, copy=False) for row in rows]

    def channels(self) -> dict[str, list[int]]:
        """Path -> the single channels, counted from 1, that have a fingerprint of their own in at least one band."""
        found: dict[str, list[int]] = defaultdict(list)
        rows = self._db.execute("SELECT DISTINCT path, channel FROM words WHERE channel > 0 ORDER BY path, channel")
        for path, channel in rows.fetchall():
            found[path].append(channel)
        return found

    def has_words(self) -> set[str]:
        """Paths of the files that have a fingerprint in at least one band."""
        return {row[0] for row in self._db.execute("SELECT DISTINCT path FROM words").fetchall()}

    def keep_only(self, paths: set[str]) -> None:
        """Forget all other files."""
        for (path,) in self._db.execute("SELECT path FROM files").fetchall():
            if path not in paths:
                self._forget(path)

    def close(self) -> None:
        """Put everything on the disk."""
        self._db.commit()
        self._db.close()


@contextmanager
def remembering(root: Path) -> Iterator[Fingerprints]:
    """The memory of the lake at `root`. Raises ChorusError when it is damaged, the disk is full, or another process
    holds it too long."""
    path = root / NAME
    try:
        memory = Fingerprints(path)
        try:
            yield memory
        finally:
            memory.close()
    except sqlite3.OperationalError as error:
        raise ChorusError(f"{path}: {error}; make sure there is room and no other chorus duplicates runs") from None
    except sqlite3.DatabaseError as error:
        raise ChorusError(f"{path}: {error}; remove it, the sound is read again then") from None
