"""Bytes from object storage and web servers, in pieces.

s3:// and gs:// are read by `chorus.storage`, http(s):// by requests, every other kind of URL by fsspec where that is
installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chorus import storage

PIECE = 4 << 20
#: Seconds without a byte after which a web server counts as gone.
PATIENCE_S = 60


def is_remote(place: str) -> bool:
    """Whether a place is a URL."""
    return "://" in place


def chunks(place: str, name: str) -> Iterator[bytes]:
    """The bytes of the file `name` below a URL. Raises OSError, FileNotFoundError where there is no such file."""
    scheme = place.partition("://")[0]
    if scheme in ("http", "https"):
        yield from _web(place, name)
        return
    url = f"{place}/{name}"
    with storage.open_for_reading(url) if scheme in storage.SCHEMES else _other(url) as file:
        while piece := file.read(PIECE):
            yield piece


def _web(place: str, name: str) -> Iterator[bytes]:
    import requests

    base, mark, query = place.partition("?")
    url = f"{base}/{name}{mark}{query}"
    with requests.get(url, stream=True, timeout=PATIENCE_S) as answer:
        if answer.status_code == 404:
            raise FileNotFoundError(f"{url}: not found")
        answer.raise_for_status()
        yield from answer.iter_content(PIECE)


def _other(url: str) -> Any:
    """A file that fsspec opens."""
    try:
        import fsspec

        return fsspec.open(url, "rb")
    except (ImportError, ValueError) as error:
        raise OSError(f"no way to read this kind of URL ({error})") from None
