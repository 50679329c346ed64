"""What every step of a recipe has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    import numpy as np

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
#: A number drawn evenly between two.
Range = tuple[Finite, Finite]


class Step(BaseModel):
    """One augmentation: how often it is applied; the models of the steps add what their parameters are drawn from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    probability: Share = Field(description="Share of augmented clips that it is applied to")

    @model_validator(mode="after")
    def _ordered(self) -> Step:
        for name, value in self:
            if isinstance(value, tuple) and len(value) == 2 and value[0] > value[1]:
                raise ValueError(f"{name} goes from {value[0]} down to {value[1]}")
        return self


def drawn(rng: np.random.Generator, bounds: Range, digits: int = 3) -> float:
    """A number of a range, rounded, so that the log holds exactly what was used."""
    return round(float(rng.uniform(*bounds)), digits)


def applied(params: Step, rng: np.random.Generator) -> bool:
    """Whether a step is applied to a clip: the first draw of its stream."""
    return bool(rng.uniform() < params.probability)
