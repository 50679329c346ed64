"""What the steps of a recipe do to clips of the lake at hand, as a page of pictures."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chorus.atomic import write_bytes
from chorus.errors import ChorusError, ReadError, UsageError
from chorus.lake.licence import request
from chorus.progress import Progress
from chorus.schemas.sample import AugmentStep
from chorus.schemas.vocabulary import Split, Strength
from chorus.shards.augment import Clip, Recipe, augment
from chorus.shards.augment.channel import channel_step
from chorus.shards.augment.recipe import load_recipe
from chorus.shards.augment.step import Step
from chorus.shards.build import load, stream_of_step, supply
from chorus.shards.plan import Plan, plan
from chorus.shards.settings import ShardSettings
from chorus.shards.sound import Places, Sounds
from chorus.shards.tables import Tables, select
from chorus.telling import counted

if TYPE_CHECKING:
    from chorus.lake import Lake

PAGE = "preview.html"
#: Name of the section in which all steps act as the recipe has it.
WHOLE = "recipe"
#: Shards that clips are chosen from, at most: the first of each rate.
SHARDS = 8
#: Calls that a picture shows best.
WANTED = 5

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """A clip before and after a step, with what was drawn."""

    before: Clip
    after: Clip
    log: list[AugmentStep]


@dataclass(frozen=True)
class Base:
    """A clip of the plan from its own channel, and where it comes from."""

    row: Row
    clip: Clip
    recording_id: str
    start_s: float


@dataclass(frozen=True)
class Preview:
    """What was written: the page, and the pictures beside it; `clips` is how many could be shown."""

    page: Path
    pictures: list[Path]
    clips: int

    def told(self) -> str:
        """What was written, in a line."""
        return f"wrote {self.page} and {len(self.pictures)} pictures of {counted(self.clips, 'clip')} beside it"

    def as_json(self) -> str:
        return json.dumps(
            {"page": str(self.page), "pictures": [str(path) for path in self.pictures], "clips": self.clips}
        )


def preview(
    lake: Lake,
    count: int,
    out: Path,
    *,
    where: str | None = None,
    recipe: Path | None = None,
    noise_dir: Path | None = None,
    licence: Sequence[str] = (),
    roots: Mapping[str, str] | None = None,
    quiet: bool = False,
    **choices: Any,
) -> Preview:
    """Draw what a recipe (TOML; default: the packaged one) does to `count` clips of a lake; see `make_preview`.

    `where`, `noise_dir`, `licence`, `roots` and `choices` are those of `chorus.shards.make_shards`. Raises UsageError
    for arguments that cannot be, ChorusError when there is no clip to show.
    """
    from chorus.shards.noise_files import scan

    choices |= {"noise": scan(noise_dir) if noise_dir else [], "recipe": load_recipe(recipe)}
    choices |= {"licence": request(licence, lake.licences()) if licence else ()}
    try:
        settings = ShardSettings(**choices)
    except ValidationError as error:
        first = error.errors()[0]
        told = first["msg"].removeprefix("Value error, ").lower()
        raise UsageError(f"{'.'.join(map(str, first['loc']))} {first['input']}: {told}") from None
    tables = select(lake, where)
    released = {row["id"]: row["root"] for row in tables.sources.to_pylist()}
    places = Places(released | dict(roots or {}), noise_dir and noise_dir.absolute())
    return make_preview(tables, settings, places, count, out.expanduser().absolute(), quiet)


def make_preview(
    tables: Tables, settings: ShardSettings, places: Places, count: int, out: Path, quiet: bool = False
) -> Preview:
    """Write `preview.html` and its pictures, `preview-*.png`, into the folder `out`: for each step of the settings'
    recipe what it does to `count` clips, and what the recipe does as a whole.

    Clips are chosen by fixed rules among those that training would see augmented, from all rates and sources in turn,
    those with boxes and about as many calls as a picture can show first. Pictures of an earlier preview that this one
    does not have are removed. Raises ChorusError when there is no clip to show.
    """
    import_module("matplotlib.figure")  # missing, it is told before anything is read
    from chorus.shards.preview_page import page, picture

    recipe = settings.recipe
    if recipe is None:
        raise ValueError("a preview needs a recipe")
    certain = settings.model_copy(update={"recipe": _certain(recipe), "copies": 1})
    sections: dict[str, list[tuple[Base, Shown, bytes]]] = {name: [] for name in (*recipe.order, WHOLE)}
    with Sounds(places) as sounds:
        bases = _bases(_rows(plan(tables, certain)), sounds, count)
        with Progress("preview", len(sections) * len(bases), "pictures", quiet) as progress:
            for name, entries in sections.items():
                for base in bases:
                    shown = _shown(name, base, recipe, sounds, certain)
                    if shown:
                        entries.append((base, shown, picture(name, shown.before, shown.after)))
                    progress.advance()
    files = {
        out / f"preview-{name}-{k}.png": png
        for name, entries in sections.items()
        for k, (_, _, png) in enumerate(entries, 1)
    }
    for file, png in files.items():
        write_bytes(file, png)
    write_bytes(out / PAGE, page(recipe, sections).encode())
    _remove_others(out, set(files))
    return Preview(out / PAGE, list(files), len(bases))


def _certain(recipe: Recipe, *names: str) -> Recipe:
    """The recipe with each step, or with the named ones alone, applied to every clip."""
    steps = {name: value for name, value in recipe if isinstance(value, Step) and name in (names or recipe.order)}
    return Recipe(
        copies=1,
        order=tuple(name for name in recipe.order if name in steps),
        **{name: step.model_copy(update={"probability": 1.0}) for name, step in steps.items()},
    )


# Choice of clips ------------------------------------------------------------------------------------------------------


def _rows(planned: Plan) -> Iterator[Row]:
    """Augmented versions of training clips with calls in the first shard of each rate, the best of each source in
    turn."""
    first = {shard.rate: shard for shard in reversed(planned.layout.shards) if shard.split is Split.train}
    few = [first[rate] for rate in _spread(sorted(first), SHARDS)]
    small = replace(planned, layout=replace(planned.layout, shards=few))
    groups: dict[tuple[int, str], list[Row]] = {}
    for table in small.shards():
        for row in table.to_pylist():
            if row["copy"] and row["cuts"][0]["events"]:
                groups.setdefault((row["sample_rate"], row["cuts"][0]["source"]), []).append(row)
    ranked = [sorted(group, key=_misfit) for group in groups.values()]
    return (row for turn in zip_longest(*ranked) for row in turn if row is not None)


def _spread(values: Sequence[int], most: int) -> list[int]:
    """At most so many of the values, evenly from the first to the last."""
    if len(values) <= most:
        return list(values)
    return [values[round(k * (len(values) - 1) / (most - 1))] for k in range(most)]


def _misfit(row: Row) -> tuple[bool, bool, float, str]:
    """The lower, the better a clip shows what is done to its calls."""
    marked = [event for event in row["cuts"][0]["events"] if event["strength"] == Strength.strong.value]
    boxed = any(event["high_hz"] is not None for event in marked)
    return not boxed, not marked, abs(math.log(max(len(marked), 1) / WANTED)), row["key"]


def _bases(rows: Iterable[Row], sounds: Sounds, count: int) -> list[Base]:
    """The first `count` clips, of different windows, that can be read. Raises ChorusError when there is none."""
    bases: list[Base] = []
    seen = set()
    reason = "no training clip with calls is planned"
    for row in rows:
        cut = row["cuts"][0]
        window = (cut["recording_id"], cut["first_frame"])
        if len(bases) == count:
            break
        if window in seen:
            continue
        seen.add(window)
        try:
            clip = load({**cut, "channel": cut["own_channel"]}, row["sample_rate"], sounds)
        except ReadError as error:
            reason = str(error)
            continue
        bases.append(Base(row, clip, cut["recording_id"], cut["first_frame"] / cut["sample_rate"]))
    if not bases:
        raise ChorusError(f"nothing to preview: {reason}")
    return bases


# Steps ----------------------------------------------------------------------------------------------------------------


def _shown(name: str, base: Base, recipe: Recipe, sounds: Sounds, settings: ShardSettings) -> Shown | None:
    """A clip before and after the step of this name; None where the step cannot apply to it."""
    if name == "channel":
        return _other_channel(base, sounds)
    chosen = recipe if name == WHOLE else _certain(recipe, name)
    streams = partial(stream_of_step, settings.seed, base.row["key"])
    fetch = partial(load, rate=base.row["sample_rate"], sounds=sounds)
    after, log = augment(base.clip, chosen, streams, supply(base.row, fetch, sounds.places, settings))
    return Shown(base.clip, after, log)


def _other_channel(base: Base, sounds: Sounds) -> Shown | None:
    """The clip from its own channel and from the one that was chosen when it was planned, where that is another."""
    cut = base.row["cuts"][0]
    if cut["channel"] == cut["own_channel"]:
        return None
    other = load(cut, base.row["sample_rate"], sounds)
    return Shown(base.clip, other, [channel_step(cut["own_channel"], cut["channel"])])


def _remove_others(out: Path, kept: set[Path]) -> None:
    """Remove the pictures of an earlier preview."""
    for file in out.glob("preview-*.png"):
        if file not in kept and re.fullmatch(r"preview-[a-z_]+-\d+\.png", file.name):
            file.unlink(missing_ok=True)
