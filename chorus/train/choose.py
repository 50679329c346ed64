"""Which decoding a detector gets, what that was chosen on, and its score on the validation split, for its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chorus.shards.read import Manifest, Reader
from chorus.train.config import FinetuneConfig
from chorus.train.data import Source
from chorus.train.decode import Decoding, Decodings
from chorus.train.infer import Predictor
from chorus.train.rehearsal import Beside
from chorus.train.tune import (
    ENOUGH_CALLS,
    Item,
    items,
    opinions,
    pseudo_truth,
    score,
    taught_truth,
    tune_agreed,
    tune_all,
    tune_taught,
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
    base = Decodings(agreed if only else decodings.base, decodings.by_octave)
    return _entries(with_octaves(base, few, agreed), valid, added)


def taught_decoding(
    student: Predictor, teacher: Predictor, source: Source, config: FinetuneConfig, pool: Manifest
) -> dict[str, Any]:
    """A student's: its teacher's, chosen anew in the octaves of `pool`, whose clips that has marked."""
    few = octaves(pool, student)
    valid, added = _labelled(student, source, config)
    mine = [item for item in valid + added if item.octave in few]
    marked = list(items(student, _reader(source, pool, config), config.tune_clips, taught_truth(teacher)))
    chosen = tune_taught(mine, marked, teacher.decodings.at(min(few)))
    only = few.issuperset(item.octave for item in valid + added)
    base = Decodings(chosen if only else teacher.decodings.base, teacher.decodings.by_octave)
    return _entries(with_octaves(base, few, chosen), valid, added)


def with_octaves(decodings: Decodings, octaves: set[int], how: Decoding) -> Decodings:
    """Decodings with another one for some octaves."""
    return Decodings(decodings.base, dict(sorted({**decodings.by_octave, **dict.fromkeys(octaves, how)}.items())))


def octaves(pool: Manifest, predictor: Predictor) -> set[int]:
    """The octaves of rates that a set's training clips lie in."""
    return {predictor.front_end.octave(rate) for shard in pool.shards("train") for rate in shard.rates}


def _chosen(
    predictor: Predictor, source: Source, config: FinetuneConfig, beside: Beside
) -> tuple[Decodings, list[Item], list[Item]]:
    valid, added = _labelled(predictor, source, config)
    heard: list[Item] = []
    if beside.itself:
        heard = list(items(predictor, _reader(source, beside.itself, config), config.tune_clips, pseudo_truth))
    return tune_all(valid + added, heard), valid, added


def _labelled(predictor: Predictor, source: Source, config: FinetuneConfig) -> tuple[list[Item], list[Item]]:
    valid = list(items(predictor, source.reader("valid", config), config.tune_clips))
    room = config.tune_clips - len(valid) if _calls(valid) < ENOUGH_CALLS else 0
    return valid, list(items(predictor, source.reader("train", config), room))


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
