"""What an adapter is: a card that describes a release, and two pure functions that read it.

An adapter never opens the lake, resolves a name, probes a sound file or counts anything: it says which files there are
(`units`) and what stands in each (`read`). Everything else (taxonomy, validation, flags, Parquet, resume, progress)
is the engine's, in `chorus.lake.ingest`.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from chorus.errors import ChorusError, ReadError, UsageError
from chorus.schemas.issue import Action
from chorus.schemas.source import Source
from chorus.schemas.vocabulary import Annotated, Kind

if TYPE_CHECKING:
    import pyarrow as pa

    from chorus.audio import Probe

#: Endings of sounds; of several with one stem the first is taken.
AUDIO_SUFFIXES = (
    *(".wav", ".flac", ".mp3", ".ogg", ".aif", ".aiff", ".w64", ".cbin"),
    *(".opus", ".oga", ".aifc", ".caf", ".au", ".rf64", ".sph"),
)
#: Folders of systems that hold nobody's recordings.
SYSTEM = ("__MACOSX", "lost+found", "System Volume Information", "$RECYCLE.BIN")


@dataclass(slots=True)
class Rec:
    """A recording of the release. `facts` are Recording fields that the release states (site, recorded_at, split ...);
    frames, rate, channels and duration are probed by the engine and may be given for files that it cannot probe.
    `short` tells that something of its annotation was lost: it is not `full` then, whatever else is declared of it."""

    path: str
    annotated: Annotated
    facts: dict[str, Any] = field(default_factory=dict)
    short: bool = False


@dataclass(slots=True)
class Recs:
    """Many recordings at once, for tables of millions. `facts` holds Recording fields: a list as long as `paths`, or
    one value for all."""

    paths: list[str]
    annotated: Annotated
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Calls:
    """Calls of one annotation file, as columns.

    `recording` is the sound file's path (one for all rows, or one each). `origin_line` holds the line each row stood
    on, counted from 1. `columns` holds Call fields: a list as long as `origin_line`, or one value for all rows;
    `start_s` and `end_s` are required. The extra column `taxon_key` is what the resolver looks up where that is not
    the label itself (None: nothing to look up). Times may still be wrong (NaN, reversed): the engine checks every rule
    of the schema and sends rows that break one to `issues`. Tables of millions give Arrow arrays for lists.
    """

    recording: str | list[str] | pa.Array
    origin_file: str
    origin_line: list[int] | range | pa.Array
    columns: dict[str, Any]

    def __len__(self) -> int:
        return len(self.origin_line)


@dataclass(slots=True)
class Problem:
    """Something a reader dropped, repaired or found odd. `reason` is a short fixed name, for counting."""

    origin_file: str
    reason: str
    message: str
    line: int | None = None
    raw: str | None = None
    action: Action = Action.dropped


Item = Rec | Recs | Calls | Problem


class Release:
    """The files of a release on disk, listed once: adapters look names up here instead of walking the disk again.

    `root` is the folder all paths are relative to; `files` maps each path ('/' separated) to (size, mtime_ns).
    """

    def __init__(self, root: Path, files: dict[str, tuple[int, int]], unreadable: Sequence[str] = ()) -> None:
        self.root = root
        self.files = files
        self.unreadable = unreadable
        self._probed: dict[str, Probe | ReadError] = {}

    @classmethod
    def scan(cls, root: str | os.PathLike[str]) -> Release:
        """List everything under `root`, hidden files aside. A link to a folder that it lies in is not followed. Raises
        UsageError when it is not a folder, or one below it cannot be listed."""
        base = Path(root).expanduser().resolve()
        if not base.exists():
            raise UsageError(f"{base}: no such folder")
        if not base.is_dir():
            raise UsageError(f"{base}: is a file, expected the folder of a release")
        files: dict[str, tuple[int, int]] = {}
        unreadable: list[str] = []
        stack = [("", str(base), frozenset({place_of(base)}))]
        try:
            while stack:
                prefix, folder, above = stack.pop()
                for entry in _entries(folder):
                    if not entry.name.isprintable() and not encodable(entry.name):
                        unreadable.append(prefix + os.fsencode(entry.name).decode("utf-8", "backslashreplace"))
                    elif entry.is_dir():
                        place = place_of(entry.path)
                        if place not in above:
                            stack.append((f"{prefix}{entry.name}/", entry.path, above | {place}))
                    elif entry.is_file():
                        stat = entry.stat()
                        files[prefix + entry.name] = (stat.st_size, stat.st_mtime_ns)
        except OSError as error:
            raise unlisted(error) from None
        if not files:
            raise UsageError(f"{base}: the folder is empty")
        return cls(base, dict(sorted(files.items())), sorted(unreadable))

    def below(self, prefix: str) -> Release:
        """The part of the release below a sub-folder, with paths relative to it."""
        if not prefix:
            return self
        cut = len(prefix) + 1
        inner = {p[cut:]: s for p, s in self.files.items() if p.startswith(prefix + "/")}
        return Release(self.root / prefix, inner, [p[cut:] for p in self.unreadable if p.startswith(prefix + "/")])

    def glob(self, pattern: str) -> list[str]:
        """Paths whose last parts match the parts of `pattern`, case ignored, in sorted order."""
        want = pattern.casefold().split("/")
        return [p for p in self.files if _tail_matches(p.casefold().split("/"), want)]

    def bytes(self, path: str) -> bytes:
        """Content of a file. Raises ReadError when it cannot be read."""
        try:
            return (self.root / path).read_bytes()
        except OSError as error:
            raise ReadError(error.strerror or str(error), path) from None

    def probe(self, path: str) -> Probe:
        """Header of a sound file, read once. Raises ReadError when it cannot be read."""
        if path not in self._probed:
            from chorus.audio import probe

            try:
                self._probed[path] = probe(self.root / path)
            except ReadError as error:
                self._probed[path] = error
        found = self._probed[path]
        if isinstance(found, ReadError):
            raise found
        return found

    @cached_property
    def _stems(self) -> dict[str, list[str]]:
        stems: dict[str, list[str]] = {}
        for path in self.files:
            name = path.rpartition("/")[2]
            stem, dot, suffix = name.rpartition(".")
            if dot and f".{suffix.lower()}" in AUDIO_SUFFIXES:
                stems.setdefault(fold(stem), []).append(path)
        return stems

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {fold(path): path for path in reversed(self.files)}

    def find(self, path: str) -> str:
        """The file at `path`: the very name, else one that differs in case only; `path` itself when there is none."""
        return path if path in self.files else self._folded.get(fold(path), path)

    def audio(self, stem: str, default: str, near: str = "") -> str:
        """The sound file whose name without suffix is `stem`, case ignored; `default` when there is none.

        When several share the stem, the one in the folder `near` wins, then the first suffix of AUDIO_SUFFIXES
        (so a WAV goes before its MP3 copy).
        """
        found = self._stems.get(fold(stem), [])
        if not found:
            return default

        def order(path: str) -> tuple[bool, int, str]:
            suffix = PurePosixPath(path).suffix.lower()
            return (path.rpartition("/")[0] != near, AUDIO_SUFFIXES.index(suffix), path)

        return min(found, key=order)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What lies in a folder, but for what is hidden and what systems put there."""
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".") and entry.name not in SYSTEM]


