"""What augmentation does: the steps, in order, each with what its parameters are drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chorus.errors import UsageError, fault
from chorus.shards.augment.amplitude import AmplitudeStep
from chorus.shards.augment.channel import ChannelStep
from chorus.shards.augment.clipping import ClippingStep
from chorus.shards.augment.distance import DistanceStep
from chorus.shards.augment.filter import FilterStep
from chorus.shards.augment.mix import MixStep
from chorus.shards.augment.noise import NoiseStep
from chorus.shards.augment.reduce import ReduceStep
from chorus.shards.augment.reverb import ReverbStep
from chorus.shards.augment.shift import ShiftStep
from chorus.shards.augment.step import Step
from chorus.shards.augment.stitch import StitchStep
from chorus.shards.augment.stretch import StretchStep
from chorus.shards.augment.window import WindowStep


class Recipe(BaseModel):
    """The steps of a recipe; one that is absent is not applied."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    copies: int = Field(1, ge=1, le=100, description="Augmented versions of each training clip, beside the clip itself")
    order: tuple[str, ...] = Field(
        (), description="Names of the steps as they are applied; absent: as they are written"
    )
    channel: ChannelStep | None = None
    stitch: StitchStep | None = None
    shift: ShiftStep | None = None
    stretch: StretchStep | None = None
    distance: DistanceStep | None = None
    mix: MixStep | None = None
    reverb: ReverbStep | None = None
    noise: NoiseStep | None = None
    filter: FilterStep | None = None
    amplitude: AmplitudeStep | None = None
    clipping: ClippingStep | None = None
    reduce: ReduceStep | None = None
    n_fft: WindowStep | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, content: Any) -> Any:
        if not isinstance(content, dict) or content.get("order"):
            return content
        return content | {"order": [name for name, step in content.items() if isinstance(step, dict | Step)]}

    @model_validator(mode="after")
    def _each_once(self) -> Recipe:
        present = {name for name, value in self if isinstance(value, Step)}
        if sorted(self.order) != sorted(present):
            raise ValueError(f"order names {', '.join(self.order)}; the steps are {', '.join(sorted(present))}")
        return self

    def steps(self) -> Iterator[tuple[str, Step]]:
        """Name and parameters of each step that changes a clip, in order; the channel is chosen before there is one."""
        for name in self.order:
            if name != "channel":
                yield name, getattr(self, name)


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
        key, what = fault(error)
        raise UsageError(f"{chosen}: {key or 'recipe'}: {what}") from None
