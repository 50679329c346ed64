"""Everything that decides which clips there are and what is done to them. Equal settings and inputs: equal bytes."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chorus.schemas.vocabulary import Split
from chorus.shards.augment.recipe import Recipe

Share = Annotated[float, Field(gt=0, lt=1)]

#: The highest sample rate that a FLAC file can state, Hz.
FLAC_MOST_HZ = 655_350


class NoiseFile(BaseModel):
    """A file of the user's noise folder, by its name in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    frames: int
    sample_rate: int
    size: int


class ShardSettings(BaseModel):
    """The settings of a shard set; written into its plan and its manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int = Field(1, description="Goes up when the same settings give other bytes")
    clip_seconds: float = Field(
        10.0, gt=0, le=3600, description="Length of a clip; shorter recordings give shorter ones"
    )
    sample_rate: int | None = Field(
        None, ge=100, le=FLAC_MOST_HZ, description="Rate of all clips, Hz; absent: their own"
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of every draw")
    include_held_out: bool = Field(False, description="Whether held-out sources are used")
    licence: tuple[str, ...] = Field((), description="Licences asked for, of which a recording's is one; none: any")
    negative_ratio: float = Field(0.25, ge=0, description="Most call-free clips per clip with calls, in each split")
    negative_margin_s: float = Field(
        0.25, ge=0, description="Least distance of a call-free clip from any call, seconds"
    )
    least_seconds: float = Field(0.1, gt=0, description="Recordings shorter than this are refused, seconds")
    valid_share: Share = Field(0.1, description="Share of clips for validation where the release states no split")
    test_share: Share = Field(0.1, description="Share of clips for testing where the release states no split")
    shard_clips: int = Field(256, gt=0, description="Most clips in a shard")
    shard_mb: float = Field(128, gt=0, description="Most sound in a shard, megabytes of 16-bit samples")
    copies: int = Field(0, ge=0, description="Augmented versions of each training clip, beside the clip itself")
    recipe: Recipe | None = Field(None, description="What augmentation does")
    noise: list[NoiseFile] = Field(default_factory=list, description="The user's noise files; none: synthetic noise")

    @property
    def shares(self) -> dict[Split, float]:
        """Shares of the splits, in order of precedence: with few groups the first are filled first."""
        train = 1 - self.valid_share - self.test_share
        return {Split.train: train, Split.valid: self.valid_share, Split.test: self.test_share}
