"""Ctrl-C at a better moment: kept while something is begun or ended that must not be left half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def heard_here() -> bool:
    """Whether Python hears Ctrl-C, and in this thread."""
    return threading.current_thread() is threading.main_thread() and callable(signal.getsignal(signal.SIGINT))


@contextmanager
def interrupt_later() -> Iterator[None]:
    """Keep Ctrl-C until the block is left, which then raises KeyboardInterrupt. Nothing changes in other threads than
    the main one, and where Ctrl-C is ignored."""
    if not heard_here():
        yield
        return
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt
