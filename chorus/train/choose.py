"""Which decoding a detector gets, what that was chosen on, and its score on the validation split, for its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chorus.shards.read import Manifest, Reader
from chorus.train.config import FinetuneConfig
from chorus.train.data import Source
from chorus.train.decode import Decodings
from chorus.train.infer import Predictor
from chorus.train.rehearsal import Beside
from chorus.train.tune import (
    ENOUGH_CALLS,
    Item,
    items,
    opinions,
    score,
    tune_agreed,
    tune_all,
)


def choose_decoding(predictor: Predictor, source: Source, config: FinetuneConfig, beside: Beside) -> dict[str, Any]:
    """Chosen on the validation split, on training clips where that holds few calls, and for octaves of rates without
    labels on what stands out of their clips."""
    return _entries(*_chosen(predictor, source, config, beside))


def agreed_decoding(
    together: Predictor, members: Sequence[Any], source: Source, config: FinetuneConfig, pool: Manifest, beside: Beside
) -> dict[str, Any]:
    """The same for several detectors that are used as one; in the octaves of `pool`, where few calls are labelled, it
    is chosen so that they agree."""
    decodings, valid, added = _chosen(together, source, config, beside)
    few = octaves(pool, together)
    each = [replace(together, detector=member) for member in members]
    found = list(opinions(each, _reader(source, pool, config), config.tune_clips))
    agreed = tune_agreed([item for item in valid + added if item.octave in few], found)
    only = few.issuperset(item.octave for item in valid + added)
    by_octave = {**decodings.by_octave, **dict.fromkeys(few, agreed)}
    return _entries(Decodings(agreed if only else decodings.base, dict(sorted(by_octave.items()))), valid, added)


def taken_decoding(
    predictor: Predictor, source: Source, config: FinetuneConfig, taken: dict[str, Any]
) -> dict[str, Any]:
    """The decoding of other detectors, whose card is `taken`, with the score that it gives this one."""
    valid = list(items(predictor, source.reader("valid", config), config.tune_clips))
    found = _entries(Decodings.from_dict(taken["decoding"]), valid, [])
    return {**found, "decoding_tuned_on": taken["decoding_tuned_on"]}


def octaves(pool: Manifest, predictor: Predictor) -> set[int]:
    """The octaves of rates that a set's training clips lie in."""
    return {predictor.front_end.octave(rate) for shard in pool.shards("train") for rate in shard.rates}


def _chosen(
    predictor: Predictor, source: Source, config: FinetuneConfig, beside: Beside
) -> tuple[Decodings, list[Item], list[Item]]:
    valid = list(items(predictor, source.reader("valid", config), config.tune_clips))
    room = config.tune_clips - len(valid) if _calls(valid) < ENOUGH_CALLS else 0
    added = list(items(predictor, source.reader("train", config), room))
    heard: list[Item] = []
    if beside.itself:
        heard = list(items(predictor, _reader(source, beside.itself, config), config.tune_clips, pseudo=True))
    return tune_all(valid + added, heard), valid, added


def _reader(source: Source, pool: Manifest, config: FinetuneConfig) -> Reader:
    return replace(source, manifest=pool).reader("train", config)


def _calls(found: list[Item]) -> int:
    return sum(len(item.truth.calls) for item in found)


def _entries(decodings: Decodings, valid: list[Item], added: list[Item]) -> dict[str, Any]:
    return {
        "decoding": decodings.to_dict(),
        "decoding_tuned_on": {"valid_clips": len(valid), "train_clips": len(added)},
        "valid_f1": score(valid, decodings) if _calls(valid) else None,
    }
