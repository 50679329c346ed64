"""The shard stage from end to end: select, plan, write, account. Any run may be killed and started again."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chorus.atomic import remove_parts
from chorus.errors import ChorusError, MissingExtra, UsageError
from chorus.lake.licence import request
from chorus.schemas.vocabulary import Split
from chorus.shards.augment.recipe import Recipe, load_recipe
from chorus.shards.build import Places
from chorus.shards.folder import claimed, is_done, pack
from chorus.shards.manifest import MANIFEST, manifest, read_json, write_manifest
from chorus.shards.plan import Plan, plan
from chorus.shards.settings import NoiseFile, ShardSettings
from chorus.shards.summary import ShardSummary, SplitSummary
from chorus.shards.tables import select
from chorus.shards.write import ShardTask, write_shard

#: Columns of the plan that its summary needs.
PLANNED = ["split", "shard", "cuts"]

if TYPE_CHECKING:
    from chorus.lake import Lake


def make_shards(
    lake: Lake,
    *,
    where: str | None = None,
    augment: bool = False,
    out: Path | None = None,
    shards_home: Path,
    clip_seconds: float = 10.0,
    sample_rate: int | None = None,
    seed: int = 0,
    jobs: int = 1,
    noise_dir: Path | None = None,
    include_held_out: bool = False,
    licence: Sequence[str] = (),
    recipe: Path | None = None,
    plan_only: bool = False,
    quiet: bool = False,
) -> ShardSummary:
    """Cut clips from the recordings of a lake and write them as WebDataset shards.

    `where` picks the calls that clips are cut around (see `chorus.shards.tables.select`), `licence` the recordings that
    may be used: SPDX ids, or 'commercial' (see `chorus.lake.licence`). With `augment` each training
    clip is written as it is and `copies` times changed by `recipe` (TOML; default: the packaged one). `out` defaults to
    a folder in `shards_home` named after a hash of plan and settings: the same arguments on the same lake go on in the
    same folder. `plan_only` writes nothing and needs no extra: the summary says what would come.
    With `jobs` above 1 the caller must be importable (`if __name__ == "__main__":` in scripts).

    Raises UsageError for arguments that cannot be, ChorusError when no clip comes out or the disk is full, MissingExtra
    without webdataset.
    """
    from chorus.progress import Progress

    started = time.monotonic()
    if not plan_only and find_spec("webdataset") is None:
        raise MissingExtra("writing shards", "train")
    noise = _noise(noise_dir, augment)
    settings = _settings(
        _recipe(augment, recipe),
        noise,
        clip_seconds=clip_seconds,
        sample_rate=sample_rate,
        seed=seed,
        include_held_out=include_held_out,
        licence=request(licence, lake.licences()) if licence else (),
    )
    tables = select(lake, where)
    sources = tables.sources.to_pylist()
    planned = plan(tables, settings)
    packed, groups = pack(planned, where, settings)
    folder = (out or shards_home / f"clips-{hashlib.sha256(packed).hexdigest()[:8]}").expanduser().absolute()
    if plan_only:
        return _planned(folder, planned, seed, time.monotonic() - started)
    places = Places(_roots(planned, sources), noise_dir and noise_dir.absolute())
    tasks = [ShardTask(folder, file, k, clips, places, settings) for k, (file, clips) in enumerate(groups)]
    with claimed(folder, packed):
        whole = (folder / MANIFEST).exists()
        left = [task for task in tasks if not is_done(task, with_refused=whole)]
        unchanged = not left and whole
        if not unchanged:
            with Progress("shard", sum(task.clips for task in tasks), "clips", quiet) as progress:
                progress.advance(sum(task.clips for task in tasks) - sum(task.clips for task in left))
                for clips in _written(left, jobs):
                    progress.advance(clips)
            _finish(tasks, where, settings, planned, sources)
    return _summary(folder, read_json(folder / MANIFEST), time.monotonic() - started, unchanged)


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
        raise UsageError(f"{first['loc'][0]} {first['input']}: {first['msg'].lower()}") from None


def _roots(planned: Plan, sources: list[dict[str, Any]]) -> dict[str, str]:
    """Where the releases of the planned clips lie. Raises ChorusError for one that is not there any more."""
    import pyarrow.compute as pc

    used = set(pc.unique(pc.struct_field(pc.list_flatten(planned.table["cuts"]), "source")).to_pylist())
    roots = {row["id"]: row["root"] for row in sources if row["id"] in used}
    for source, root in sorted(roots.items()):
        if not Path(root).is_dir():
            raise ChorusError(
                f"{source}: its release is no longer at {root}; chorus ingest {source} --root tells where"
            )
    return roots


# Work -----------------------------------------------------------------------------------------------------------------


def _written(tasks: list[ShardTask], jobs: int) -> Iterator[int]:
    from chorus.parallel import run

    for _, clips in run(write_shard, tasks, jobs, preload=["chorus.shards.write", "webdataset", "soundfile", "soxr"]):
        yield clips


def _finish(
    tasks: list[ShardTask], where: str | None, settings: ShardSettings, planned: Plan, sources: list[dict[str, Any]]
) -> None:
    """The account, after everything else; and nothing is left of runs that were killed."""
    folder = tasks[0].folder
    for place in (folder, *(folder / split.value for split in Split)):
        remove_parts(place)
    sidecars = [read_json(task.sidecar) for task in tasks]
    content = manifest(where, settings, sidecars, planned.refused)
    if not any(split["samples"] for split in content["splits"].values()):
        first = next((entry["reason"] for sidecar in sidecars for entry in sidecar["refused"]), "")
        raise ChorusError(f"{folder}: every clip was refused: {first}")
    write_manifest(folder, content, sources, _licences(planned))


def _licences(planned: Plan) -> dict[str, str]:
    """The licence of every planned recording."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cuts = pc.list_flatten(planned.table["cuts"])
    names = ["recording_id", "licence"]
    found = pa.table({name: pc.struct_field(cuts, name) for name in names}).group_by(names).aggregate([])
    return dict(zip(found["recording_id"].to_pylist(), found["licence"].to_pylist(), strict=True))


def _planned(folder: Path, planned: Plan, seed: int, seconds: float) -> ShardSummary:
    """What the shards of a plan will hold."""
    splits = {}
    for name in Split:
        rows = [row for row in planned.table.select(PLANNED).to_pylist() if row["split"] == name.value]
        hours = sum(row["cuts"][0]["frames"] / row["cuts"][0]["sample_rate"] for row in rows) / 3600
        recordings = {cut["recording_id"] for row in rows for cut in row["cuts"]}
        splits[name.value] = SplitSummary(len({row["shard"] for row in rows}), len(rows), hours, len(recordings))
    refused = [(unit, reason, count) for (unit, reason), count in planned.refused.most_common()]
    return ShardSummary(folder, splits, seed, round(seconds, 3), unchanged=False, planned=True, refused=refused)


def _summary(folder: Path, content: dict[str, Any], seconds: float, unchanged: bool) -> ShardSummary:
    splits = {
        name: SplitSummary(len(split["shards"]), split["samples"], split["hours"], len(split["recordings"]))
        for name, split in content["splits"].items()
    }
    refused: Counter[tuple[str, str]] = Counter()
    for entry in content["refused"]:
        refused[entry["unit"], entry["reason"]] += entry["count"]
    return ShardSummary(
        out=folder,
        splits=splits,
        seed=content["seed"],
        seconds=round(seconds, 3),
        unchanged=unchanged,
        augmented=content["augment"],
        refused=[(unit, reason, count) for (unit, reason), count in refused.most_common()],
    )
