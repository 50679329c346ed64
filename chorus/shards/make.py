"""The shard stage from end to end: select, plan, write, account. Any run may be killed and started again."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chorus.errors import ChorusError, UsageError
from chorus.lake.licence import request
from chorus.schemas.vocabulary import Split
from chorus.shards.augment.recipe import Recipe, load_recipe
from chorus.shards.engines import Engine, ready, written
from chorus.shards.folder import Folder, Shard, pack
from chorus.shards.manifest import manifest, read_json, write_manifest
from chorus.shards.plan import Plan, plan
from chorus.shards.progress import ShardProgress
from chorus.shards.settings import NoiseFile, ShardSettings
from chorus.shards.sound import Places
from chorus.shards.summary import Pace, ShardSummary, SplitSummary
from chorus.shards.tables import select, state_of
from chorus.shards.write import ShardTask
from chorus.storage import address as place_of
from chorus.storage import cache_folder, is_folder

if TYPE_CHECKING:
    from chorus.lake import Lake
    from chorus.parallel import Workers

#: Folder in the workspace's room for shards where sets in object storage are worked on.
SCRATCH = ".scratch"


def make_shards(
    lake: Lake,
    *,
    where: str | None = None,
    augment: bool = False,
    out: str | os.PathLike[str] | None = None,
    shards_home: str | os.PathLike[str],
    jobs: int = 1,
    noise_dir: Path | None = None,
    licence: Sequence[str] = (),
    recipe: Path | None = None,
    roots: Mapping[str, str] | None = None,
    task: int | None = None,
    of: int = 1,
    engine: Engine = "local",
    address: str | None = None,
    plan_only: bool = False,
    quiet: bool = False,
    **choices: Any,
) -> ShardSummary:
    """Cut clips from the recordings of a lake and write them as WebDataset shards.

    `where` picks the calls that clips are cut around (see `chorus.shards.tables.select`), `licence` the recordings that
    may be used: SPDX ids, or 'commercial' (see `chorus.lake.licence`). With `augment` each training
    clip is written as it is and `copies` times changed by `recipe` (TOML; default: the packaged one). `choices` are
    fields of `ShardSettings` (clip_seconds, sample_rate, seed ...). `plan_only` writes nothing: the summary says what
    would come.

    `out` is a folder or an address in object storage; it defaults to one in `shards_home` named after a hash of plan
    and settings: the same arguments on the same lake go on in the same folder. `roots` tells where the sound of a
    source lies now (folder or address), where that is not where it was ingested.

    With `task` only every `of`-th shard is written, from the `task`-th on (counted from 0): one task of an array. Tasks
    may run at the same time, on any machine that sees `out`; the first makes the plan, the one that finds all shards
    there finishes the set. `engine` and `address`: see `chorus.shards.engines`.
    With `jobs` above 1 the caller must be importable (`if __name__ == "__main__":` in scripts).

    Raises UsageError for arguments that cannot be, ChorusError when no clip comes out or the disk is full, MissingExtra
    for an engine that is not installed.
    """
    if task is not None and not 0 <= task < of:
        raise UsageError(f"--task {task} --of {of}: tasks are counted from 0 to {of - 1}")
    noise = _noise(noise_dir, augment)
    settings = _settings(
        _recipe(augment, recipe), noise, licence=request(licence, lake.licences()) if licence else (), **choices
    )
    run = _Run(lake, where, settings, jobs, engine, address, quiet)
    if plan_only:
        place = _folder(run, out, shards_home).place
        return _planned(place, run.planned(), settings.seed, time.monotonic() - run.started)
    run.roots, run.noise_dir = roots or {}, noise_dir and noise_dir.absolute()
    with ready(engine, jobs, augment) as run.workers:
        folder = _folder(run, out, shards_home)
        summary = _whole(run, folder) if task is None else _part(run, folder, task, of)
    return replace(summary, notes=run.notes())


@dataclass
class _Run:
    """What is asked for, and what was found out on the way."""

    lake: Lake
    where: str | None
    settings: ShardSettings
    jobs: int
    engine: Engine
    address: str | None
    quiet: bool
    roots: Mapping[str, str] = field(default_factory=dict)
    noise_dir: Path | None = None
    workers: Workers | None = None
    started: float = field(default_factory=time.monotonic)
    _plan: Plan | None = None
    _packed: bytes | None = None

    def planned(self) -> Plan:
        """The plan, made once."""
        if self._plan is None:
            self._plan = plan(select(self.lake, self.where), self.settings)
        return self._plan

    def packed(self) -> bytes:
        """The plan as it is kept, made once."""
        if self._packed is None:
            self._packed = pack(self.planned(), self.where, self.settings)
        return self._packed

    def state(self) -> str:
        """The state of the lake."""
        return state_of(self.lake)

    def notes(self) -> tuple[str, ...]:
        """What the plan, if one was made, has to say."""
        return self._plan.notes if self._plan else ()

    def sources(self) -> list[dict[str, Any]]:
        return self.lake.query("SELECT * FROM sources").rows()


# Work -----------------------------------------------------------------------------------------------------------------


def _folder(run: _Run, out: str | os.PathLike[str] | None, shards_home: str | os.PathLike[str]) -> Folder:
    """Where the set lies: `out`, else a folder of `shards_home` that is named after the plan."""
    out = out or f"{os.fspath(shards_home)}/clips-{hashlib.sha256(run.packed()).hexdigest()[:8]}"
    scratch = cache_folder() / "shards" if place_of(shards_home) else Path(shards_home) / SCRATCH
    return Folder.at(out, scratch)


def _whole(run: _Run, folder: Folder) -> ShardSummary:
    """All shards that are not there yet, and the account."""
    packed = run.packed()
    with folder.claimed():
        folder.put_plan(packed, run.state())
        shards = folder.shards()
        tasks = _tasks(run, folder, shards)
        complete = folder.manifest is not None
        left = [task for task in tasks if not folder.is_done(task, with_refused=complete)]
        pace = None
        if left or not complete:
            pace = _write(run, tasks, left)
            _finish(run, folder, tasks)
        return _summary(run, folder, pace)


def _part(run: _Run, folder: Folder, number: int, of: int) -> ShardSummary:
    """The shards of one task of an array; and the account, where it was the last."""
    with folder.claimed(shared=True):
        if not folder.has_plan_for(run.where, run.settings, run.state()):
            folder.put_plan(run.packed(), run.state())
        shards = folder.shards()
        tasks = _tasks(run, folder, shards)
        mine = tasks[number::of]
        complete = folder.manifest is not None
        left = [task for task in mine if not folder.is_done(task, with_refused=complete)]
        pace = _write(run, mine, left)
        folder.refresh()
        missing = sum(not folder.is_done(task) for task in tasks)
    if not missing and (left or not complete):
        with folder.claimed(wait=True):
            folder.put_plan(run.packed(), run.state())
            _finish(run, folder, tasks)
            return _summary(run, folder, pace)
    if not missing:
        return _summary(run, folder, None)
    splits = _splits_of([read_json(task.sidecar) for task in mine])
    seconds = time.monotonic() - run.started
    return ShardSummary(folder.place, splits, run.settings.seed, round(seconds, 3), False, pace=pace, missing=missing)


def _tasks(run: _Run, folder: Folder, shards: list[Shard]) -> list[ShardTask]:
    roots = _roots(frozenset[str]().union(*(shard.sources for shard in shards)), run.sources(), run.roots)
    places = Places(roots, run.noise_dir)
    bucket = folder.bucket.address if folder.bucket else None
    return [
        ShardTask(folder.local, shard.file, shard.row_group, shard.clips, places, run.settings, bucket)
        for shard in shards
    ]


def _roots(used: frozenset[str], sources: list[dict[str, Any]], moved: Mapping[str, str]) -> dict[str, str]:
    """Where the releases of the planned clips lie. Raises ChorusError for one that is not there."""
    roots = {row["id"]: moved.get(row["id"], row["root"]) for row in sources if row["id"] in used}
    for source, root in sorted(roots.items()):
        if source in moved and not is_folder(root):
            raise UsageError(f"{source}: nothing is at {root}")
        if not is_folder(root):
            raise ChorusError(
                f"{source}: its release is no longer at {root}; chorus ingest {source} --root tells where"
            )
    return roots


def _write(run: _Run, tasks: list[ShardTask], left: list[ShardTask]) -> Pace:
    finished = sum(task.clips for task in tasks) - sum(task.clips for task in left)
    with ShardProgress(sum(task.clips for task in tasks), finished, run.quiet) as progress:
        largest_first = sorted(left, key=lambda task: -task.clips)
        for result in written(run.engine, largest_first, run.jobs, run.address, run.workers):
            progress.add(result)
    return Pace(progress.samples, progress.hours, dict(progress.spent))


def _finish(run: _Run, folder: Folder, tasks: list[ShardTask]) -> None:
    """The account, after everything else; and nothing is left of runs that were killed."""
    folder.clean()
    planned = run.planned()
    sidecars = [read_json(task.sidecar) for task in tasks]
    content = manifest(run.where, run.settings, sidecars, planned)
    if not any(split["samples"] for split in content["splits"].values()):
        first = next((entry["reason"] for sidecar in sidecars for entry in sidecar["refused"]), "")
        raise ChorusError(f"{folder.place}: every clip was refused: {first}")
    write_manifest(folder.local, content, run.sources(), planned.recordings)
    folder.publish()


# Settings -------------------------------------------------------------------------------------------------------------


def _noise(folder: Path | None, augment: bool) -> list[NoiseFile]:
    if folder is None:
        return []
    if not augment:
        raise UsageError("a noise folder is used by augmentation only: add --augment")
    from chorus.shards.noise_files import scan

    return scan(folder)


def _recipe(augment: bool, path: Path | None) -> Recipe | None:
    if not augment and path is not None:
        raise UsageError("a recipe is used by augmentation only: add --augment")
    return load_recipe(path) if augment else None


def _settings(recipe: Recipe | None, noise: list[NoiseFile], **values: Any) -> ShardSettings:
    try:
        return ShardSettings(recipe=recipe, copies=recipe.copies if recipe else 0, noise=noise, **values)
    except ValidationError as error:
        first = error.errors()[0]
        what = f"{first['loc'][0]} {first['input']}: " if first["loc"] else ""
        raise UsageError(what + first["msg"].removeprefix("Value error, ").lower()) from None


# Summary --------------------------------------------------------------------------------------------------------------


def _planned(place: Path | str, planned: Plan, seed: int, seconds: float) -> ShardSummary:
    """What the shards of a plan will hold."""
    splits = {split.value: SplitSummary(*numbers) for split, numbers in planned.splits().items()}
    refused = [(unit, reason, count) for (unit, reason), count in planned.refused.most_common()]
    return ShardSummary(
        place, splits, seed, round(seconds, 3), unchanged=False, planned=True, refused=refused, notes=planned.notes
    )


def _splits_of(sidecars: list[dict[str, Any]]) -> dict[str, SplitSummary]:
    """What some shards hold."""
    splits = {}
    for split in Split:
        found = [sidecar for sidecar in sidecars if sidecar["file"].startswith(f"{split.value}/")]
        recordings = {name for sidecar in found for name in sidecar["recordings"]}
        clips, hours = sum(s["samples"] for s in found), sum(s["seconds"] for s in found) / 3600
        splits[split.value] = SplitSummary(len(found), clips, hours, len(recordings))
    return splits


def _summary(run: _Run, folder: Folder, pace: Pace | None) -> ShardSummary:
    """The set as its manifest tells it; without a `pace` nothing was to be done."""
    content = folder.manifest or {}
    splits = {
        name: SplitSummary(len(split["shards"]), split["samples"], split["hours"], len(split["recordings"]))
        for name, split in content["splits"].items()
    }
    refused: Counter[tuple[str, str]] = Counter()
    for entry in content["refused"]:
        refused[entry["unit"], entry["reason"]] += entry["count"]
    return ShardSummary(
        out=folder.place,
        splits=splits,
        seed=content["seed"],
        seconds=round(time.monotonic() - run.started, 3),
        unchanged=pace is None,
        augmented=content["augment"],
        refused=[(unit, reason, count) for (unit, reason), count in refused.most_common()],
        pace=pace,
    )
