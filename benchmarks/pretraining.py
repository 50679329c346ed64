"""Does pretraining help? Detectors fine-tuned from a pretrained encoder and from scratch, on few and many labels.

`python -m benchmarks pretraining` does so twice. `synth`: a pool without labels, a labelled release with some families
of calls, one to test on, and one of families that no label was ever seen of. `real`: the strongly labelled recordings
of $CHORUS_REAL_FILES (see `benchmarks.real_files`; left out where there are none), every other one of each source held
out. The pool trains the autoencoder once; then each share of the labels, with each of three seeds, trains a detector
from either start, at each of three learning rates: the recipe's, and four and eight times that, as so few steps want
more. From the pretrained one, clips of the pool come along in octaves of rates with few labelled calls, and a teacher
may come first (see `chorus.train.rehearsal` and `chorus.train.student`); where one does, a detector is trained from
scratch for as many steps as teacher and student took together, too. Each start is compared at the rate, and the number
of steps, that is best for it. Labels are bought by clip: clips around calls drawn at random, with all that is marked in
them, until they hold the share; of the real recordings in those that the lake's splits give to training. Event F1 (IoU
0.5) with 95 % bootstrap intervals over (seed, recording) stands beside the two baselines. CHORUS_PRETRAINING names a
folder to keep what is made: a run that was cut off goes on; CHORUS_BENCH_PARTS names one of the two.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.real_files import among, real_files
from chorus import adapters
from chorus.adapters import own
from chorus.annotate.detect import mono_blocks
from chorus.atomic import write_bytes
from chorus.evaluate.baselines import Levels, always_positive, energy_events, measure_levels, tune_energy
from chorus.evaluate.metrics import Counts, bootstrap_f1, bootstrap_gain, outcome, total
from chorus.evaluate.run import searched
from chorus.evaluate.truth import Selection, Subject, select
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.lake.quoting import listed
from chorus.progress import Progress
from chorus.shards.read import Manifest
from chorus.synth.release import make_release
from chorus.synth.settings import RateClass, SynthSettings
from chorus.train.student import LONGER

RECIPE = "nano"
#: Steps, so that every run does the same work on any machine.
PRETRAIN: dict[str, float] = {"steps": 1500}
FINETUNE: dict[str, float] = {"steps": 200}
RATES = (3e-3, 12e-3, 24e-3)
PRETRAINED_RATES = RATES[1:]
SHARES, SEEDS, IOU = (0.01, 0.1, 1.0), (0, 1, 2), 0.5
KNOWN, UNSEEN = ("chirp", "trill", "harmonic_stack"), ("sweep", "pulse_train")
#: Real sources of which several recordings are at hand: folder -> source, or the format of one's own.
REAL = {
    "bengalese_finch_bfsongrepo": "bengalese_finch",
    "bengalese_finch_koumura": "koumura",
    "mouse_usv_amvoc": "mouse_usv_amvoc",
    "neotropical_bats_whombat": "neotropical_bats_whombat",
}
GOAL = 0.10
#: `long`: from scratch, with the steps of teacher and student together.
STARTS = ("scratch", "pretrained", "long")
#: Counts of each recording by (test, start, learning rate, share of the labels).
Found = dict[tuple[str, str, float, float], list[Counts]]
#: Frames of a clip: those of a crop of the recipe, so that a clip's labels are what a step sees.
CLIP_STEPS = 256


@dataclass(frozen=True)
class World:
    """What one comparison is made of. `labelled` says which calls may be bought, by split of the shards."""

    name: str
    lake: Lake
    labelled: dict[str, str]
    tests: dict[str, Selection]
    shares: dict[str, float] = field(default_factory=dict)


def main() -> list[str]:
    """Run everything; returns the table."""
    given = os.environ.get("CHORUS_PRETRAINING")
    if given:
        return everything(Path(given))
    with tempfile.TemporaryDirectory() as folder:
        return everything(Path(folder))


def everything(work: Path) -> list[str]:
    makers = {"synth": synthetic, "real": recorded}
    lines = []
    for name in os.environ.get("CHORUS_BENCH_PARTS", ",".join(makers)).split(","):
        world = makers[name](work / name)
        lines += compare(work / name, world) if world else [f"{name}: no files here, not measured"]
    return lines


def compare(work: Path, world: World) -> list[str]:
    """The table for one pair of starts, each seed and share. The pool's shards are there already."""
    pretrain(work, written_recipe(work, RATES[0], FINETUNE), work / "pool-clips")
    found: Found = {}
    labels: dict[float, list[int]] = {}
    shares = [float(share) for share in os.environ.get("CHORUS_BENCH_SHARES", "").split(",") if share] or SHARES
    for share in shares:
        jobs = []
        for seed in SEEDS:
            clips, count = bought(work / f"clips-{share:g}-{seed}", world, share, seed)
            labels.setdefault(share, []).append(count)
            starts = STARTS if taught(work / "pretrained", clips) else STARTS[:2]
            jobs += [Job(work, clips, start, rate, share, seed) for start in starts for rate in rates_of(start)]
        for job, counts in zip(jobs, scored(jobs, world.tests), strict=True):
            for name in world.tests:
                found.setdefault((name, job.start, job.rate, share), []).extend(counts[name])
        for name in world.tests:
            print(f"{name}: {line(name, share, labels[share], found)}", file=sys.stderr, flush=True)
    lines = []
    for name, selection in world.tests.items():
        lines += [f"{name}: {len(selection.subjects)} recordings", *baselines(selection)]
        lines += [line(name, share, labels[share], found) for share in shares]
    return lines


