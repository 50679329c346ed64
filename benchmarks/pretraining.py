"""Does pretraining help? Detectors fine-tuned from a pretrained encoder and from scratch, on few and many labels.

`python -m benchmarks pretraining` makes three synthetic releases: a pool without labels, a labelled one with some
families of calls, and one with families that no label was ever seen of. The pool trains the autoencoder once; then each
share of the labelled recordings, with each of three seeds, trains a detector from either start with the same steps.
Event F1 (IoU 0.5) on recordings of known and of unseen families, with 95 % bootstrap intervals over (seed, recording),
stands beside the two baselines. CHORUS_PRETRAINING names a folder to keep what is made: a run that was cut off goes on.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from chorus.annotate.detect import mono_blocks
from chorus.evaluate.baselines import Levels, always_positive, energy_events, measure_levels, tune_energy
from chorus.evaluate.metrics import Counts, bootstrap_f1, bootstrap_gain, outcome, total
from chorus.evaluate.run import searched
from chorus.evaluate.truth import Selection, Subject, select
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.progress import Progress
from chorus.synth.release import make_release
from chorus.synth.settings import RateClass, SynthSettings

RECIPE = "nano"
#: Steps and clips per step, so that every run does the same work on any machine.
PRETRAIN, FINETUNE = {"steps": 1500}, {"steps": 200}
SHARES, SEEDS, IOU = (0.01, 0.1, 1.0), (0, 1, 2), 0.5
KNOWN, UNSEEN = ("chirp", "trill", "harmonic_stack"), ("sweep", "pulse_train")
GOAL = 0.10
STARTS = ("scratch", "pretrained")


def main() -> list[str]:
    """Run everything; returns the table."""
    given = os.environ.get("CHORUS_PRETRAINING")
    if given:
        return compare(Path(given))
    with tempfile.TemporaryDirectory() as folder:
        return compare(Path(folder))


def compare(work: Path) -> list[str]:
    """The table for one pair of starts, each seed and share."""
    recipe = written_recipe(work)
    pool = world(work / "pool", hours=1.0, seed=1, families=(*KNOWN, *UNSEEN))
    known = world(work / "known", hours=0.6, seed=2, families=KNOWN)
    unseen = world(work / "unseen", hours=0.1, seed=3, families=UNSEEN)
    pretrain(work, recipe, shards(pool, work / "pool" / "clips"))
    labelled = {split: with_calls(known, split) for split in ("train", "valid")}
    tests = {
        "known families": (known, select(known, "split='test'", [])),
        "unseen families": (unseen, select(unseen, "true", [])),
    }
    found: dict[tuple[str, str, float], list[Counts]] = {}
    for share in SHARES:
        for seed in SEEDS:
            few = chosen(labelled["train"], share, seed, least=1) + chosen(labelled["valid"], share, seed)
            clips = shards(known, work / f"clips-{share:g}-{seed}", few)
            for start in STARTS:
                run = finetune(work, recipe, clips, start, f"{start}-{share:g}-{seed}", seed)
                for name, (_, selection) in tests.items():
                    found.setdefault((name, start, share), []).extend(judged(run, selection))
        for name in tests:
            print(f"{name}: {line(name, share, found)}", file=sys.stderr, flush=True)
    lines = []
    for name, (_, selection) in tests.items():
        lines += [f"{name}: {len(selection.subjects)} recordings", *baselines(selection)]
        lines += [line(name, share, found) for share in SHARES]
    return lines


def line(name: str, share: float, found: dict[tuple[str, str, float], list[Counts]]) -> str:
    """Both starts at one share of the labels, and what pretraining gains."""
    scratch, pretrained = (found[name, start, share] for start in STARTS)
    low, high = bootstrap_gain(pretrained, scratch) or (float("nan"),) * 2
    gain = total(pretrained).f1 - total(scratch).f1
    met = f"  goal >= +{GOAL:.2f}: {'met' if gain >= GOAL else 'MISSED'}" if share == min(SHARES) else ""
    return (
        f"  {share:>4.0%} of the labels: scratch {shown(scratch)}, pretrained {shown(pretrained)}, "
        f"gain {gain:+.3f} [{low:+.3f} to {high:+.3f}], n = {len(SEEDS)} seeds x {len(scratch) // len(SEEDS)}{met}"
    )


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


def written_recipe(work: Path) -> str:
    """The recipe with fixed steps and no limit of time, as a file."""
    from chorus.train.config import RECIPES

    work.mkdir(parents=True, exist_ok=True)
    lines = (RECIPES / f"{RECIPE}.toml").read_text().splitlines()
    out, part = [], ""
    for text in lines:
        part = text.strip() if text.startswith("[") else part
        key = text.split("=")[0].strip()
        fixed = {"[pretrain]": PRETRAIN, "[finetune]": FINETUNE}.get(part, {})
        if fixed and key == "max_seconds":
            continue
        out.append(f"{key} = {fixed[key]}" if key in fixed else text)
    path = work / "recipe.toml"
    path.write_text("\n".join(out) + "\n")
    tomllib.loads(path.read_text())
    return str(path)


def world(folder: Path, hours: float, seed: int, families: tuple[str, ...]) -> Lake:
    """A lake with a synthetic release of these families at audible rates."""
    audible = SynthSettings().classes["audible"]
    kind = RateClass(**audible.model_dump() | {"share": 1.0, "families": dict.fromkeys(families, 1)})
    settings = SynthSettings(classes={"audible": kind})
    root = make_release(folder / "release", hours, seed, jobs=2, settings=settings, quiet=True)
    layout = Layout(folder / "lake")
    ingest(layout, "synth", root)
    return Lake(layout.root)


def with_calls(lake: Lake, split: str) -> list[str]:
    """Recordings of a split in which something calls."""
    found = lake.query(f"SELECT DISTINCT recording_id FROM calls WHERE split = '{split}' ORDER BY 1").rows()
    return [row["recording_id"] for row in found]


def chosen(recordings: list[str], share: float, seed: int, least: int = 0) -> list[str]:
    """A share of the recordings; larger shares hold the smaller ones."""
    order = random.Random(seed).sample(recordings, len(recordings))
    return order[: max(least, round(share * len(recordings)))]


def shards(lake: Lake, out: Path, recordings: list[str] | None = None) -> Path:
    """Clips of a lake, of all or some recordings."""
    from chorus.shards import make_shards

    names = ", ".join(f"'{name}'" for name in recordings or [])
    make_shards(
        lake, where=f"recording_id IN ({names})" if names else None, out=out, shards_home=out.parent, jobs=2, quiet=True
    )
    return out


def pretrain(work: Path, recipe: str, clips: Path) -> None:
    from chorus.train import run

    run("pretrain", recipe=recipe, shards=clips, out=work / "pretrained", resume=True, quiet=True)


def finetune(work: Path, recipe: str, clips: Path, start: str, name: str, seed: int) -> Path:
    """A fine-tuned run; the pretrained encoder is laid into its folder first where it starts from that."""
    from chorus.train import run

    out = work / "runs" / name
    out.mkdir(parents=True, exist_ok=True)
    if start == "pretrained":
        for file in (work / "pretrained").glob("encoder.*"):
            shutil.copy(file, out)
    run("finetune", recipe=recipe, shards=clips, out=out, resume=True, seed=seed, quiet=True)
    return out


def judged(run: Path, selection: Selection) -> Iterator[Counts]:
    """Counts of each recording."""
    from chorus.train.export import load_predictor

    predictor = load_predictor(run, None)
    with Progress("evaluate", None, "recordings", quiet=True) as progress:
        for subject, events in searched(predictor, selection, progress):
            yield outcome(events, subject.truth).events[IOU]


if __name__ == "__main__":
    for text in main():
        print(text, flush=True)
