import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chorus.__main__ import interrupt

#: A module that is interrupted while it loads, in the way that compiled ones are: from a callback within them.
SLOW = """
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(0.2)
print("loaded")
"""
IMPORTER = """
import chorus.cli, sys
from chorus.__main__ import main

def run(arguments):
    import slow
    time.sleep(60)

import time
chorus.cli.run = run
main()
"""


def test_ctrl_c_while_a_module_loads_waits_until_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", IMPORTER], capture_output=True, text=True, env=environment, timeout=50, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "loaded\n", "")


#: Ctrl-C where no error gets through: it would be printed and forgotten.
SWALLOWED = """
import chorus.cli, os, signal, time
from chorus.__main__ import main

class Deaf:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)

def run(arguments):
    Deaf()
    time.sleep(60)

chorus.cli.run = run
main()
"""


def test_ctrl_c_that_is_swallowed_is_tried_again() -> None:
    command = [sys.executable, "-c", SWALLOWED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (130, "")


def test_ctrl_c_elsewhere_is_heard_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGINT, sys._getframe())
    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGINT, None)


def test_a_command_that_a_shell_made_deaf_to_ctrl_c_stays_deaf() -> None:
    script = "import chorus.cli, os, signal; chorus.cli.run = lambda _: os.kill(os.getpid(), signal.SIGINT) or 0; "
    done = subprocess.run(
        [sys.executable, "-c", script + "from chorus.__main__ import main; main()"],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
