"""The same bytes from one process, from two, from an array of tasks, and from a Ray cluster that loses a machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chorus.cli import run
from chorus.errors import ChorusError, UsageError
from chorus.lake import Lake
from chorus.shards import engines, make_shards
from tests.shards.helpers import click_lake, tree

OPTIONS: dict[str, Any] = {"clip_seconds": 2, "seed": 3, "shard_clips": 4, "augment": True, "quiet": True}
TASKS = 3


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return click_lake(tmp_path_factory.mktemp("clicks"), hours=0.04)


@pytest.fixture(scope="module")
def whole(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every file of a set that one process wrote."""
    out = tmp_path_factory.mktemp("shards") / "whole"
    make_shards(lake, out=out, shards_home=out, **OPTIONS)
    return tree(out)


def test_two_jobs(lake: Lake, whole: dict[str, str], tmp_path: Path) -> None:
    made = make_shards(lake, out=tmp_path / "o", shards_home=tmp_path, jobs=2, **OPTIONS)
    assert tree(tmp_path / "o") == whole
    assert made.pace is not None and made.pace.clips == made.clips
    assert set(made.pace.spent) >= {"read", "encode", "write"} and "clips/s: read" in made.table()


def test_more_jobs_than_are_started_early(
    lake: Lake, whole: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many workers only as many as there are shards are started, and that is known when the plan is."""
    monkeypatch.setattr(engines, "EARLY", 1)
    with engines.ready("local", 2, True) as workers:
        assert workers is None
    make_shards(lake, out=tmp_path / "o", shards_home=tmp_path, jobs=2, **OPTIONS)
    assert tree(tmp_path / "o") == whole


def test_an_array_of_tasks(lake: Lake, whole: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "o"
    parts = []
    for k in (2, 0):
        parts.append(make_shards(lake, out=out, shards_home=tmp_path, task=k, of=TASKS, **OPTIONS))
        assert not (out / "manifest.json").exists()
    assert parts[0].missing > parts[1].missing > 0 and "shards of others are missing" in parts[0].table()
    tars = {path: path.stat().st_mtime_ns for path in out.rglob("*.tar")}
    again = make_shards(lake, out=out, shards_home=tmp_path, task=2, of=TASKS, **OPTIONS)
    assert again.missing == parts[1].missing
    assert tars == {path: path.stat().st_mtime_ns for path in out.rglob("*.tar")}, "what is done is not done again"
    last = make_shards(lake, out=out, shards_home=tmp_path, task=1, of=TASKS, **OPTIONS)
    assert tree(out) == whole and not last.missing
    assert make_shards(lake, out=out, shards_home=tmp_path, task=0, of=TASKS, **OPTIONS).unchanged
    assert make_shards(lake, out=out, shards_home=tmp_path, **OPTIONS).unchanged


def test_tasks_at_the_same_time(lake: Lake, whole: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "o"

    def one(k: int) -> int:
        return make_shards(lake, out=out, shards_home=tmp_path, task=k, of=TASKS, **OPTIONS).missing

    with ThreadPoolExecutor(TASKS) as pool:
        missing = list(pool.map(one, range(TASKS)))
    assert min(missing) == 0
    assert tree(out) == whole


def test_a_run_without_task_finishes_what_tasks_have_begun(lake: Lake, whole: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "o"
    make_shards(lake, out=out, shards_home=tmp_path, task=0, of=2, **OPTIONS)
    made = make_shards(lake, out=out, shards_home=tmp_path, **OPTIONS)
    assert made.pace is not None and 0 < made.pace.clips < made.clips
    assert tree(out) == whole


def test_a_task_takes_the_plan_that_lies_there(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "o"
    make_shards(lake, out=out, shards_home=tmp_path, task=0, of=TASKS, **OPTIONS)
    with pytest.raises(UsageError, match="another plan"):
        make_shards(lake, out=out, shards_home=tmp_path, task=1, of=TASKS, **OPTIONS | {"seed": 4})
    monkeypatch.setattr("chorus.shards.make.plan", None)
    make_shards(lake, out=out, shards_home=tmp_path, task=1, of=TASKS, **OPTIONS)


def test_tasks_from_the_command_line(lake: Lake, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "o"
    command = ["shard", "--home", str(lake.root.parent), "--out", str(out), "--clip-seconds", "2", "-j", "1", "--json"]
    assert run([*command, "--task", "0", "--of", "2"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert (said["missing"] == 0) == (out / "manifest.json").exists()
    assert run([*command, "--task", "1", "--of", "2"]) == 0
    assert json.loads(capfd.readouterr().out)["missing"] == 0 and (out / "manifest.json").exists()
    for wrong, message in (
        (["--task", "2", "--of", "2"], "counted from 0 to 1"),
        (["--address", "x"], "--engine ray"),
        (["--root", "x"], "SOURCE=FOLDER"),
        (["--root", "synth=nowhere"], "nothing is at nowhere"),
    ):
        out = tmp_path / "other"
        assert run([*command[:4], str(out), *command[5:], *wrong]) == 2
        assert message in capfd.readouterr().err


def test_sound_that_lies_elsewhere_now(tmp_path: Path) -> None:
    lake = click_lake(tmp_path, hours=0.01)
    options = OPTIONS | {"augment": False}
    make_shards(lake, out=tmp_path / "a", shards_home=tmp_path, **options)
    (tmp_path / "release").rename(tmp_path / "moved")
    with pytest.raises(ChorusError, match="no longer at"):
        make_shards(lake, out=tmp_path / "b", shards_home=tmp_path, **options)
    roots = {"synth": str(tmp_path / "moved")}
    make_shards(lake, out=tmp_path / "b", shards_home=tmp_path, roots=roots, **options)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


# Ray ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A Ray cluster of two machines, one core each, both on this one."""
    pytest.importorskip("ray", reason="ray is not installed (extra 'ray')")
    from ray.cluster_utils import Cluster

    found = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80 << 20},
    )
    yield found
    found.shutdown()


def test_a_ray_cluster_that_loses_a_machine(cluster: Any, lake: Lake, whole: dict[str, str], tmp_path: Path) -> None:
    import ray

    doomed = cluster.add_node(num_cpus=1, object_store_memory=80 << 20)
    ray.init(address=cluster.address, log_to_driver=False)
    out = tmp_path / "o"
    there = []

    def lose() -> None:
        while sum(1 for _ in out.rglob("*.tar")) < 3:
            time.sleep(0.01)
        there.append(sum(node["Alive"] for node in ray.nodes()))
        cluster.remove_node(doomed, allow_graceful=False)
        there.append(sum(1 for _ in out.rglob("*.tar")))

    thread = threading.Thread(target=lose)
    thread.start()
    try:
        make_shards(lake, out=out, shards_home=tmp_path, engine="ray", **OPTIONS)
    finally:
        thread.join(timeout=30)
        ray.shutdown()
    tars = sum(name.endswith(".tar") for name in whole)
    assert there[0] == 2 and 3 <= there[1] < tars, "the machine was lost halfway"
    assert tree(out) == whole


def test_no_cluster_is_one_line(lake: Lake, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="ray is not installed (extra 'ray')")
    with pytest.raises(ChorusError, match="no Ray cluster at") as caught:
        make_shards(lake, out=tmp_path, shards_home=tmp_path, engine="ray", address="127.0.0.1:1", **OPTIONS)
    assert "\n" not in str(caught.value)
