"""A web server on this machine that serves bytes the way the test wants: whole, in ranges, cut off, slow, wrong."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chorus.download import Patience
from chorus.schemas.source import ReleaseFile, Source

#: Patience that lets a test be quick: a pause of 10 ms, 3 tries.
BRISK = Patience(tries=3, pause_s=0.01, stall_s=5.0, longest_wait_s=2.0)
ONCE = Patience(tries=1, pause_s=0.01, stall_s=5.0)


@dataclass
class Served:
    """A file on the site. `answers` are used up one by one before the file is served: (status, headers).
    `cuts` likewise: after how many bytes of the body the line breaks; `stalls`: after how many it falls silent."""

    data: bytes
    etag: str | None = None
    modified: str | None = None
    ranges: bool = True
    honours_if_range: bool = True
    heads: bool = True
    told_size: bool = True
    kbps: float | None = None
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    stalls: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """What is served under which path, and what was asked: (method, path, Range)."""

    url: str
    files: dict[str, Served] = field(default_factory=dict)
    log: list[tuple[str, str, str | None]] = field(default_factory=list)

    def add(self, name: str, data: bytes, **how: Any) -> Served:
        """Serve `data` as `name`; with an ETag unless told otherwise."""
        how.setdefault("etag", f'"{hashlib.md5(data).hexdigest()}"')
        self.files[f"/{name}"] = Served(data, **how)
        return self.files[f"/{name}"]

    def gets(self, name: str) -> list[str | None]:
        """The Range of every GET of a file, in order."""
        return [asked for method, path, asked in self.log if (method, path) == ("GET", f"/{name}")]

    def card(self, *files: ReleaseFile, licence: str = "CC-BY-4.0", **fields: Any) -> Source:
        """A card of these files, or of all that is served."""
        return card(*(files or [self.file(path[1:]) for path in self.files]), licence=licence, **fields)

    def file(self, name: str, **facts: Any) -> ReleaseFile:
        return ReleaseFile(name=name, url=f"{self.url}/{name}", **facts)


def card(*files: ReleaseFile, licence: str = "CC-BY-4.0", **fields: Any) -> Source:
    return Source.model_validate(
        {
            "id": "ena_birds",
            "title": "Test data",
            "citation": "Nobody (2026)",
            "licence": licence,
            "environment": "terrestrial",
            "taxa": ["birds"],
            "role": "training",
            "strength": "strong",
            "layout": "confirmed",
            "files": list(files),
            **fields,
        }
    )


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


@contextmanager
def serve() -> Iterator[Site]:
    """A site on a free port of this machine, until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.site = Site(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.site  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    """Answers HEAD and GET, with one range."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        site: Site = self.server.site  # type: ignore[attr-defined]
        site.log.append((self.command, self.path, self.headers.get("Range")))
        served = site.files.get(self.path)
        if served is None or (not body and not served.heads):
            return self._bare(404 if served is None else 403, {})
        if body and served.answers:
            return self._bare(*served.answers.pop(0))
        start = self._start(served)
        if start is not None and start >= len(served.data):
            return self._bare(416, {"Content-Range": f"bytes */{len(served.data)}"})
        self._head(served, start)
        if body:
            self._body(served, served.data[start or 0 :])
        return None

    def _start(self, served: Served) -> int | None:
        asked = re.fullmatch(r"bytes=(\d+)-\d*", self.headers.get("Range", ""))
        if not asked or not served.ranges:
            return None
        condition = self.headers.get("If-Range")
        if condition and served.honours_if_range and condition not in (served.etag, served.modified):
            return None
        return int(asked[1])

    def _bare(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _head(self, served: Served, start: int | None) -> None:
        self.send_response(200 if start is None else 206)
        size = len(served.data)
        if start is not None:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        if served.told_size:
            self.send_header("Content-Length", str(size - (start or 0)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        named = {"ETag": served.etag, "Last-Modified": served.modified, **served.headers}
        for name, value in named.items():
            if value:
                self.send_header(name, value)
        self.end_headers()

    def _body(self, served: Served, data: bytes) -> None:
        cut = served.cuts.pop(0) if served.cuts else None
        stall = served.stalls.pop(0) if served.stalls else None
        end = next((n for n in (cut, stall) if n is not None), len(data))
        try:
            for at in range(0, end, 8192):
                self.wfile.write(data[at : min(at + 8192, end)])
                if served.kbps:
                    time.sleep(8.192 / served.kbps)
            if stall is not None:
                time.sleep(1.5)
        except OSError:
            pass
        if end < len(data):
            self.close_connection = True
            self.connection.close()
