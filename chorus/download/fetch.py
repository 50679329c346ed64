"""One file over HTTP, so that it can be cut off at any byte and gone on with: what pooch's own downloader lacks.

The bytes go to `<name>.part`. Beside it stands `<name>.part.json`: the address, the size and what the server called
this state of the file (ETag, Last-Modified). The next attempt asks for the rest only if that is still the file's state;
a server that cannot do so, or a file that changed, begins again. So does a file of which neither the server names a
state nor the card a hash, and one that the server packs on the way: its bytes are not those that a range counts.
"""

from __future__ import annotations

import json
import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from chorus._version import __version__
from chorus.atomic import disk_error, sync, write_bytes
from chorus.download.bar import human
from chorus.download.body import PACKINGS, packing, pieces, unpacked
from chorus.download.marker import known_hash, size_of
from chorus.download.paths import Refused
from chorus.errors import ChorusError
from chorus.schemas.source import ReleaseFile

if TYPE_CHECKING:
    from requests import Response

#: No compression on the way: sizes and ranges are those of the file itself.
HEADERS = {"User-Agent": f"chorus-bioacoustics/{__version__}", "Accept-Encoding": "identity"}
RETRIED = (408, 429, 500, 502, 503, 504)

Say = Callable[[str], None]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Patience:
    """How long to bear with a server: `tries` in a row without a new byte, the first pause (doubled each time), silence
    until a connection counts as dead, and the longest wait that a server may ask for. Times in seconds."""

    tries: int = 5
    pause_s: float = 1.0
    stall_s: float = 30.0
    longest_wait_s: float = 120.0


class Transient(Exception):
    """Trouble that may pass. `wait_s` is how long the server asks to wait; None: it does not say."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


def patiently(attempt: Callable[[], Result], what: str, patience: Patience, say: Say, got: Callable[[], int]) -> Result:
    """The result of `attempt`, tried again after Transient trouble, with growing pauses.

    `got` tells how many bytes there are: as long as they grow beyond what there was, trying goes on. Raises ChorusError
    when patience is out.
    """
    failures, best = 0, got()
    while True:
        try:
            return attempt()
        except Transient as trouble:
            if got() > best:
                failures, best = 0, got()
            failures += 1
            wait_s = patience.pause_s * 2 ** (failures - 1) if trouble.wait_s is None else trouble.wait_s
            if failures >= patience.tries:
                raise ChorusError(f"{what}: {trouble}; what was fetched is kept, run the same command again") from None
            if wait_s > patience.longest_wait_s:
                raise ChorusError(f"{what}: {trouble} and asks to wait {wait_s:,.0f} s: run it again then") from None
            say(f"{what}: {trouble}; trying again in {wait_s:.0f} s")
            time.sleep(wait_s)


@dataclass(slots=True)
class Part:
    """What the `.part` file is a part of. `size` is the whole file's in bytes, None where the server does not say."""

    url: str
    size: int | None
    etag: str | None
    last_modified: str | None

    @property
    def condition(self) -> dict[str, str]:
        """The header that asks for the rest only of this very state; weak ETags cannot vouch for bytes."""
        strong = self.etag if self.etag and not self.etag.startswith("W/") else None
        validator = strong or self.last_modified
        return {"If-Range": validator} if validator else {}

    def is_state_of(self, other: Part) -> bool:
        """Whether nothing that both know tells the two apart."""
        pairs = zip(asdict(self).values(), asdict(other).values(), strict=True)
        return all(a == b for a, b in pairs if a is not None and b is not None)


