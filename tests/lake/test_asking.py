"""Around a query: DuckDB's errors in one line, Ctrl-C at any moment, and signals as they were afterwards."""

from __future__ import annotations

import os
import signal
import socket
import threading

import duckdb
import pytest

from chorus.errors import ChorusError, UsageError
from chorus.lake.asking import asking

#: One for each way DuckDB works: in the main thread, in others while the main thread waits, and between rows.
ENDLESS = [
    "SELECT count(*) FROM range(1000000000000) AS t(a) WHERE a % 7 = 3",
    "SELECT count(*) FROM range(1000000) AS a(x), range(1000000) AS b(y), range(1000) AS c(z) WHERE x * y % 7 = z",
    "SELECT x + y AS sum FROM range(1000000) AS a(x), range(1000000) AS b(y) ORDER BY hash(x * y) LIMIT 10",
]


@pytest.mark.parametrize("sql", ENDLESS)
def test_ctrl_c_ends_a_query(sql: str) -> None:
    db = duckdb.connect()
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt), asking(db):
        db.execute(sql).fetchall()
    assert db.execute("SELECT 1").fetchall() == [(1,)]


def test_ctrl_c_while_it_begins_to_listen_leaves_no_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    start, threads = threading.Thread.start, []

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        threads.append(thread)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    before = signal.set_wakeup_fd(-1)
    with pytest.raises(KeyboardInterrupt), asking(duckdb.connect()):
        pytest.fail("the block is not entered")
    assert signal.set_wakeup_fd(before) == -1
    assert [thread.is_alive() for thread in threads] == [False]


def test_errors_are_one_line_of_what_is_wrong() -> None:
    db = duckdb.connect()
    with pytest.raises(UsageError, match="does not exist") as found, asking(db):
        db.execute("SELECT 1\nFROM nowhere")
    assert "\n" not in str(found.value)
    with pytest.raises(RuntimeError, match="something else"), asking(db):
        raise RuntimeError("something else")


def test_whoever_listened_to_signals_before_still_does() -> None:
    ears, mouth = socket.socketpair()
    mouth.setblocking(False)
    before = signal.set_wakeup_fd(mouth.fileno())
    handler = signal.signal(signal.SIGUSR1, lambda number, frame: None)
    try:
        with asking(duckdb.connect()):
            signal.raise_signal(signal.SIGUSR1)
            assert ears.recv(1) == bytes([signal.SIGUSR1])
        assert signal.set_wakeup_fd(before) == mouth.fileno()
    finally:
        signal.signal(signal.SIGUSR1, handler)
        signal.set_wakeup_fd(before)


def test_whoever_listened_before_may_have_stopped_reading() -> None:
    ears, mouth = socket.socketpair()
    mouth.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            mouth.send(bytes(1 << 16))
    before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    try:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt), asking(db := duckdb.connect()):
            db.execute(ENDLESS[1]).fetchall()
    finally:
        signal.set_wakeup_fd(before)
        ears.close()
        mouth.close()


def test_a_full_disk_is_told_as_everywhere() -> None:
    db = duckdb.connect()
    with pytest.raises(ChorusError, match=r"^the disk is full; make room and run the same command again$"), asking(db):
        raise duckdb.IOException('Could not write file "/x/o.csv": No space left on device')
