"""What a download will do: which files, how many bytes, how much room; and whether it may."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from chorus.download.bar import human
from chorus.download.fetch import Patience, Say, remote_size
from chorus.download.marker import Marker, size_of
from chorus.download.paths import WORK, Refused, archive_kind
from chorus.errors import ChorusError, UsageError
from chorus.schemas.source import ReleaseFile, Source

#: Parts of a licence id that forbid some uses: commerce (NC), or what is made from it, augmented clips too (ND).
LIMITS = {"NC": "not for commercial use", "ND": "nothing made from it may be passed on"}


@dataclass(frozen=True)
class Item:
    """A file to fetch: its size in bytes (None: nobody says) and how many of them are here already."""

    file: ReleaseFile
    size: int | None
    have: int

    @property
    def is_archive(self) -> bool:
        return archive_kind(self.file.name) is not None


@dataclass(frozen=True)
class Plan:
    """The files of one source: `todo` are to be fetched into `target`, `there` were fetched before, `by_hand` have no
    address. `wanted` names all that the command asks for and a program can fetch."""

    card: Source
    target: Path
    wanted: tuple[str, ...]
    todo: tuple[Item, ...]
    there: tuple[str, ...]
    by_hand: tuple[str, ...]
    keep_archives: bool

    @property
    def bytes(self) -> int:
        """Bytes still to fetch, of the files whose size is known."""
        return sum(max(item.size - item.have, 0) for item in self.todo if item.size is not None)

    @property
    def unknown(self) -> int:
        """How many files have no known size."""
        return sum(item.size is None for item in self.todo)

    @property
    def room(self) -> int:
        """Bytes that the disk must hold at once, at least.

        An archive counts twice, packed and unpacked: sound hardly shrinks when it is packed (31.1 GB of ssw60.tar.gz
        become 32 GB). Packed ones are removed one by one unless they are kept. What they really need is looked up in
        each before it is unpacked.
        """
        now = most = 0
        for item in self.todo:
            size = item.size or 0
            now += size - min(item.have, size) + (size if item.is_archive else 0)
            most = max(most, now)
            if item.is_archive and not self.keep_archives:
                now -= size
        return most

    def check_room(self) -> None:
        """Raise ChorusError when the disk is too small for what is known of the sizes."""
        free = free_bytes(self.target)
        if self.room > free:
            raise ChorusError(
                f"{self.card.id}: needs at least {human(self.room)} ({human(self.bytes)} to fetch; archives counted as "
                f"large again unpacked), {human(free)} is free at {self.target}: make room, or give another place with "
                "--to"
            )

    def lines(self) -> list[str]:
        """What will be fetched, for a person to agree to."""
        unknown = f", {self.unknown} of unknown size" if self.unknown else ""
        there = f" ({len(self.there)} more are there)" if self.there else ""
        estimate = "; archives counted as large again unpacked" if any(item.is_archive for item in self.todo) else ""
        lines = [
            f"  files    {len(self.todo)} to fetch{there}, {human(self.bytes)}{unknown}",
            f"  into     {self.target}",
            f"  room     at least {human(self.room)}{estimate}; {human(free_bytes(self.target))} is free",
        ]
        if self.by_hand:
            lines.append(f"  by hand  {len(self.by_hand)} files have no address: {self.card.get or 'see its DOI'}")
        return lines


def make_plan(
    card: Source,
    target: Path,
    only: Iterable[str] = (),
    keep_archives: bool = False,
    patience: Patience | None = None,
    say: Say = print,
) -> Plan:
    """Find out what a download of `card` into `target` has to do; asks servers for sizes that the card lacks.

    `only` are patterns for file names (case ignored), any of which may match. Raises UsageError when nothing matches,
    or nothing that does has an address; ChorusError when a server cannot be reached.
    """
    chosen = select(card, list(only))
    wanted = [file for file in chosen if file.url]
    if not wanted:
        raise UsageError("; ".join(by_hand(card, target)))
    marker = Marker.of(card, target)
    there = [file for file in wanted if file.name in marker.files and marker.files[file.name].stands(target, file)]
    todo = [file for file in wanted if file not in there]
    return Plan(
        card,
        target,
        wanted=tuple(file.name for file in wanted),
        todo=tuple(_sized(todo, target, patience or Patience(), say)),
        there=tuple(file.name for file in there),
        by_hand=tuple(file.name for file in chosen if not file.url),
        keep_archives=keep_archives,
    )


def select(card: Source, only: list[str]) -> list[ReleaseFile]:
    """The files whose name matches one of the patterns; all without patterns. Raises UsageError when none does."""
    if not only:
        return card.files
    chosen = [f for f in card.files if any(fnmatchcase(f.name.casefold(), pattern.casefold()) for pattern in only)]
    if card.files and not chosen:
        names = ", ".join(file.name for file in card.files[:8]) + (", ..." if len(card.files) > 8 else "")
        raise UsageError(f"{card.id}: no file matches --only {' '.join(only)}; there are: {names}")
    return chosen


def _sized(files: list[ReleaseFile], target: Path, patience: Patience, say: Say) -> list[Item]:
    def sized(file: ReleaseFile) -> Item:
        size = file.size
        if size is None:
            try:
                size = remote_size(file.url or "", patience, say)
            except Refused:  # the fetch will say why
                size = None
        return Item(file, size, _here(file, target, size))

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(sized, files))


def _here(file: ReleaseFile, target: Path, size: int | None) -> int:
    """Bytes of a file that need not be fetched: of a part, a whole archive, or a copy that was put there by hand."""
    whole = size_of(target / WORK / file.name) or size_of(target / file.name)
    if whole is not None and whole == size:
        return whole
    return size_of(target / WORK / f"{file.name}.part") or 0


def needs_acceptance(licence: str) -> str | None:
    """Why a licence must be accepted by name before anything is fetched; None for an open one.

    Open are SPDX ids without NC and ND parts. Every LicenseRef-... needs it: terms of its own, or none known, are for
    a person to judge.
    """
    if licence.startswith("LicenseRef-"):
        return "no terms are known" if licence == "LicenseRef-unknown" else "terms of its own"
    return next((why for part, why in LIMITS.items() if part in licence.split("-")), None)


def by_hand(card: Source, target: Path) -> list[str]:
    """Three lines for a source that no program can fetch: that it is so, where to get it, where to put it."""
    return [
        f"{card.id}: no program can fetch this ({card.licence})",
        f"get it: {card.get or f'see {card.doi or card.title}'}",
        f"put it into {target} and run chorus ingest {card.id}; or keep it anywhere and name it with --root DIR",
    ]


def free_bytes(target: Path) -> int:
    """Free bytes on the disk where `target` is or will be."""
    place = next(place for place in (target, *target.parents) if place.is_dir())
    return shutil.disk_usage(place).free
