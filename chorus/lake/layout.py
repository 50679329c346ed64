"""Where things lie in a lake, and how a source is replaced whole.

    lake.json                                   format and schema version
    taxa.parquet, sources.parquet               the packaged taxonomy; one row per ingested source
    calls/source=<id>/calls.parquet             -> ../../.versions/source=<id>/current/calls.parquet
    recordings/source=<id>/recordings.parquet   -> the same
    issues/source=<id>/issues.parquet           -> the same
    .versions/source=<id>/<generation>/         the files themselves
    .versions/source=<id>/current               -> <generation>

The three tables of a source are links through the one link `current`. Renaming a new `current` over the old one is
atomic, so every reader sees the old source or the new one, never a mixture, and a kill leaves only an unused folder.
One generation back is kept for readers that opened it just before; older ones are removed by the next ingest.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chorus._version import __version__
from chorus.atomic import disk_error, sync, write_bytes
from chorus.errors import ChorusError

TABLES = ("calls", "recordings", "issues")
SOURCE_FILE = "source.parquet"
REPORT = "ingest.json"
FORMAT = "chorus-lake"


def marker(version: int) -> bytes:
    """Content of `lake.json` for a schema version."""
    found = {"format": FORMAT, "schema_version": version, "chorus_version": __version__}
    return (json.dumps(found, indent=1) + "\n").encode()


class Layout:
    """Paths of a lake at `root`, and the operations that change it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def versions(self, source: str) -> Path:
        return self.root / ".versions" / f"source={source}"

    def current(self, source: str) -> Path | None:
        """Folder of the generation in force, its links resolved; None before the first ingest."""
        link = self.versions(source) / "current"
        try:
            folder = link.parent / link.readlink()
        except OSError:
            return None
        return folder if folder.is_dir() else None

    def sources(self) -> dict[str, Path]:
        """Every ingested source and the generation in force."""
        base = self.root / ".versions"
        names = sorted(p.name.removeprefix("source=") for p in base.iterdir()) if base.is_dir() else []
        return {name: folder for name in names if (folder := self.current(name))}

    def leftovers(self, source: str) -> list[Path]:
        """Generations that were never finished: what a killed ingest left."""
        folder = self.versions(source)
        return sorted(folder.glob("new-*")) if folder.is_dir() else []

    def report(self, source: str) -> dict[str, Any] | None:
        """The summary that the last ingest of a source wrote."""
        folder = self.current(source)
        if not folder:
            return None
        try:
            report: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return report

    def whole(self, source: str) -> bool:
        """Whether the tables of the generation in force begin and end as Parquet files do."""
        folder = self.current(source)
        try:
            return folder is not None and all(_is_parquet(folder / f"{table}.parquet") for table in TABLES)
        except OSError:
            return False

    def check_version(self) -> None:
        """Raise ChorusError for a folder that is no lake, or one of a newer schema; migrate one of an older schema."""
        from chorus.schemas import SCHEMA_VERSION

        file = self.root / "lake.json"
        if not file.exists():
            return
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            version = int(found["schema_version"])
        except (OSError, ValueError, KeyError, TypeError):
            raise ChorusError(f"{file}: not a lake of Chorus, or a damaged one") from None
        if version > SCHEMA_VERSION:
            raise ChorusError(
                f"{self.root}: written by Chorus {found.get('chorus_version', '?')} with schema {version}; "
                f"this is Chorus {__version__} with schema {SCHEMA_VERSION}: upgrade chorus-bioacoustics"
            )
        if version < SCHEMA_VERSION:
            from chorus.lake.migrate import migrate

            migrate(self, version)

    def prepare(self) -> None:
        """Create the lake's folder and its marker. Raises ChorusError when that is not allowed."""
        from chorus.schemas import SCHEMA_VERSION

        try:
            (self.root / ".versions").mkdir(parents=True, exist_ok=True)
            if not (self.root / "lake.json").exists():
                write_bytes(self.root / "lake.json", marker(SCHEMA_VERSION))
        except OSError as error:
            raise disk_error(error, self.root) from None

    @contextmanager
    def lock(self, source: str) -> Iterator[None]:
        """Hold a source for one ingest; a second one waits. The lock goes with the process, however it ends."""
        import fcntl

        path = self.root / ".versions" / f".{source}.lock"
        try:
            file = path.open("w")
        except OSError as error:
            raise disk_error(error, path) from None
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def staging(self, source: str) -> Iterator[Path]:
        """An empty folder for a new generation; removed again unless `publish` took it."""
        for old in self.leftovers(source):
            shutil.rmtree(old, ignore_errors=True)
        folder = self.versions(source) / f"new-{uuid.uuid4().hex[:12]}"
        try:
            folder.mkdir(parents=True)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, source: str, staged: Path) -> Path:
        """Put a finished generation in force: fsync, rename, one atomic switch of `current`."""
        for file in staged.iterdir():
            sync(file)
        sync(staged)
        home = self.versions(source)
        generation = home / f"g{staged.name.removeprefix('new-')}"
        self._link_tables(source)
        before = self.current(source)
        staged.rename(generation)
        new = home / f".current-{uuid.uuid4().hex[:8]}"
        new.symlink_to(generation.name)
        new.replace(home / "current")
        sync(home)
        keep = {generation, before}
        for old in home.glob("g*"):
            if old not in keep:
                shutil.rmtree(old, ignore_errors=True)
        return generation

    def forget(self, source: str) -> None:
        """Take a source out of the lake, whole: it is gone with one rename. The release itself is not touched."""
        gone = self.root / ".versions" / f".gone-{uuid.uuid4().hex[:8]}"
        with self.lock(source):
            if self.versions(source).exists():
                self.versions(source).rename(gone)
                sync(gone.parent)
            for table in TABLES:
                shutil.rmtree(self.root / table / f"source={source}", ignore_errors=True)
            for old in gone.parent.glob(".gone-*"):
                shutil.rmtree(old, ignore_errors=True)

    def _link_tables(self, source: str) -> None:
        for table in TABLES:
            link = self.root / table / f"source={source}" / f"{table}.parquet"
            if not link.is_symlink():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(Path("../..") / ".versions" / f"source={source}" / "current" / link.name)
                sync(link.parent)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.read(4)
        file.seek(-4, os.SEEK_END)
        return first == file.read(4) == b"PAR1"
