"""Carry out a plan: file by file fetch, check, unpack, note. Killed at any moment, the next run goes on."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chorus.atomic import alone, disk_error, sync
from chorus.download.bar import ByteProgress
from chorus.download.fetch import Patience, Resuming, Say, fetch
from chorus.download.marker import Fetched, Marker, known_hash, size_of, stamp, state
from chorus.download.paths import WORK, Refused, inside, stem
from chorus.download.place import Places
from chorus.download.plan import Item, Plan
from chorus.download.unpack import Damaged, layout, unpack
from chorus.errors import ChorusError
from chorus.telling import tell


@dataclass(slots=True)
class Report:
    """What a download did: files and bytes fetched, files on the disk that came of them. `left_out` are files of the
    card that are not there: not asked for, or without an address. `kept` are the new paths of files that a person had
    changed or put where one of the release goes."""

    source: str
    folder: str
    unchanged: bool
    files: int
    bytes: int
    written: int
    left_out: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def download(plan: Plan, patience: Patience | None = None, quiet: bool = False, say: Say = tell) -> Report:
    """Fetch, check and unpack what a plan lacks, into its target.

    A file that cannot be had (404, wrong checksum, hostile archive) does not keep the others from being fetched; it is
    told through `say`. Raises ChorusError at the end if there was one, and at once when the disk is full, the network
    gone or another download at work there.
    """
    started = time.monotonic()
    if not plan.todo and state(plan.target) == "finished":
        return _report(plan, Marker.of(plan.card, plan.target), 0, [], started)
    with _locked(plan.target) as work:
        marker = Marker.of(plan.card, plan.target)
        marker.wanted, marker.by_hand = list(plan.wanted), list(plan.by_hand)
        marker.write(plan.target)
        _remove_strays(work, plan)
        have = sum(item.have for item in plan.todo)
        progress = ByteProgress(f"download {plan.card.id}", plan.bytes + have or None, have, quiet)
        job = _Job(plan, marker, work, patience or Patience(), say, progress)
        with progress:
            refused = _fetch_all(job)
        if refused:
            raise ChorusError(_told(plan, refused))
        marker.finished_at = _now()
        marker.write(plan.target)
        with suppress(OSError):  # parts of files that were not asked for this time stay
            work.rmdir()
    return _report(plan, marker, progress.fetched, job.kept, started)


def _report(plan: Plan, marker: Marker, fetched: int, kept: list[str], started: float) -> Report:
    return Report(
        plan.card.id,
        str(plan.target),
        unchanged=not plan.todo,
        files=len(plan.todo),
        bytes=fetched,
        written=sum(len(marker.files[item.file.name].paths) for item in plan.todo),
        left_out=marker.missing(plan.card),
        kept=kept,
        seconds=round(time.monotonic() - started, 3),
    )


@dataclass(slots=True)
class _Job:
    """What every step of one download needs, and what was kept of a person's files."""

    plan: Plan
    marker: Marker
    work: Path
    patience: Patience
    say: Say
    progress: ByteProgress
    kept: list[str] = field(default_factory=list)


def _fetch_all(job: _Job) -> list[str]:
    """Fetch every file of the plan and note it; returns the lines about those that cannot be had."""
    refused = []
    for item in job.plan.todo:
        name = item.file.name
        job.progress.current = name
        try:
            job.marker.files[name] = _obtain(job, item)
        except Refused as error:
            refused.append(str(error))
            if len(job.plan.todo) > 1:
                job.say(f"{job.plan.card.id}: {error}")
            continue
        job.marker.write(job.plan.target)
        (job.work / name).unlink(missing_ok=True)
    return refused


def _told(plan: Plan, refused: list[str]) -> str:
    if len(plan.todo) == 1:
        return f"{plan.card.id}: {refused[0]}"
    return (
        f"{plan.card.id}: {len(refused)} of {len(plan.todo)} files could not be had (see above), the others are in "
        f"{plan.target}; run the same command again to try once more"
    )


def _obtain(job: _Job, item: Item) -> Fetched:
    """One file, from wherever it is, in its place. Raises Refused or ChorusError."""
    import pooch

    file, target = item.file, job.plan.target
    if inside(file.name) != file.name or "/" in file.name:
        raise Refused(f"{file.name!r} is no plain file name")
    known = known_hash(file)
    path = _put_by_hand(item, target, known)
    if path is None:
        part = job.work / f"{file.name}.part"
        path = fetch(Resuming(part, file, job.patience, job.say, job.progress.advance), job.work)
    size = path.stat().st_size
    if known is None and file.size not in (None, size):
        path.unlink()
        raise Refused(f"{file.name}: holds {size:,} bytes, expected {file.size:,}; it was deleted, run it again")
    found = known or f"sha256:{pooch.file_hash(path)}"
    paths = _place(job, item, path, known is not None)
    sync(target)
    return Fetched(file.url or "", size, found, known is not None, _now(), paths)


def _put_by_hand(item: Item, target: Path, known: str | None) -> Path | None:
    """The file where a person put it, if it is the one that the card describes."""
    from pooch.hashes import hash_matches

    path = target / item.file.name
    if item.size is None or size_of(path) != item.size:
        return None
    return path if known is None or hash_matches(path, known) else None


def _place(job: _Job, item: Item, path: Path, verified: bool) -> dict[str, int]:
    """Put a file, or what is packed in it, into the target; returns each path below it with its size."""
    name = item.file.name
    places = Places(name, [file.name for file in job.plan.card.files], job.marker, job.plan.target)
    try:
        if not item.is_archive:
            size = path.stat().st_size
            return {name: size} if path.parent != job.work or places.put(path, name) else {}
        paths = _unpack(job, path, places, verified)
        if path.parent == job.work and job.plan.keep_archives:
            places.put(path, name)
        return paths
    finally:
        job.kept += places.kept
        for line in places.lines():
            job.say(f"{job.plan.card.id}: {line}")


def _unpack(job: _Job, archive: Path, places: Places, verified: bool) -> dict[str, int]:
    """Unpack aside, then move file by file into the target; what a kill leaves aside is thrown away by the next run.

    Returns each path that the archive has below the target with its size. A damaged archive is deleted unless its hash
    is the card's.
    """
    aside = job.work / f"{archive.name}.unpacking"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        with job.progress.aside(f"unpacking {archive.name}") as moved:
            found = unpack(archive, aside, moved, whole=verified)
        folder = layout(found, stem(archive.name))
        put = {f"{folder}{path}": size for path, size in found.items() if places.put(aside / path, f"{folder}{path}")}
        os.sync()  # one call for all of them: the marker must not be on the disk before what it speaks of
    except Damaged as error:
        if verified or archive.parent != job.work:
            raise
        archive.unlink()
        raise Refused(f"{error}; it was deleted, run it again to fetch it anew") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return put


def _remove_strays(work: Path, plan: Plan) -> None:
    """Remove what pooch leaves when it is killed over a hash; the part that it was linked to is still there."""
    names = {file.name for file in plan.card.files}
    for stray in work.glob("tmp*"):
        if stray.is_file() and stray.name.removesuffix(".json").removesuffix(".part") not in names:
            stray.unlink()


@contextmanager
def _locked(target: Path) -> Iterator[Path]:
    """The work folder of a download, held by this process alone. Raises ChorusError when another one holds it."""
    work = target / WORK
    try:
        with alone(work, wait=False):
            yield work
    except BlockingIOError:
        raise ChorusError(f"{target}: another download is at work there; wait for it") from None
    except OSError as error:
        raise disk_error(error, target) from error


def _now() -> str:
    return stamp(time.time())
