"""What is shown of bytes and time."""

from __future__ import annotations

import pytest

from chorus.download.bar import ByteProgress, duration, human


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (254_361_667, "254 MB"),
        (99_960, "100 kB"),
        (999_600, "1.0 MB"),
        (61_500_000_000, "61.5 GB"),
        (5e15, "5000 TB"),
    ],
)
def test_sizes(size: float, text: str) -> None:
    assert human(size) == text


def test_times() -> None:
    assert [duration(s) for s in (0.4, 89, 90, 5399, 7200)] == ["0 s", "89 s", "2 min", "90 min", "2.0 h"]


def test_bytes_that_were_there_do_not_count_for_the_rate() -> None:
    bar = ByteProgress("download x", 10_000_000, already=4_000_000, quiet=True)
    bar.current = "a.zip"
    bar.advance(2_000_000)
    assert bar.line(bar._started + 2) == "download x: 6.0 MB of 10.0 MB, 1.0 MB/s, 4 s left, a.zip"


def test_a_total_that_was_too_low_is_not_shown() -> None:
    bar = ByteProgress("download x", 1000, quiet=True)
    bar.advance(3000)
    assert bar.line(bar._started + 1) == "download x: 3.0 kB, 3.0 kB/s"


def test_beginning_again_is_no_negative_rate() -> None:
    bar = ByteProgress("download x", 1000, already=900, quiet=True)
    bar.advance(-900)
    assert bar.line(bar._started + 1) == "download x: 0 bytes of 1.0 kB, 0 bytes/s"


def test_other_work_shows_its_own_bytes_and_takes_no_time() -> None:
    bar = ByteProgress("download x", 1000, quiet=True)
    started = bar._started
    with bar.aside("unpacking a.zip") as moved:
        moved(2000)
        moved(1000)
        assert bar.line(started + 1) == "download x: unpacking a.zip, 3.0 kB"
    assert bar._started > started
    assert bar.done == 0
