"""Whatever ends a run, the next one goes on and ends with the same bytes: kills at any moment, and full disks."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chorus.errors import ChorusError
from chorus.lake import Lake
from chorus.shards import make_shards
from tests.shards.helpers import click_lake, tree

OPTIONS = {"clip_seconds": 2, "seed": 3, "shard_clips": 4, "augment": True, "quiet": True}

#: Starts runs one after the other, forked from a process that has imported everything, and kills each at a random
#: moment, more often where the machine is too slow to write a second file before; prints how many files were there at
#: each kill. A set that is whole before that is laid aside, and the next run begins another one.
KILLER = """
import json, os, random, signal, sys, time
from pathlib import Path
import duckdb, pyarrow.parquet, scipy.signal, soundfile, soxr
import chorus.shards.make
from chorus.lake import Lake
from chorus.shards import make_shards

lake, out, options, kills = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]), int(sys.argv[4])
seen = [[]]
while sum(map(len, seen)) < kills * (5 if max(map(max, filter(None, seen)), default=0) < 2 else 1):
    draw = random.Random(sum(map(len, seen)))
    child = os.fork()
    if not child:
        task = draw.choice([None, 0, 0])  # the second takes the plan that is there, and comes to writing sooner
        make_shards(Lake(lake), out=out, shards_home=out, task=task, **options)
        os._exit(0)
    for _ in range(draw.randrange(2)):
        before = sum(1 for _ in out.rglob("*"))
        while sum(1 for _ in out.rglob("*")) == before and not os.waitpid(child, os.WNOHANG)[0]:
            time.sleep(0.001)
    time.sleep(draw.uniform(0, 0.1))
    try:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    except (ProcessLookupError, ChildProcessError):
        pass
    else:
        seen[-1].append(sum(1 for _ in out.rglob("*.tar")))
    if (out / "manifest.json").exists():
        out.rename(out.with_name(f"whole-{len(seen)}"))
        seen.append([])
print(json.dumps(seen))
"""


TWO_JOBS = """
import json, sys
from pathlib import Path
from chorus.lake import Lake
from chorus.shards import make_shards
if __name__ == "__main__":
    lake, out = map(Path, sys.argv[1:3])
    make_shards(Lake(lake), out=out, shards_home=out, jobs=2, **json.loads(sys.argv[3]))
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return click_lake(tmp_path_factory.mktemp("clicks"), hours=0.04)


@pytest.fixture(scope="module")
def whole(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every file of a set that was written without a break."""
    out = tmp_path_factory.mktemp("shards") / "whole"
    make_shards(lake, out=out, shards_home=out, **OPTIONS)
    found = tree(out)
    assert sum(name.endswith(".tar") for name in found) > 12
    return found


def test_twenty_kills(lake: Lake, whole: dict[str, str], tmp_path: Path) -> None:
    script, out = tmp_path / "kill.py", tmp_path / "out"
    script.write_text(KILLER)
    command = [sys.executable, str(script), str(lake.root), str(out), json.dumps(OPTIONS), "20"]
    seen = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert sum(map(len, seen)) >= 20 and max(max(counts, default=0) for counts in seen) > 1
    assert all(counts == sorted(counts) for counts in seen), "no kill loses a shard"
    assert all(tree(folder) == whole for folder in tmp_path.glob("whole-*"))
    out.mkdir(exist_ok=True)
    done = {name: digest for name, digest in tree(out).items() if not name.rpartition("/")[2].startswith(".")}
    assert all(whole[name] == digest for name, digest in done.items()), "what has its name is whole"
    make_shards(lake, out=out, shards_home=out, **OPTIONS)
    assert tree(out) == whole


def test_killed_with_two_jobs(lake: Lake, whole: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = tmp_path / "run.py"
    script.write_text(TWO_JOBS)
    command = [sys.executable, str(script), str(lake.root), str(out), json.dumps(OPTIONS)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while process.poll() is None and not any(out.rglob("*.tar")):
        time.sleep(0.005)
    time.sleep(random.Random(1).uniform(0, 0.02))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "manifest.json").exists()
    subprocess.run(command, check=True)
    assert tree(out) == whole


def test_a_full_disk_is_one_line_and_loses_nothing(
    lake: Lake, whole: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import chorus.atomic

    real = chorus.atomic.os.fsync
    left = [9]

    def failing(handle: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        real(handle)

    out = tmp_path / "out"
    monkeypatch.setattr("chorus.atomic.os.fsync", failing)
    with pytest.raises(ChorusError, match="disk is full") as caught:
        make_shards(lake, out=out, shards_home=tmp_path, **OPTIONS)
    assert "\n" not in str(caught.value)
    monkeypatch.setattr("chorus.atomic.os.fsync", real)
    written = tree(out)
    assert any(name.endswith(".tar") for name in written)
    assert all(whole[name] == digest for name, digest in written.items())
    make_shards(lake, out=out, shards_home=tmp_path, **OPTIONS)
    assert tree(out) == whole


FULL = """
import json, resource, signal, sys
from pathlib import Path
from chorus.cli import run
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.exit(run(sys.argv[1:]))
"""


def test_no_room_for_a_file_in_the_middle_of_a_shard(lake: Lake, tmp_path: Path) -> None:
    """The system itself refuses to write on, inside a shard, with two processes at work."""
    (tmp_path / "full.py").write_text(FULL)
    out = tmp_path / "out"
    arguments = ["shard", "--home", str(lake.root.parent), "--out", str(out), "--clip-seconds", "2", "-j", "2"]
    run = subprocess.run([sys.executable, str(tmp_path / "full.py"), *arguments], capture_output=True, text=True)
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert "cannot be written" in last and "Traceback" not in run.stderr
    assert not list(out.rglob("*.part")) and not list(out.rglob("*.tar"))
    make_shards(lake, out=out, shards_home=out, clip_seconds=2, quiet=True)
    assert (out / "manifest.json").exists()
