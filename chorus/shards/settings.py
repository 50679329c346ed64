"""Everything that decides which clips there are and what is done to them. Equal settings and inputs: equal bytes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from chorus.schemas.vocabulary import Split
from chorus.shards.augment.recipe import Recipe
from chorus.shards.flac_rate import FLAC_MOST_HZ, flac_rate

Share = Annotated[float, Field(gt=0, lt=1)]
BALANCES = ("natural", "species", "source")
Balance = Literal["natural", "species", "source"] | Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]

#: Length of a clip where nothing is asked for, seconds.
CLIP_SECONDS = 10.0


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

    format_version: int = Field(4, description="Goes up when the same settings give other bytes")
    clip_seconds: float | None = Field(
        None, gt=0, le=3600, description="Length of a clip; shorter recordings give shorter ones; absent: clip_steps"
    )
    clip_steps: int | None = Field(
        None,
        gt=0,
        le=1_000_000,
        description="Length of a clip in time steps of its rate's octave; absent: clip_seconds",
    )
    sample_rate: int | None = Field(
        None, ge=100, le=FLAC_MOST_HZ, description="Rate of all clips, Hz; absent: their own"
    )
    max_rate: int | None = Field(
        None, ge=100, le=FLAC_MOST_HZ, description="Highest rate of a clip, Hz; faster recordings are resampled to it"
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of every draw")
    include_held_out: bool = Field(False, description="Whether held-out sources are used")
    hold_out: tuple[str, ...] = Field((), description="Sources held out beside those whose cards say so")
    licence: tuple[str, ...] = Field((), description="Licences asked for, of which a recording's is one; none: any")
    unlabelled: bool = Field(False, description="Whether windows lie over whole recordings, calls or not")
    balance: Balance = Field(
        "natural", description="What training clips are repeated and thinned by; a number: temperature over species"
    )
    most_repeats: int = Field(10, ge=1, le=1000, description="Most times that balancing puts a clip into the set")
    negative_ratio: float = Field(0.25, ge=0, description="Most call-free clips per clip with calls, in each split")
    negative_margin_s: float = Field(
        0.25, ge=0, description="Least distance of a call-free clip from any call, seconds"
    )
    least_seconds: float = Field(0.1, gt=0, description="Recordings shorter than this are refused, seconds")
    valid_share: Share = Field(
        0.1, description="Share of the stretches with calls for validation where the release states no split"
    )
    test_share: Share = Field(
        0.1, description="Share of the stretches with calls for testing where the release states no split"
    )
    shard_clips: int = Field(256, gt=0, description="Most clips in a shard")
    shard_mb: float = Field(128, gt=0, description="Most sound in a shard, megabytes of 16-bit samples")
    copies: int = Field(0, ge=0, description="Augmented versions of each training clip, beside the clip itself")
    recipe: Recipe | None = Field(None, description="What augmentation does")
    noise: list[NoiseFile] = Field(default_factory=list, description="The user's noise files; none: synthetic noise")

    @field_validator("balance", mode="before")
    @classmethod
    def _read_balance(cls, value: object) -> object:
        if value in BALANCES:
            return value
        try:
            return float(str(value))
        except ValueError:
            raise ValueError(f"expected {', '.join(BALANCES)} or a temperature above 0") from None

    @field_validator("sample_rate", "max_rate")
    @classmethod
    def _can_be_stated(cls, rate: int | None) -> int | None:
        if rate is not None and flac_rate(rate) != rate:
            raise ValueError(f"a FLAC file cannot state it; the nearest that it can is {flac_rate(rate)}")
        return rate

    @model_validator(mode="before")
    @classmethod
    def _default_length(cls, values: dict[str, object]) -> dict[str, object]:
        if values.get("clip_seconds") is None and values.get("clip_steps") is None:
            return values | {"clip_seconds": CLIP_SECONDS}
        return values

    @model_validator(mode="after")
    def _one_of_each(self) -> ShardSettings:
        for one, other in (("clip_seconds", "clip_steps"), ("sample_rate", "max_rate")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise ValueError(f"give {one} or {other}, not both")
        return self

    @property
    def shares(self) -> dict[Split, float]:
        """Shares of the splits, in order of precedence: with few groups the first are filled first."""
        train = 1 - self.valid_share - self.test_share
        return {Split.train: train, Split.valid: self.valid_share, Split.test: self.test_share}

    def rate_of(self, rate: int) -> int:
        """The rate of clips whose recording has `rate` Hz: its own, or the nearest that FLAC can state."""
        return self.sample_rate or flac_rate(min(rate, self.max_rate or rate))

    def clip_s(self, rate: int) -> float:
        """Length in seconds of a whole clip of `rate` Hz."""
        if self.clip_steps is None:
            assert self.clip_seconds is not None
            return self.clip_seconds
        from chorus.train.grid import frame_geometry

        return self.clip_steps * frame_geometry(rate).hop / rate

    def clip_frames(self, rate: int) -> int:
        """Frames of a recording of `rate` Hz that a whole clip of it takes."""
        return max(1, round(self.clip_s(self.rate_of(rate)) * rate))