# Worlds ---------------------------------------------------------------------------------------------------------------


def synthetic(work: Path) -> World:
    """Synthetic recordings at audible rates."""
    pool = release(work / "pool", hours=1.0, seed=1, families=(*KNOWN, *UNSEEN))
    known = release(work / "known", hours=3.0, seed=2, families=KNOWN)
    tests = {
        "known families": release(work / "test", hours=0.3, seed=4, families=KNOWN),
        "unseen families": release(work / "unseen", hours=0.2, seed=3, families=UNSEEN),
    }
    shards(pool, work / "pool-clips", clip_steps=CLIP_STEPS)
    labelled = {split: f"split = '{split}'" for split in ("train", "valid")}
    return World("synth", known, labelled, {name: select(lake, "true", []) for name, lake in tests.items()})


def release(folder: Path, hours: float, seed: int, families: tuple[str, ...]) -> Lake:
    """A lake with a synthetic release of these families."""
    audible = SynthSettings().classes["audible"]
    kind = RateClass(**audible.model_dump() | {"share": 1.0, "families": dict.fromkeys(families, 1)})
    settings = SynthSettings(classes={"audible": kind})
    root = make_release(folder / "release", hours, seed, jobs=2, settings=settings, quiet=True)
    layout = Layout(folder / "lake")
    ingest(layout, "synth", root)
    return Lake(layout.root)


def recorded(work: Path) -> World | None:
    """Real recordings, every other one of each source held out; None where they are not at hand."""
    try:
        root = real_files()
    except SystemExit:
        return None
    layout = Layout(work / "lake")
    work.mkdir(parents=True, exist_ok=True)
    for folder, name in REAL.items():
        mapping = work / "finch.toml"
        mapping.write_text("species = 'Lonchura striata'\n")
        adapter = own.adapter(name, folder, mapping) if name in own.FORMATS else adapters.get(name)
        ingest(layout, adapter, root / folder)
    lake = Lake(layout.root)
    rows = lake.query("SELECT recording_id, source FROM recordings ORDER BY 1").rows()
    held_out: dict[str, list[str]] = {row["source"]: [] for row in rows}
    for source, mine in held_out.items():
        mine += [row["recording_id"] for row in rows if row["source"] == source][1::2]
    tests = {source: select(lake, among(mine), []) for source, mine in held_out.items()}
    free = f"NOT {among(name for mine in held_out.values() for name in mine)}"
    few = {"valid_share": 0.1, "test_share": 0.01}
    shards(lake, work / "pool-clips", free, clip_steps=CLIP_STEPS, **few)
    trained = among(Manifest.open(work / "pool-clips").split("train")["recordings"])
    return World("real", lake, {"train": trained}, tests, few)


# Labels ---------------------------------------------------------------------------------------------------------------


def bought(out: Path, world: World, share: float, seed: int) -> tuple[Path, int]:
    """Clips that hold a share of the labels, and how many labels that is."""
    calls: list[str] = []
    count = 0
    for clause in world.labelled.values():
        some, more = around(world.lake, clause, share, seed)
        calls, count = calls + some, count + more
    shards(world.lake, out, f"call_id IN ({listed(calls)})", clip_steps=CLIP_STEPS, negative_ratio=0.0, **world.shares)
    return out, count


