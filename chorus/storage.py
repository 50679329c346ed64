"""Object storage (s3://, gs://) beside local folders: the one place that knows how to reach it.

Addresses are `s3://bucket/path` and `gs://bucket/path`. Credentials come from where the providers' own tools take them
(environment, profile, instance role); an S3-compatible server is named by AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.
An object appears whole, when its upload has ended, or not at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
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
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/{1,2}(?=[^/])")


def address(place: str | os.PathLike[str]) -> str | None:
    """The address in object storage that a place stands for, without a slash at its end; None for a local path.

    A `Path` has lost one of its two slashes; it is put back. Raises UsageError for a scheme that is not known.
    """
    text = os.fspath(place)
    found = _ADDRESS.match(text)
    if not found:
        return None
    if found[1] not in SCHEMES:
        raise UsageError(f"{text}: expected a folder, s3://bucket/path or gs://bucket/path")
    return f"{found[1]}://{text[found.end() :].rstrip('/')}"


def cache_folder() -> Path:
    """Where copies and unfinished work of object storage lie on this machine."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("chorus", appauthor=False))


def open_for_reading(place: str) -> BinaryIO:
    """A seekable binary file, local or in object storage. Raises OSError where it is absent."""
    found = address(place)
    if found is None:
        return Path(place).open("rb")
    import io

    files, path = _filesystem(found)
    file: BinaryIO = io.BufferedReader(files.open_input_file(path), AHEAD)
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
        with _one_line(f"{self.address}/{name}"), self._files.open_input_file(f"{self._path}/{name}") as file:
            content: bytes = file.read()
        return content

    def put(self, name: str, data: bytes) -> None:
        """Store an object."""
        with _one_line(f"{self.address}/{name}"), self._files.open_output_stream(f"{self._path}/{name}") as file:
            file.write(data)

    def upload(self, name: str, path: Path) -> None:
        """Store a local file as an object, in pieces."""
        with (
            path.open("rb") as source,
            _one_line(f"{self.address}/{name}"),
            self._files.open_output_stream(f"{self._path}/{name}") as file,
        ):
            _copy(source, file)

    def download(self, name: str, path: Path) -> None:
        """Copy an object to a local file, which appears whole."""
        from chorus.atomic import aside

        with (
            _one_line(f"{self.address}/{name}"),
            self._files.open_input_file(f"{self._path}/{name}") as source,
            aside(path) as file,
        ):
            _copy(source, file)


def _copy(source: Any, target: BinaryIO) -> None:
    while piece := source.read(_COPIED):
        target.write(piece)


@contextmanager
def _one_line(place: str) -> Iterator[None]:
    """Errors of the storage as a ChorusError that names the place."""
    try:
        yield
    except OSError as error:
        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ChorusError(f"{place}: object storage: {text.rstrip('.')}") from None


@lru_cache
def _filesystem(place: str) -> tuple[fs.FileSystem, str]:
    """How to reach an address, and its path there."""
    from pyarrow import fs

    scheme, _, path = place.partition("://")
    with _one_line(place):
        if scheme == "gs":
            return fs.FileSystem.from_uri(place)
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if region is None:
            region = "us-east-1" if endpoint else fs.resolve_s3_region(path.partition("/")[0])
        found = fs.S3FileSystem(
            endpoint_override=endpoint, region=region, connect_timeout=CONNECT_S, request_timeout=REQUEST_S
        )
        return found, path


def forget() -> None:
    """Reach every address anew: credentials or servers have changed."""
    _filesystem.cache_clear()
