"""Around a query: errors in one line, and Ctrl-C that ends it at once.

DuckDB hears Ctrl-C only between tasks of the main thread, and never while its other threads work for it; and it
answers with a RuntimeError (seen in DuckDB 2.0). Here a thread listens for the signal and interrupts the query.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from chorus.errors import ChorusError, UsageError
from chorus.interrupts import heard_here, interrupt_later

if TYPE_CHECKING:
    import duckdb

UNKNOWN_COLUMN = re.compile(r'Referenced column "[^"]*" not found')
FULL = os.strerror(errno.ENOSPC)
#: Seconds between two interrupts of one query: one that comes before the query has begun is lost.
AGAIN_S = 0.1


@contextmanager
def asking(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Queries of `db` in the block raise UsageError of one line for DuckDB's errors, KeyboardInterrupt for Ctrl-C."""
    import duckdb

    try:
        with _heard(db):
            yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.Error as error:
        if FULL in str(error):
            raise ChorusError("the disk is full; make room and run the same command again") from None
        raise UsageError(readable(str(error))) from None
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise


def readable(message: str) -> str:
    """DuckDB's message in one line, without the echo of the statement; with what it cannot know of Chorus."""
    if "Table with name duplicates does not exist" in message:
        return "nobody has looked for copies of recordings yet: chorus duplicates"
    if "'pytz'" in message:
        return "times with a time zone are written to files only: --output, or now()::TIMESTAMP"
    lines = [line.strip() for line in message.split("\nLINE ")[0].splitlines() if line.strip()]
    hint = " (text stands in single quotes: species='orca')" if UNKNOWN_COLUMN.search(message) else ""
    return re.sub(r"\s+", " ", " ".join(lines)) + hint or "the query failed"


@contextmanager
def _heard(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Signals wake a thread, which interrupts `db`; only where Python itself listens for Ctrl-C, so not in workers."""
    if not heard_here():
        yield
        return
    over = threading.Event()
    with ExitStack() as end:
        with interrupt_later():
            ears, mouth = (end.enter_context(one) for one in socket.socketpair())
            mouth.setblocking(False)
            before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
            listener = threading.Thread(target=_listen, args=(db, ears, before, over), daemon=True)
            listener.start()

            def silence() -> None:
                with interrupt_later():
                    signal.set_wakeup_fd(before)
                    over.set()
                    mouth.close()  # ends what the listener reads
                    listener.join()

            end.callback(silence)
        yield


def _listen(db: duckdb.DuckDBPyConnection, ears: socket.socket, others: int, over: threading.Event) -> None:
    """Interrupt the query at SIGINT, until the block is left; whoever listened before hears every signal too."""
    while heard := ears.recv(1):
        if others >= 0:
            with suppress(OSError):  # full or closed: they know already, or listen no more
                os.write(others, heard)
        while heard[0] == signal.SIGINT and not over.is_set():
            db.interrupt()
            over.wait(AGAIN_S)