class Resuming:
    """A downloader for pooch. `moved` is told how many bytes came (fewer than none when it begins again)."""

    def __init__(self, part: Path, file: ReleaseFile, patience: Patience, say: Say, moved: Callable[[int], None]):
        self.part, self.file, self.patience, self.say, self.moved = part, file, patience, say, moved
        self.notes = part.with_name(f"{part.name}.json")

    def __call__(self, url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:
        """Fetch `url` whole, then hand it over as `output_file`; the part stays until `discard`, so that a kill while
        pooch computes the hash costs nothing. Raises ChorusError."""
        if not self._is_whole(url):
            patiently(lambda: self._attempt(url), self.file.name, self.patience, self.say, self.here)
        Path(output_file).unlink()
        try:
            Path(output_file).hardlink_to(self.part)
        except OSError:  # a file system without links
            self.part.replace(output_file)

    def here(self) -> int:
        """Bytes fetched so far."""
        return size_of(self.part) or 0

    def discard(self) -> None:
        """Remove the part: its file is in its place, or not to be trusted."""
        self.part.unlink(missing_ok=True)
        self.notes.unlink(missing_ok=True)

    def _known(self, url: str) -> Part | None:
        """What an earlier attempt noted; None when there is nothing to go on with."""
        if not self.here():
            return None
        try:
            noted = Part(**json.loads(self.notes.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return noted if noted.url == url else None

    def _resumable(self, url: str) -> Part | None:
        """What an earlier attempt noted, where the server or the card can tell that the rest is of the same file."""
        known = self._known(url)
        return known if known and (known.etag or known.last_modified or known_hash(self.file)) else None

    def _is_whole(self, url: str) -> bool:
        known = self._known(url)
        return known is not None and known.size == self.here()

    def _attempt(self, url: str) -> None:
        known = self._resumable(url)
        asked = {"Range": f"bytes={self.here()}-", **known.condition} if known else {}
        with http("GET", url, self.patience, asked) as response:
            if response.status_code == 416 or (response.status_code == 206 and not self._continues(response, known)):
                self._begin_again()
                raise Transient("the file changed on the server", 0.0)
            check_status(response, self.file.name)
            if response.status_code == 200:
                self._start(response, url, bool(known))
            self._receive(response)
        noted = self._known(url)
        if noted and noted.size is not None and noted.size != self.here():
            raise Transient(f"the connection ended at {human(self.here())} of {human(noted.size)}")
        sync(self.part)

    def _continues(self, response: Response, known: Part | None) -> bool:
        """Whether a partial answer is the rest of what is here."""
        start, size = content_range(response)
        now = part_of(response, known.url if known else "", size)
        resumed = known is not None and start == self.here() and known.is_state_of(now)
        return resumed and self._packing(response) is None

    def _packing(self, response: Response) -> str | None:
        """How the server packed the file on the way; None where the bytes are the file's own. A server may call a .gz
        file 'gzip-encoded': its bytes are the file itself then. Raises Refused for what cannot be undone."""
        how = None if self.file.name.casefold().endswith((".gz", ".tgz")) else packing(response)
        if how not in (None, *PACKINGS):
            raise Refused(f"{self.file.name}: the server packs it as {how!r} on the way, which Chorus cannot read")
        return how

    def _begin_again(self) -> None:
        self.moved(-self.here())
        self.discard()

    def _start(self, response: Response, url: str, resumed: bool) -> None:
        """Make an empty part for a file that is served from its first byte, and note what it is, unless it cannot be
        gone on with. `resumed`: only the rest was asked for."""
        if self.here():
            why = "the file changed, or it cannot resume" if resumed else "what came before cannot be gone on with"
            self.say(f"{self.file.name}: the server begins again: {why}")
        self._begin_again()
        part, packed = part_of(response, url, content_length(response)), self._packing(response)
        self._check_offer(part)
        self.part.touch()
        if not packed:
            write_bytes(self.notes, json.dumps(asdict(part)).encode())

    def _check_offer(self, part: Part) -> None:
        """Raise Refused when the server has a file of another size than the card's."""
        if None not in (self.file.size, part.size) and self.file.size != part.size:
            raise Refused(
                f"{self.file.name}: the server offers {part.size:,} bytes, expected {self.file.size:,}: "
                "the release has changed since its card was written"
            )

    def _receive(self, response: Response) -> None:
        """Write what comes, unbuffered, to the end of the part. Raises Transient when the line breaks."""
        import requests
        from urllib3.exceptions import HTTPError

        try:
            with self.part.open("ab", buffering=0) as file:
                for piece in unpacked(pieces(response)) if self._packing(response) else pieces(response):
                    file.write(piece)
                    self.moved(len(piece))
        except (requests.RequestException, HTTPError) as error:
            raise Transient(reason(error, self.patience)) from None
        except (zlib.error, EOFError):
            raise Transient("what the server packed on the way came cut off or damaged") from None
        except OSError as error:
            raise disk_error(error, self.part) from error


def fetch(downloader: Resuming, folder: Path) -> Path:
    """A file of a card through pooch: its registry and its hash check. Returns the path, `folder`/<name>.

    Raises Refused when the hash is wrong (the file is deleted then) or the server refuses, ChorusError for what ends
    the whole download.
    """
    import pooch

    file = downloader.file
    pooch.get_logger().setLevel("WARNING")
    store = pooch.Pooch(folder, "", registry={file.name: known_hash(file)}, urls={file.name: file.url})
    try:
        path = Path(store.fetch(file.name, downloader=downloader))
    except ValueError as error:
        downloader.discard()
        told = str(error).partition(" Deleted download")[0]
        raise Refused(f"{file.name}: wrong checksum: {told} It was deleted, run it again to fetch it anew") from None
    except OSError as error:
        raise disk_error(error, folder / file.name) from error
    downloader.discard()
    return path


def remote_size(url: str, patience: Patience, say: Say) -> int | None:
    """Size of a remote file in bytes by HEAD, else by asking for its first byte; None when the server does not tell.

    Raises ChorusError when the server cannot be reached.
    """

    def ask() -> int | None:
        with http("HEAD", url, patience) as response:
            size = content_length(response) if response.ok else None
        if size is not None:
            return size
        with http("GET", url, patience, {"Range": "bytes=0-0"}) as response:
            if response.status_code == 206:
                return content_range(response)[1]
            return content_length(response) if response.ok else None

    return patiently(ask, urlsplit(url).netloc, patience, say, lambda: 0)


def http(method: str, url: str, patience: Patience, headers: Mapping[str, str] | None = None) -> Response:
    """An open answer to a request, redirects followed. Raises Transient when nobody answers, Refused for an address
    that cannot be asked."""
    import requests

    try:
        return requests.request(
            method,
            url,
            headers={**HEADERS, **(headers or {})},
            stream=True,
            allow_redirects=True,
            timeout=(min(patience.stall_s, 15.0), patience.stall_s),
        )
    except (requests.ConnectionError, requests.Timeout) as error:
        raise Transient(f"{urlsplit(url).netloc}: {reason(error, patience)}") from None
    except requests.RequestException as error:
        raise Refused(f"{url}: cannot be asked for: {error}") from None


def check_status(response: Response, name: str) -> None:
    """Raise Transient for an answer that may change, Refused for one that will not."""
    code = response.status_code
    if code in (200, 206):
        return
    if code in RETRIED:
        said = "the server is asked too often" if code == 429 else "the server has trouble"
        raise Transient(f"{said} ({code})", retry_after(response))
    if code in (401, 403):
        raise Refused(f"{name}: the server refuses it ({code}): it may need an account, see {response.url}")
    if code in (404, 410):
        raise Refused(f"{name}: not there any more ({code}): {response.url}")
    raise Refused(f"{name}: the server answered {code} {response.reason}: {response.url}")


def reason(error: Exception, patience: Patience) -> str:
    """What went wrong on the line, in words."""
    import requests
    from urllib3.exceptions import TimeoutError as Silence

    text = str(error)
    if "NameResolution" in text or "getaddrinfo" in text:
        return "no such host, or no network"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate cannot be checked"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer"
    if isinstance(error, requests.Timeout | Silence) or "timed out" in text:
        return f"silent for {patience.stall_s:g} s"
    return "connection refused" if "refused" in text else "the connection broke off"


def part_of(response: Response, url: str, size: int | None) -> Part:
    """What an answer says of the file it comes from."""
    return Part(url, size, response.headers.get("ETag"), response.headers.get("Last-Modified"))


def content_length(response: Response) -> int | None:
    """Bytes of the body as it will be stored; None where the server does not say, or packs it on the way."""
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdigit() and packing(response) is None else None


def content_range(response: Response) -> tuple[int | None, int | None]:
    """First byte and whole size of 'bytes 5-9/100', each None where it is not told."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip())
    if not found:
        return None, None
    return int(found[1]), None if found[2] == "*" else int(found[2])


def retry_after(response: Response) -> float | None:
    """Seconds that a server asks to wait, given as a number or as a date; None where it does not ask."""
    asked = response.headers.get("Retry-After", "")
    if asked.isdigit():
        return float(asked)
    try:
        return max((parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
