"""Memory is used again only when nobody holds it."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from chorus.shards.read.buffers import Buffers


def test_what_is_held_stays_as_it_is() -> None:
    buffers = Buffers("int16", 4)
    held = []
    for k in range(20):
        array = buffers.take(100)
        array[:] = k
        held.append((k, [array, array[10:20], torch.from_numpy(array[50:]), memoryview(array)][k % 4]))
    del array
    gc.collect()
    assert all((np.asarray(part) == k).all() for k, part in held)


def test_what_is_free_is_used_again_and_no_more_is_kept_than_said() -> None:
    buffers = Buffers("float32", 2)
    first = buffers.take(100)
    place = first.ctypes.data
    del first
    again = buffers.take(90)
    assert (again.ctypes.data, len(again), again.dtype) == (place, 90, np.float32)
    others = [buffers.take(100) for _ in range(5)]
    assert len({a.ctypes.data for a in [again, *others]}) == 6
    assert sum(map(len, buffers._kept.values())) == 2
    assert len(buffers.take(0)) == 0
    assert len(buffers.take(1)) == 1


def test_threads_never_share_memory() -> None:
    buffers = Buffers("int16", 8)

    def use(k: int) -> bool:
        array = buffers.take(1000)
        array[:] = k
        np.sort(np.arange(2000))
        return bool((array == k).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(500)))
