"""A server that stands in for Google's object storage: prints its port, and serves until its input ends.

It is a process of its own since pyarrow keeps the interpreter's lock while it waits for the begin of an object.
"""

from __future__ import annotations

import sys
from functools import partial
from http.server import ThreadingHTTPServer
from threading import Thread

from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage


class Handler(RequestHandler):
    #: Google's client sends long uploads only when it has been told to go on, or after a second.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True


class Forgetful(Storage):
    """Keeps its accounts in memory alone: threads that write them down disturb each other."""

    def _write_config_to_file(self) -> None:
        """Nothing outlives the server."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, Forgetful(use_memory_fs=True)))
    Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