def around(lake: Lake, where: str, share: float, seed: int) -> tuple[list[str], int]:
    """Calls to cut clips around, drawn until all labels in these clips are the share of those there are; and how many
    labels lie in them."""
    from chorus.train.grid import frame_geometry

    rows = lake.query(
        f"SELECT call_id, recording_id, start_s, end_s, rate FROM calls JOIN (SELECT recording_id, sample_rate AS rate "
        f"FROM recordings) USING (recording_id) WHERE ({where}) AND presence = 'present' ORDER BY call_id"
    ).rows()
    by_recording: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_recording.setdefault(row["recording_id"], []).append(row)
    chosen: list[str] = []
    held: set[str] = set()
    for row in random.Random(seed).sample(rows, len(rows)):
        if len(held) >= share * len(rows):
            break
        if row["call_id"] in held:
            continue
        chosen.append(row["call_id"])
        middle = (row["start_s"] + row["end_s"]) / 2
        reach = CLIP_STEPS * frame_geometry(row["rate"]).frame_s / 2
        near = by_recording[row["recording_id"]]
        held |= {r["call_id"] for r in near if r["end_s"] > middle - reach and r["start_s"] < middle + reach}
    return chosen, len(held)


def shards(lake: Lake, out: Path, where: str | None = None, **choices: Any) -> None:
    """Clips of a lake."""
    from chorus.shards import make_shards

    make_shards(lake, where=where, out=out, shards_home=out.parent, jobs=2, quiet=True, **choices)


# Runs -----------------------------------------------------------------------------------------------------------------


def written_recipe(work: Path, rate: float, finetune: dict[str, float]) -> str:
    """The recipe with fixed steps, a learning rate for fine-tuning and no limit of time, as a file."""
    from chorus.train.config import RECIPES

    lines = (RECIPES / f"{RECIPE}.toml").read_text().splitlines()
    out, part = [], ""
    for text in lines:
        part = text.strip() if text.startswith("[") else part
        key = text.split("=")[0].strip()
        fixed: dict[str, float] = {"[pretrain]": PRETRAIN, "[finetune]": {**finetune, "lr": rate}}.get(part, {})
        if fixed and key == "max_seconds":
            continue
        out.append(f"{key} = {fixed[key]}" if key in fixed else text)
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"recipe-{rate:g}.toml"
    path.write_text("\n".join(out) + "\n")
    tomllib.loads(path.read_text())
    return str(path)


def pretrain(work: Path, recipe: str, clips: Path) -> None:
    from chorus.train import run

    whole(run("pretrain", recipe=recipe, shards=clips, out=work / "pretrained", resume=True, quiet=True))


@dataclass(frozen=True)
class Job:
    """A detector to train, and where."""

    work: Path
    clips: Path
    start: str
    rate: float
    share: float
    seed: int

    @property
    def run(self) -> Path:
        return self.work / "runs" / f"{self.start}-{self.share:g}-{self.seed}-{self.rate:g}"


def rates_of(start: str) -> tuple[float, ...]:
    """The learning rates that are tried."""
    return PRETRAINED_RATES if start == "pretrained" else RATES


def taught(pretrained: Path, clips: Path) -> bool:
    """Whether fine-tuning has a teacher."""
    from chorus.train.config import load_recipe
    from chorus.train.export import build_front_end
    from chorus.train.rehearsal import Beside

    front_end = build_front_end(load_recipe(RECIPE))
    return Beside.of(Manifest.open(pretrained), Manifest.open(clips), front_end).detector is not None


def scored(jobs: list[Job], tests: dict[str, Selection]) -> Iterator[dict[str, list[Counts]]]:
    """Train the detectors and judge them, as many at once as there are cores; in the order of `jobs`."""
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), initializer=on_one_core) as pool:
        yield from pool.map(score, jobs, repeat(tests))


def on_one_core() -> None:
    """What a process of the pool starts with."""
    import torch

    torch.set_num_threads(1)


def score(job: Job, tests: dict[str, Selection]) -> dict[str, list[Counts]]:
    """Counts of each recording by test; kept beside the run."""
    kept = job.run / "counts.json"
    if not kept.exists():
        finetune(job)
        counts = {name: [vars(one) for one in judged(job.run, selection)] for name, selection in tests.items()}
        write_bytes(kept, json.dumps(counts).encode())
    return {name: [Counts(**one) for one in every] for name, every in json.loads(kept.read_text()).items()}


