"""At which sample rates a model has learned, and what becomes of recordings at others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from chorus.errors import ChorusError
from chorus.shards.read import Manifest
from chorus.train import export
from chorus.train.infer import Predictor, Resampling


def resampling_of(run: Path) -> Resampling:
    """How the clips of a run's shard set were resampled; not at all where its manifest does not tell."""
    try:
        settings = Manifest.open(run).data.get("settings", {})
    except ChorusError:
        return Resampling()
    return Resampling(settings.get("sample_rate"), settings.get("max_rate"))


def learned_rates(run: Path) -> set[int]:
    """Sample rates of the clips that the detector of a run has learned from, Hz; none where the run does not tell."""
    try:
        card, shards = export.read_card(run), Manifest.open(run).shards("train")
    except ChorusError:
        return set()
    beside = {rate for name in ("rehearsal", "student") for rate in card.get(name, {}).get("sample_rates", ())}
    return {rate for shard in shards for rate in shard.rates} | beside


def rate_notes(run: Path, predictor: Predictor, rates: Iterable[int]) -> Iterator[str]:
    """What a user should know of recordings at these `rates` (Hz): which are resampled, and at which the time step is
    none of those that the detector has learned with."""
    heard = {rate: predictor.resampling.rate_of(rate) for rate in set(rates)}
    changed = {rate: to for rate, to in sorted(heard.items()) if to != rate}
    if changed:
        yield f"heard at {shown(changed.values())} Hz, as the clips that the model learned from: {shown(changed)} Hz"
    learned, front_end = learned_rates(run), predictor.front_end
    octaves = {front_end.octave(rate) for rate in learned}
    others = {rate for rate in heard.values() if front_end.octave(rate) not in octaves}
    if learned and others:
        yield (
            f"at {shown(others)} Hz the model has not learned (but at {shown(learned)} Hz, where its time step is "
            "another): less sure there"
        )


def shown(rates: Iterable[int]) -> str:
    """Rates in ascending order."""
    return ", ".join(f"{rate:,}" for rate in sorted(set(rates)))
