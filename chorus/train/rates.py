"""At which sample rates a model has learned and listens, and what to say of recordings at others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from chorus.errors import ChorusError
from chorus.shards.read import Manifest
from chorus.train import export
from chorus.train.frontend import FrontEnd
from chorus.train.infer import Listening

if TYPE_CHECKING:
    from chorus.train.infer import Predictor


def listening(run: Path) -> Listening:
    """To which rates the labelled clips of a run were resampled; to none where the run does not tell."""
    try:
        settings = Manifest.open(run).data.get("settings") or {}
        return Listening(settings.get("sample_rate"), settings.get("max_rate"), frozenset(rates_beside(run)))
    except ChorusError:
        return Listening()


def rates_beside(run: Path) -> set[int]:
    """Sample rates of the clips that came along with the labelled ones, Hz."""
    card = export.read_card(run)
    return {rate for name in ("rehearsal", "student") for rate in card.get(name, {}).get("sample_rates", ())}


def learned_rates(run: Path) -> set[int]:
    """Sample rates of the clips that the detector of a run has learned from, Hz; none where the run does not tell."""
    try:
        beside, shards = rates_beside(run), Manifest.open(run).shards("train")
    except ChorusError:
        return set()
    return {rate for shard in shards for rate in shard.rates} | beside


def told(run: Path, predictor: Predictor, rates: Iterable[int]) -> list[str]:
    """Lines on recordings of these `rates` (Hz): those that were resampled, and those at which the model has not
    learned."""
    heard = {rate: predictor.listens_at(rate) for rate in sorted(set(rates))}
    lines = [
        _resampled([rate for rate in heard if heard[rate] == to != rate], to) for to in sorted(set(heard.values()))
    ]
    lines.append(other_rates(run, predictor.front_end, heard.values()))
    return [line for line in lines if line]


def _resampled(rates: list[int], to: int) -> str | None:
    if not rates:
        return None
    above = f": what is above {to / 2:,.0f} Hz is not heard" if max(rates) > to else ""
    return f"recordings at {_listed(rates)} Hz were resampled to {to:,} Hz, as the model's labelled clips were{above}"


def other_rates(run: Path, front_end: FrontEnd, rates: Iterable[int]) -> str | None:
    """A line on the `rates` (Hz) at which the time step is none of those that the detector has learned with; None
    where there are none."""
    learned = sorted(learned_rates(run))
    octaves = {front_end.octave(rate) for rate in learned}
    others = sorted({rate for rate in rates if front_end.octave(rate) not in octaves})
    if not learned or not others:
        return None
    return (
        f"at {_listed(others)} Hz the model has not learned (but at {_listed(learned)} Hz, where its time step is "
        "another): less sure there"
    )


def _listed(rates: list[int]) -> str:
    return ", ".join(f"{rate:,}" for rate in rates)
