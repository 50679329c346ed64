"""Training clips out of the lake: plan -> augment -> write, and the reader that training uses.

`make_shards` does it all; `plan` decides which clips there are, `augment` changes them, `write` puts them into
WebDataset tars.

Where what is:

    the stage       make, settings, folder (who works in it, what is finished), engines (processes, Ray), outdated,
                    summary, progress, spent (time)
    which clips     tables (out of the lake), usable (recordings), windows, clips, balance, resampling (what it takes
                    away); plan puts them together, rows deals them into shards
    splits          splits, kin (who is related to whom)
    their sound     write (a shard), build (a clip), sound and held (open recordings), encode, flac_rate, tar
    augmentation    augment, events (moved, cut), partners (other clips), beds and noise_files (noise), draws (random
                    streams)
    accounts        manifest, croissant, datasheet
    looking         audit, audit_checks, audit_tars; preview, preview_page
    training        read
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chorus.shards.make import make_shards
    from chorus.shards.summary import ShardSummary

__all__ = ["ShardSummary", "make_shards"]


def __getattr__(name: str) -> Any:
    """Load the writing side only when it is asked for, so that a reader does without it."""
    if name == "make_shards":
        from chorus.shards.make import make_shards

        return make_shards
    if name == "ShardSummary":
        from chorus.shards.summary import ShardSummary

        return ShardSummary
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
