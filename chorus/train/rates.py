"""At which sample rates a model has learned, and what to say of recordings at others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from chorus.errors import ChorusError
from chorus.shards.read import Manifest
from chorus.train import export
from chorus.train.frontend import FrontEnd


def learned_rates(run: Path) -> set[int]:
    """Sample rates of the clips that the detector of a run has learned from, Hz; none where the run does not tell."""
    try:
        card, shards = export.read_card(run), Manifest.open(run).shards("train")
    except ChorusError:
        return set()
    beside = {rate for name in ("rehearsal", "student") for rate in card.get(name, {}).get("sample_rates", ())}
    return {rate for shard in shards for rate in shard.rates} | beside


def other_rates(run: Path, front_end: FrontEnd, rates: Iterable[int]) -> str | None:
    """A line on the `rates` (Hz) at which the time step is none of those that the detector has learned with; None
    where there are none."""
    learned = sorted(learned_rates(run))
    octaves = {front_end.octave(rate) for rate in learned}
    others = sorted({rate for rate in rates if front_end.octave(rate) not in octaves})
    if not learned or not others:
        return None
    here, there = (", ".join(f"{rate:,}" for rate in some) for some in (others, learned))
    return (
        f"at {here} Hz the model has not learned (but at {there} Hz, where its time step is another): less sure there"
    )
