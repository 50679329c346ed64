"""Field types shared by the models. Each carries its unit's rule, so that no model repeats it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Hertz = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Decibel = Annotated[float, Field(allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(gt=0)]
Name = Annotated[str, Field(min_length=1)]


class Row(BaseModel):
    """Base of every model: unknown fields are refused, values do not change after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True)
