"""Model cards: what a model was trained on and how, for programs (JSON) and for people (model_card.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chorus.atomic import write_bytes
from chorus.shards.read import Manifest
from chorus.train import export
from chorus.train.config import STAGES
from chorus.train.loop import Position

MODEL_CARD = "model_card.md"

INTENDED = """\
- Marking where animals call in recordings: start and end of each call, as a first pass that a person looks over.
- The encoder: features of sound for further training, at the sample rates and on the axis of its front end.
"""

LIMITS = """\
- Calls are marked, not named: the model says nothing about species.
- It was trained on the recordings below. Other species, places, recorders and noises are untested; measure on your own
  labelled recordings first: `chorus evaluate --model {run}`.
- The decoding was chosen on the clips that the validation score is measured on, so that score is a little too good.
- A stretch without marks is no proof that nothing called. Counts of calls are no counts of animals.
- Where the licences of the training sound forbid commercial use, ask before you use the weights commercially.
"""


def data_facts(manifest: Manifest) -> dict[str, Any]:
    """What a card says of the shard set; the recordings' ids are in manifest.json beside it."""
    named = {name: manifest.data.get(name) for name in ("query", "sources", "licences")}
    return {
        "manifest_sha256": manifest.digest,
        "splits": {name: split_facts(manifest, name) for name in ("train", "valid", "test")},
        **{name: value for name, value in named.items() if value is not None},
    }


def split_facts(manifest: Manifest, name: str) -> dict[str, Any]:
    """Counts of a split."""
    split = manifest.split(name)
    return {"samples": split["samples"], "hours": split.get("hours"), "recordings": len(split["recordings"])}


def rehearsal_facts(pool: Manifest) -> dict[str, Any]:
    """What a card says of clips without labels that came along."""
    shards = pool.shards("train")
    rates = sorted({rate for shard in shards for rate in shard.rates})
    return {"clips": sum(sum(shard.rates.values()) for shard in shards), "sample_rates": rates}


def rehearsal_line(facts: dict[str, Any]) -> str:
    """The same in words."""
    rates, clips = _rates_and_clips(facts)
    where = f"hardly a label near {rates} Hz"
    return f"{where}: there it marks what stands out of the noise floor, learned from {clips} without"


def student_line(facts: dict[str, Any]) -> str:
    """What a card says of the clips that a first detector marked for this one, in words."""
    rates, clips = _rates_and_clips(facts)
    return f"few labels near {rates} Hz: a first detector learned from them, and marked {clips} without for this one"


def _rates_and_clips(facts: dict[str, Any]) -> tuple[str, str]:
    rates = ", ".join(f"{rate:,}" for rate in facts["sample_rates"])
    return rates, f"{facts['clips']:,} clip" + ("s" if facts["clips"] > 1 else "")


def phase_facts(position: Position) -> dict[str, Any]:
    """What a card says of a phase."""
    losses = position.losses()
    return {
        "steps": position.step,
        "seconds": round(position.elapsed_s, 1),
        "clips": position.clips,
        "audio_s": round(position.audio_s, 1),
        "skipped_steps": position.skipped,
        "loss": losses[-1] if losses else None,
    }


def held(run: Path) -> dict[str, Any]:
    """What the cards of a run say together: the encoder's, and over it the detector's. Empty when there is none."""
    found: dict[str, Any] = {}
    for name in (export.ENCODER_CARD, export.CARD):
        if (run / name).exists():
            found |= json.loads((run / name).read_text(encoding="utf-8"))
    return found


def write_model_card(run: Path) -> None:
    """Write model_card.md from the JSON cards of a run."""
    write_bytes(run / MODEL_CARD, ("\n".join(lines(held(run), run)) + "\n").encode())


def lines(card: dict[str, Any], run: Path) -> Iterator[str]:
    """The card as Markdown."""
    name = card["recipe"]["name"]
    yield f"# Chorus {name}: " + ("detector of animal calls" if "decoding" in card else "encoder of animal sound")
    yield "\n## Files\n"
    yield f"- `{export.ENCODER}` and `{export.ENCODER_CARD}`: the pretrained encoder and its configuration"
    if "decoding" in card:
        yield f"- `{export.DETECTOR}` and `{export.CARD}`: encoder and head, fine-tuned, with the decoding"
    yield "- `run.json`: the whole recipe; `manifest.json`: every training recording; `report.html`: curves"
    yield "\n## Model\n"
    sizes = ", ".join(f"{part} {count:,}" for part, count in card["parameters"].items())
    yield f"Recipe `{name}`, seed {card['seed']}, Chorus {card['chorus']}. Parameters: {sizes}."
    yield "\n## Training data\n"
    yield from data_lines(card)
    yield "\n## Training\n"
    yield from phase_lines(card)
    yield f"\n## Intended use\n\n{INTENDED}"
    yield f"## Limits\n\n{LIMITS.format(run=run.name)}".rstrip()


def data_lines(card: dict[str, Any]) -> Iterator[str]:
    """Shard set, splits and licences."""
    yield f"Shard set with manifest SHA-256 `{card['manifest_sha256']}`" + (
        f", calls chosen by `{card['query']}`." if card.get("query") else "."
    )
    yield "\n| split | clips | hours | recordings |\n| --- | --- | --- | --- |"
    for split, facts in card["splits"].items():
        hours = "" if facts["hours"] is None else f"{facts['hours']:.2f}"
        yield f"| {split} | {facts['samples']:,} | {hours} | {facts['recordings']:,} |"
    for title, key in (("Sources", "sources"), ("Licences", "licences")):
        if card.get(key):
            yield f"\n{title} (clips): " + ", ".join(f"{name} {count:,}" for name, count in card[key].items()) + "."
    if not card.get("licences"):
        yield "\nLicences: not stated in the shard set's manifest."


def phase_lines(card: dict[str, Any]) -> Iterator[str]:
    """Steps and loss of each phase, and how the result was measured."""
    for phase in STAGES:
        if facts := card.get(phase):
            loss = "" if facts["loss"] is None else f", last logged loss {facts['loss']:.4f}"
            yield (
                f"- {phase}: {facts['steps']:,} steps in {facts['seconds']:,.0f} s, {facts['clips']:,} clips, "
                f"{facts['audio_s'] / 3600:,.1f} h of sound, {facts['skipped_steps']:,} steps skipped{loss}"
            )
    if "decoding" in card:
        yield "- fine-tuned from " + ("the pretrained encoder" if card["pretrained"] else "scratch")
        if facts := card.get("rehearsal"):
            yield f"- {rehearsal_line(facts)}"
        if facts := card.get("student"):
            yield f"- {student_line(facts)}"
        yield from (f"- {note}" for note in card.get("notes", ()))
        tuned = card["decoding_tuned_on"]
        clips = f"{tuned['valid_clips']:,} validation and {tuned['train_clips']:,} training clips"
        if unlabelled := tuned.get("unlabelled_clips"):
            clips += f", its thresholds also on {unlabelled:,} clips without labels"
        score = "not measured" if card["valid_f1"] is None else f"{card['valid_f1']:.3f}"
        yield f"- decoding chosen on {clips}; event F1 on the validation clips (mean of IoU 0.3 and 0.5): {score}"
