"""Has the model heard what it is judged by, or a copy of that?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.lake.duplicates import known_clusters
from chorus.shards.read import Manifest
from chorus.shards.tables import duplicates_notes

if TYPE_CHECKING:
    from chorus.lake import Lake

NO_POOL = "the shard set that its encoder was pretrained on is no longer there to compare with"


@dataclass(frozen=True)
class Shared:
    """How many evaluated recordings are in a split, and how many others have a copy there."""

    own: int = 0
    copies: int = 0

    @classmethod
    def of(cls, evaluated: Collection[str], split: Iterable[str], clusters: Mapping[str, str]) -> Shared:
        """Those of a split, by the clusters of copies that are known."""
        there = set(split)
        held = {clusters[name] for name in there if name in clusters}
        others = [name for name in evaluated if name not in there]
        return cls(len(evaluated) - len(others), sum(clusters.get(name) in held for name in others))

    def told(self, where: str) -> str:
        """'3 are in the training split and 1 is a copy of one there'; '' for none."""
        parts = [f"{self.own:,} {'is' if self.own == 1 else 'are'} in {where}"] if self.own else []
        if self.copies:
            what = "is a copy of one" if self.copies == 1 else "are copies of some"
            parts.append(f"{self.copies:,} {what} {'there' if self.own else f'in {where}'}")
        return " and ".join(parts)


@dataclass(frozen=True)
class Seen:
    """What the model has heard of the evaluated recordings: in its own training and validation splits, and in what its
    encoder was pretrained on by another run. `blind` says of what copies are not known, `unknown` what else is not."""

    training: Shared = Shared()
    validation: Shared = Shared()
    pretraining: Shared = Shared()
    blind: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def line(self, recordings: int) -> str:
        """All of it in one line; `recordings` were evaluated."""
        leak = self.training.told("the training split")
        others = [self.validation.told("its validation split")]
        others.append(self.pretraining.told("what its encoder was pretrained on, without labels"))
        head = f"LEAK: of {recordings:,} evaluated recordings {leak}"
        if not leak:
            copies = "" if self.blind else ", nor is a copy of one"
            head = f"none of the {recordings:,} evaluated recordings is in the model's training split{copies}"
        return "; ".join([head, *filter(None, others), *self.blind, *self.unknown])

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        splits = {"training": self.training, "validation": self.validation, "pretraining": self.pretraining}
        own = {f"in_{name}": shared.own for name, shared in splits.items()}
        copies = {f"copies_in_{name}": shared.copies for name, shared in splits.items()}
        return {**own, **copies, "unknown": [*self.blind, *self.unknown]}


def seen(lake: Lake, run: Path, manifest: Manifest, evaluated: Collection[str]) -> Seen:
    """What the model of a run folder, with the manifest of its shard set, has heard of some recordings."""
    from chorus.train.start import Pool

    clusters, pool = known_clusters(lake), Pool.of(run)
    train, valid = (manifest.split(name)["recordings"] for name in ("train", "valid"))
    before = pool.manifest.split("train")["recordings"] if pool.manifest else []
    return Seen(
        training=Shared.of(evaluated, train, clusters),
        validation=Shared.of(evaluated, valid, clusters),
        pretraining=Shared.of(evaluated, before, clusters),
        blind=tuple(_blind(lake, [*train, *valid, *before])),
        unknown=(NO_POOL,) if pool.notes and not pool.manifest else (),
    )


def _blind(lake: Lake, heard: Iterable[str]) -> Iterator[str]:
    """What is not known of copies: nobody has looked, or what was heard is not in the lake."""
    yield from duplicates_notes(lake)
    gone = {name.partition("/")[0] for name in heard} - set(lake.layout.sources())
    if gone:
        yield f"copies of what was heard of {', '.join(sorted(gone))} are not known: no longer in the lake"
