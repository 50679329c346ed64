"""Training: masked-autoencoder pretraining and detector fine-tuning, from a shard set into a run folder.

>>> import chorus.train
>>> chorus.train.run(None, recipe="nano", shards=shards, out=out)       # both phases      # doctest: +SKIP

Where what is:

    the model       device, grid, frontend, vit, mae, detector; losses and augment act on what goes in and comes out
    the loop        loop, optim, ema, checkpoint, distributed, meter
    a run           job does the phases, tasks says what each learns; config (recipes/*.toml), folder (whose it is,
                    what was asked for), data (shards to tensors), start (a pretrained encoder), log, report, summary,
                    card, export
    the detector    targets (events to frames), decode (frames to events), tune (the decoding), infer (any length),
                    rates (those that it learned at)
    few labels      rehearsal (which clips come along), pseudo (their own labels), student (a teacher's labels),
                    steady (thresholds)
    measuring       bench, reference

Read it in this order: grid, frontend, vit, mae, detector, losses, optim, loop, checkpoint. These import torch and the
standard library only.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# Threads that wait for each other sleep instead of spinning: beside another busy process on the same cores spinning
# made steps 15 to 40 times slower. OpenMP reads this when torch is loaded; a value that is set already stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from chorus.train.job import RunSummary, run

__all__ = ["RunSummary", "run"]


def __getattr__(name: str) -> Any:
    """`run` and `RunSummary`, imported when they are first used."""
    if name in __all__:
        import importlib

        return getattr(importlib.import_module("chorus.train.job"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