def finetune(job: Job) -> None:
    """Train the detector of a job; `long` takes the steps of teacher and student."""
    from chorus.train import run

    steps = FINETUNE["steps"] * (1 + LONGER if job.start == "long" else 1)
    recipe = written_recipe(job.run.parent / f"{job.run.name}-recipe", job.rate, {"steps": steps})
    before = job.work / "pretrained" if job.start == "pretrained" else None
    choices: dict[str, Any] = {"shards": job.clips, "out": job.run, "seed": job.seed, "pretrained": before}
    whole(run("finetune", recipe=recipe, resume=True, quiet=True, **choices))


def whole(summary: Any) -> None:
    """Stop here when a run was asked to stop; it goes on when the same is run again."""
    if summary.interrupted:
        raise KeyboardInterrupt


def judged(run: Path, selection: Selection) -> Iterator[Counts]:
    """Counts of each recording."""
    from chorus.train.export import load_predictor

    predictor = load_predictor(run, None)
    with Progress("evaluate", None, "recordings", quiet=True) as progress:
        for subject, events in searched(predictor, selection, progress):
            yield outcome(events, subject.truth).events[IOU]


# Report ---------------------------------------------------------------------------------------------------------------


def line(name: str, share: float, labels: list[int], found: Found) -> str:
    """Both starts at one share of the labels, each at the rate that is best for it, and what pretraining gains: over
    the better number of steps from scratch, and over as many steps as its own."""
    whole = len(found[name, "scratch", RATES[0], share])
    every = {start: [found.get((name, start, rate, share), []) for rate in rates_of(start)] for start in STARTS}
    every = {start: some for start, some in every.items() if all(len(counts) == whole for counts in some)}
    best = {start: max(some, key=lambda counts: total(counts).f1) for start, some in every.items()}
    pretrained = best["pretrained"]
    scratch = max((best[start] for start in ("scratch", "long") if start in best), key=lambda counts: total(counts).f1)
    rates = "; ".join(f"{start} {by_rate(start, some)}" for start, some in every.items())
    text = (
        f"  {share:>4.0%} of the labels ({', '.join(map(str, labels))}): scratch {shown(scratch)}, pretrained "
        f"{shown(pretrained)}, gain {gain(pretrained, scratch, share)}, n = {len(SEEDS)} seeds x "
        f"{len(scratch) // len(SEEDS)} ({rates})"
    )
    if "long" in best:
        text += f"; as many steps from scratch {shown(best['long'])}, gain {gain(pretrained, best['long'], share)}"
    return text


def by_rate(start: str, some: list[list[Counts]]) -> str:
    """F1 at each learning rate."""
    pairs = zip(some, rates_of(start), strict=True)
    return " / ".join(f"{total(counts).f1:.3f} at {rate:g}" for counts, rate in pairs)


def gain(pretrained: list[Counts], scratch: list[Counts], share: float) -> str:
    """The difference in F1 with its interval, and for the fewest labels whether it reaches the goal."""
    low, high = bootstrap_gain(pretrained, scratch) or (float("nan"),) * 2
    value = total(pretrained).f1 - total(scratch).f1
    met = f" (goal >= +{GOAL:.2f}: {'met' if value >= GOAL else 'MISSED'})" if share == min(SHARES) else ""
    return f"{value:+.3f} [{low:+.3f} to {high:+.3f}]{met}"


def shown(counts: list[Counts]) -> str:
    low, high = bootstrap_f1(counts) or (float("nan"),) * 2
    return f"{total(counts).f1:.3f} [{low:.3f}-{high:.3f}]"


def baselines(selection: Selection) -> list[str]:
    """Always positive, and the energy detector tuned on these very recordings (the best that such a one can do)."""
    levels = [(levels_of(subject), subject.truth) for subject in selection.subjects]
    how = tune_energy(levels)
    energy = [outcome(energy_events(level, how), truth).events[IOU] for level, truth in levels]
    always = [outcome(always_positive(truth), truth).events[IOU] for _, truth in levels]
    return [f"  always positive {shown(always)}, energy detector tuned here {shown(energy)}"]


def levels_of(subject: Subject) -> Levels:
    """The energy detector's levels, in frames as long as the model's."""
    from chorus.train.config import load_recipe
    from chorus.train.export import build_front_end

    frame_s = build_front_end(load_recipe(RECIPE)).geometry(subject.sample_rate).frame_s
    return measure_levels(mono_blocks(subject.path, subject.channel), subject.sample_rate, frame_s)


if __name__ == "__main__":
    for text in main():
        print(text, flush=True)
