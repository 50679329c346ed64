"""Tasks in worker processes: all results, the first error, and no worker that outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing import forkserver
from pathlib import Path

import pytest

from chorus.errors import ChorusError
from chorus.parallel import prepare, run


def square(n: int) -> int:
    if n < 0:
        raise ChorusError(f"{n} is below 0")
    return n * n


def die(n: int) -> int:
    os._exit(1)


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_once(jobs: int) -> None:
    assert sorted(run(square, range(20), jobs)) == [(n, n * n) for n in range(20)]
    with pytest.raises(ChorusError, match="-3 is below 0"):
        list(run(square, [1, 2, -3, 4], jobs))
    assert list(run(square, [], jobs)) == []


def test_a_killed_worker_is_one_line() -> None:
    with pytest.raises(ChorusError, match="worker process was killed"):
        list(run(die, [1, 2], 2))


SCRIPT = """
import os, sys, time
from pathlib import Path
from chorus.parallel import prepare, run
def wait(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)
if __name__ == "__main__":
    list(run(wait, sys.argv[1:], 2))
"""


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(SCRIPT)
    files = [tmp_path / "a", tmp_path / "b"]
    process = subprocess.Popen([sys.executable, str(tmp_path / "run.py"), *map(str, files)])
    pids = [int(_content(path)) for path in files]
    process.send_signal(signal.SIGKILL)
    process.wait()
    for pid in pids:
        for _ in range(200):
            if not _is_running(pid):
                break
            time.sleep(0.05)
        assert not _is_running(pid)


STOPPED = """
import sys
from chorus.parallel import Workers
if __name__ == "__main__":
    workers = Workers(4)
    sys.exit(130)  # as by Ctrl-C before the `with` is reached
"""


def test_workers_that_nobody_waited_for_end_in_silence(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(STOPPED)
    done = subprocess.run([sys.executable, str(tmp_path / "run.py")], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "")


def test_ctrl_c_while_the_fork_server_starts_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def slow() -> None:
        signal.raise_signal(signal.SIGINT)
        started.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))

    monkeypatch.setattr(forkserver, "ensure_running", slow)
    with pytest.raises(KeyboardInterrupt):
        prepare([])
    assert signal.SIGINT in started[0]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def _content(path: Path) -> str:
    for _ in range(600):
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.05)
    raise AssertionError(f"{path} did not appear")


def _is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
