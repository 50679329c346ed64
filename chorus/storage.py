"""Object storage (s3://, gs://) beside local folders: the one place that knows how to reach it.

Addresses are `s3://bucket/path` and `gs://bucket/path`. Credentials come from where the providers' own tools take them
(environment, profile, instance role); an S3-compatible server is named by AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, one
that stands in for Google's by STORAGE_EMULATOR_HOST.
An object appears whole, when its upload has ended, or not at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from chorus.errors import ChorusError, UsageError

if TYPE_CHECKING:
    from pyarrow import fs

SCHEMES = ("s3", "gs")
#: Bytes that are read ahead where a recording is read from object storage.
AHEAD = 1 << 18
#: Seconds until a connection, and until an answer, is given up and tried again.
CONNECT_S, REQUEST_S = 10, 60
_COPIED = 8 << 20
#: What Google's client says at the end of its account of all tries.
_LAST_MESSAGE = re.compile(r".*last message of (.+?) error_info=", re.DOTALL)
_URL = re.compile(r"([a-z][a-z0-9+.-]+):/{1,2}(?=[^/])")


def normal(place: str | os.PathLike[str]) -> str:
    """A place as text; a URL that was made a `Path` gets back the slash that it lost, and loses those at its end."""
    text = os.fspath(place)
    found = _URL.match(text)
    return f"{found[1]}://{text[found.end() :].rstrip('/')}" if found else text


def address(place: str | os.PathLike[str]) -> str | None:
    """The address in object storage that a place stands for, see `normal`; None for a local path. Raises UsageError for
    a scheme that is not known."""
    found = _URL.match(os.fspath(place))
    if not found:
        return None
    if found[1] not in SCHEMES:
        raise UsageError(f"{os.fspath(place)}: expected a folder, s3://bucket/path or gs://bucket/path")
    return normal(place)


def cache_folder() -> Path:
    """Where copies and unfinished work of object storage lie on this machine."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("chorus", appauthor=False))


def open_for_reading(place: str, ahead: int = AHEAD) -> BinaryIO:
    """A seekable binary file, local or in object storage, of which `ahead` bytes are read at once.

    Raises OSError where it is absent.
    """
    found = address(place)
    if found is None:
        return Path(place).open("rb")
    import io

    files, path = _filesystem(found)
    try:
        file: BinaryIO = io.BufferedReader(files.open_input_file(path), ahead)
    except OSError as error:
        raise type(error)(_reason(error)) from None
    return file


def is_folder(place: str) -> bool:
    """Whether a local folder is there, or objects below an address."""
    found = address(place)
    if found is None:
        return Path(place).is_dir()
    from pyarrow.fs import FileType

    files, path = _filesystem(found)
    with _one_line(found):
        return bool(files.get_file_info(path).type == FileType.Directory)


def listing(place: str) -> dict[str, int]:
    """Size of every file below a local folder, or of every object below an address, by its name there."""
    found = address(place)
    if found is not None:
        return Bucket(found).listing()
    folder = Path(place)
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


class Bucket:
    """Objects below an address. Raises ChorusError of one line for everything that the storage refuses."""

    def __init__(self, place: str) -> None:
        self.address = place
        self._files, self._path = _filesystem(place)

    def listing(self) -> dict[str, int]:
        """Size of every object by its name below the address."""
        from pyarrow.fs import FileSelector, FileType

        with _one_line(self.address):
            found = self._files.get_file_info(FileSelector(self._path, allow_not_found=True, recursive=True))
        return {i.path.removeprefix(f"{self._path}/"): i.size for i in found if i.type == FileType.File}

    def read(self, name: str) -> bytes:
        """The content of an object."""
        with _one_line(f"{self.address}/{name}"), self._from(name) as file:
            content: bytes = file.read()
        return content

    def put(self, name: str, data: bytes) -> None:
        """Store an object."""
        with _one_line(f"{self.address}/{name}"), self._to(name) as file:
            file.write(data)

    def upload(self, name: str, path: Path) -> None:
        """Store a local file as an object, in pieces."""
        with (
            path.open("rb") as source,
            _one_line(f"{self.address}/{name}"),
            self._to(name) as file,
        ):
            _copy(source, file)

    def download(self, name: str, path: Path) -> None:
        """Copy an object to a local file, which appears whole."""
        from chorus.atomic import aside

        with (
            _one_line(f"{self.address}/{name}"),
            self._from(name) as source,
            aside(path) as file,
        ):
            _copy(source, file)

    # pyarrow would pack and unpack what is named *.gz

    def _from(self, name: str) -> Any:
        return self._files.open_input_stream(f"{self._path}/{name}", compression=None)

    def _to(self, name: str) -> Any:
        return self._files.open_output_stream(f"{self._path}/{name}", compression=None)


def _copy(source: Any, target: BinaryIO) -> None:
    while piece := source.read(_COPIED):
        target.write(piece)


@contextmanager
def _one_line(place: str) -> Iterator[None]:
    """Errors of the storage as a ChorusError that names the place."""
    try:
        yield
    except OSError as error:
        raise ChorusError(f"{place}: object storage: {_reason(error)}") from None


def _reason(error: OSError) -> str:
    """What the storage says, in one line."""
    if isinstance(error, FileNotFoundError):
        return "no such object or bucket"
    text = str(error)
    if last := _LAST_MESSAGE.match(text):
        text = last[1]
    return text.strip().splitlines()[0].rstrip(".") if text.strip() else type(error).__name__


def _filesystem(place: str) -> tuple[fs.FileSystem, str]:
    """How to reach an address, and its path there."""
    scheme, _, path = place.partition("://")
    with _one_line(place):
        return _client(scheme, path.partition("/")[0]), path


@lru_cache
def _client(scheme: str, bucket: str) -> fs.FileSystem:
    """One for all objects of a bucket: it keeps connections and credentials."""
    return _google() if scheme == "gs" else _amazon(bucket)


def _google() -> fs.FileSystem:
    from pyarrow import fs

    limit = timedelta(seconds=REQUEST_S)
    emulator = os.environ.get("STORAGE_EMULATOR_HOST")
    if not emulator:
        return fs.GcsFileSystem(retry_time_limit=limit)
    scheme, _, host = emulator.rstrip("/").rpartition("://")
    return fs.GcsFileSystem(anonymous=True, scheme=scheme or "http", endpoint_override=host, retry_time_limit=limit)


def _amazon(bucket: str) -> fs.FileSystem:
    from pyarrow import fs

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region is None:
        region = "us-east-1" if endpoint else fs.resolve_s3_region(bucket)
    return fs.S3FileSystem(
        endpoint_override=endpoint, region=region, connect_timeout=CONNECT_S, request_timeout=REQUEST_S
    )


def forget() -> None:
    """Reach every address anew: credentials or servers have changed."""
    _client.cache_clear()
