"""An ingest may be killed at any moment: the lake is the old one or the new one, and queries work throughout."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from tests.lake.helpers import add_row, write_release
from tests.once import fresh

KILLS = 20


def command(home: Path, root: Path) -> list[str]:
    return [sys.executable, "-m", "chorus", "ingest", "ena_birds", "--root", str(root), "--home", str(home), "-q"]


def state(lake: Lake) -> tuple[int, int, int]:
    """Calls, rows of the issues table, and calls that the recordings table and the source's own row speak of."""
    sql = (
        "SELECT (SELECT count(*) FROM calls), (SELECT count(*) FROM issues), (SELECT any_value(calls) FROM sources), "
        "(SELECT count(DISTINCT c.recording_id) FROM calls c ANTI JOIN recordings r USING (recording_id))"
    )
    [(calls, issues, told, orphans)] = lake.query(sql).fetch()[1]
    assert orphans == 0
    return calls, issues, told


class Reader(threading.Thread):
    """Queries without a pause until told to stop; keeps what it saw and any error."""

    def __init__(self, root: Path) -> None:
        super().__init__(daemon=True)
        self.root = root
        self.seen: set[tuple[int, int, int]] = set()
        self.errors: list[str] = []
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.seen.add(state(Lake(self.root)))
            except Exception as error:
                self.errors.append(f"{type(error).__name__}: {error}")
                return


def test_twenty_kills_at_random_moments(tmp_path: Path) -> None:
    root, home = write_release(tmp_path / "release", segments=60, rows=40), tmp_path / "home"
    layout = Layout(home / "lake")
    ingest(layout, "ena_birds", root)
    lake = Lake(layout.root)
    fresh(ingest, layout, "ena_birds", root).join()  # the next ones start at once
    started = time.monotonic()
    fresh(ingest, Layout(tmp_path / "other" / "lake"), "ena_birds", root).join()
    whole = time.monotonic() - started
    calls = 59 * 40
    allowed = {(calls, 0, calls)}
    reader = Reader(layout.root)
    reader.start()
    rng = random.Random(7)
    finished = 0
    for k in range(KILLS):
        # one more good row and one more bad one: the new state differs from the old in three tables
        add_row(root, 2 + k, f"99\tSpectrogram 1\t1\t{k}\t{k + 1}\t500\t4000\tNOCA")
        add_row(root, 2 + k, "99\tSpectrogram 1\t1\t5.0\t4.0\t500\t4000\tNOCA")
        new = (calls + k + 1, k + 1, calls + k + 1)
        allowed.add(new)
        child = fresh(ingest, layout, "ena_birds", root)
        time.sleep(rng.uniform(0.1, 1.5) * whole)
        child.kill()
        child.join()
        after = state(lake)
        assert after in allowed
        finished += after == new
    subprocess.run(command(home, root), check=True, capture_output=True)
    reader.stop.set()
    reader.join()
    assert reader.errors == []
    assert reader.seen <= allowed
    assert state(lake) == (calls + KILLS, KILLS, calls + KILLS)
    assert layout.leftovers("ena_birds") == []
    assert finished < KILLS, "no kill came before the end: the test did not test anything"


def test_two_ingests_at_once_do_not_harm_each_other(tmp_path: Path) -> None:
    root, home = write_release(tmp_path / "release", segments=30, rows=40), tmp_path / "home"
    children = [subprocess.Popen(command(home, root), stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [child.communicate()[0] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert sum("nothing to do" in text for text in said) == 2
    assert state(Lake(home / "lake")) == (29 * 40, 0, 29 * 40)
