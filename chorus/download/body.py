"""The body of an answer as it comes: what came before a break is kept, and what was cut off does not pass as whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from requests import Response

#: Most bytes that are taken at once.
CHUNK = 1 << 16
#: Packing on the way that can be undone, and checked to be whole.
PACKINGS = ("gzip", "x-gzip", "deflate")
#: zlib finds out itself whether it is gzip or deflate.
EITHER = zlib.MAX_WBITS | 32


def packing(response: Response) -> str | None:
    """How a server packed the body on the way, which nobody asks it to; None where it did not."""
    named = response.headers.get("Content-Encoding", "").strip().casefold()
    return None if named in ("", "identity") else named


def pieces(response: Response) -> Iterator[bytes]:
    """The bytes on the line, each as soon as it is here: those before a break are kept."""
    read = getattr(response.raw, "read1", response.raw.read)  # urllib3 1 has no read1
    while piece := read(CHUNK, decode_content=False):
        yield piece


def unpacked(packed: Iterable[bytes]) -> Iterator[bytes]:
    """What was packed on the way, as it was before. Raises zlib.error for damage, EOFError when it is cut off."""
    one = zlib.decompressobj(EITHER)
    for piece in packed:
        while piece:
            one = zlib.decompressobj(EITHER) if one.eof else one
            yield one.decompress(piece)
            piece = one.unused_data
    if not one.eof:
        raise EOFError("it was cut off")
