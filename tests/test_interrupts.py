"""Ctrl-C that waits until something is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from chorus.interrupts import interrupt_later


@pytest.fixture(autouse=True)
def _hear_ctrl_c() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_is_begun_is_ended_first() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interrupt_later():
        signal.raise_signal(signal.SIGINT)
        done.append("whole")
    assert done == ["whole"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_inside_goes_before() -> None:
    with pytest.raises(ValueError, match="wrong"), interrupt_later():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("wrong")


def test_where_it_is_ignored_it_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupt_later():
        signal.raise_signal(signal.SIGINT)


def test_other_threads_change_nothing() -> None:
    found = []

    def look() -> None:
        with interrupt_later():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