def place_of(folder: str | Path) -> tuple[int, int]:
    """What a folder and all links to it have in common."""
    stat = Path(folder).stat()
    return stat.st_dev, stat.st_ino


def unlisted(error: OSError) -> UsageError:
    """Nobody should take a disk for read that was seen in part."""
    why = "no permission to list this folder" if isinstance(error, PermissionError) else error.strerror
    return UsageError(f"{error.filename}: {why}")


def fold(name: str) -> str:
    """A file's name for comparing: case does not matter, nor how a system writes letters with accents."""
    return unicodedata.normalize("NFC", name).casefold()


def without_suffix(name: str) -> str:
    """'a/B.WAV' -> 'a/B'; a name that does not end like a sound stays as it is, blanks around it are cut off."""
    stem, dot, suffix = name.strip().rpartition(".")
    return stem if f"{dot}{suffix}".casefold() in AUDIO_SUFFIXES else name.strip()


def encodable(name: str) -> bool:
    """Whether a file's name is UTF-8; what is not comes with surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _one_base(source: str, anchor: str, bases: list[tuple[str, ...]]) -> str:
    """The root of the release among an anchor's matches.

    Files that may lie anywhere (an anchor without '/') are read together, from the folder they share. Otherwise several
    matches are several copies: reading one silently, or both, would be wrong. Raises UsageError naming them.
    """
    if len(bases) == 1:
        return "/".join(bases[0])
    if "/" not in anchor:
        return os.path.commonpath(["/" + "/".join(base) for base in bases]).lstrip("/")
    shown = ", ".join(f"'{'/'.join(base) or '.'}'" for base in bases[:4])
    raise UsageError(f"{source}: {len(bases)} copies of the release ({shown}): give one of them with --root")


def _tail_matches(parts: list[str], want: list[str]) -> bool:
    return len(parts) >= len(want) and all(fnmatchcase(p, w) for p, w in zip(parts[-len(want) :], want, strict=True))


@dataclass(frozen=True)
class Adapter:
    """A source that can be ingested.

    `anchors` are path patterns, the first that matches fixes the root of the release: for 'meta/esc50.csv' it is the
    folder above `meta`. `units` names the pieces that can be read alone (usually annotation files), in a fixed order;
    `read` yields the recordings, calls and problems of one piece. Both are pure: same files, same rows.
    """

    card: Source
    anchors: tuple[str, ...]
    units: Callable[[Release], Iterable[str]]
    read: Callable[[Release, str], Iterator[Item]]
    #: What is taken to make a sound whose label is no name of a taxon.
    unnamed: Kind = Kind.unknown
    #: For sources that make their own files (`synth`): writes a release into a folder and returns its root.
    make: Callable[..., Path] | None = None

    def open(self, root: str | os.PathLike[str]) -> Release:
        """Scan `root` and move to the root of the release inside it. Raises UsageError naming what was looked for."""
        release = Release.scan(root)
        for anchor in self.anchors:
            depth = anchor.count("/") + 1
            bases = sorted({tuple(p.split("/")[:-depth]) for p in release.glob(anchor)}, key=lambda b: (len(b), b))
            if bases:
                return release.below(_one_base(self.card.id, anchor, bases))
        raise UsageError(
            f"{self.card.id}: nothing of this release under {release.root}; looked for "
            + " or ".join(f"'{a}'" for a in self.anchors)
        )


def check_length(calls: Calls) -> None:
    """Raise ChorusError when an adapter's columns differ in length: a bug of the adapter, told as one line."""
    n = len(calls)
    for name, values in calls.columns.items():
        if not isinstance(values, str) and hasattr(values, "__len__") and len(values) != n:
            raise ChorusError(f"{calls.origin_file}: adapter gave {len(values)} values of {name} for {n} calls")
