"""What augmentation does: for each step its probability and the ranges its parameters are drawn from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chorus.errors import UsageError

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Range = tuple[Finite, Finite]


class Step(BaseModel):
    """One augmentation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    probability: Share = Field(description="Share of augmented clips that it is applied to")

    @model_validator(mode="after")
    def _ordered(self) -> Step:
        for name, value in self:
            if isinstance(value, tuple) and len(value) == 2 and value[0] > value[1]:
                raise ValueError(f"{name} goes from {value[0]} down to {value[1]}")
        return self


class StitchStep(Step):
    """Other clips joined with cross-fades: short clips up to the clip length, full ones in exchange for a part."""

    fade_s: Range = Field(description="Length of a cross-fade, seconds")
    match_db: float = Field(ge=0, description="Most change of gain that matches the noise floors, dB")


class MixStep(Step):
    """Another clip on top."""

    snr_db: Range = Field(description="Power of the clip above that of the other, dB")


class ReduceStep(Step):
    """Noise reduction by spectral gating."""

    strength: tuple[Share, Share] = Field(description="0: nothing, 1: what lies below the gate is removed")


class NoiseStep(Step):
    """Added noise: synthetic beds, or the files of the user's noise folder."""

    snr_db: Range = Field(description="Power of the calls above the noise inside their bands, dB")
    beds: list[str] = Field(min_length=1, description="Synthetic beds to draw from")
    most_rise_db: float = Field(description="The noise is never louder than the whole clip by more than this, dB")

    @model_validator(mode="after")
    def _known_beds(self) -> NoiseStep:
        from chorus.synth.beds import BEDS

        for unknown in sorted(set(self.beds) - set(BEDS)):
            raise ValueError(f"no bed '{unknown}'; known: {', '.join(BEDS)}")
        return self


class AmplitudeStep(Step):
    """A change of gain."""

    gain_db: Range = Field(description="Gain, dB")


class WindowStep(Step):
    """The FFT window of the trainer's front end, relative to its base."""

    scales: list[Annotated[float, Field(gt=0, le=16)]] = Field(min_length=1, description="Scales to draw from")


class Recipe(BaseModel):
    """Steps in the order in which they are applied."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    copies: int = Field(1, ge=1, le=100, description="Augmented versions of each training clip, beside the clip itself")
    stitch: StitchStep
    mix: MixStep
    reduce: ReduceStep
    noise: NoiseStep
    amplitude: AmplitudeStep
    n_fft: WindowStep


def load_recipe(path: Path | None = None) -> Recipe:
    """A recipe from a TOML file; the packaged default without one. Raises UsageError naming what is wrong in it."""
    import tomllib

    chosen = path or Path(__file__).with_name("default.toml")
    try:
        return Recipe.model_validate(tomllib.loads(chosen.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"{chosen}: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{chosen}: no TOML that can be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{chosen}: {where}: {first['msg']}") from None
