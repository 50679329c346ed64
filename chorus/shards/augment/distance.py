"""Distance: spherical spreading, and absorption that grows with frequency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from chorus.schemas.sample import AugmentStep, Event
from chorus.shards.augment.clip import Clip, Medium
from chorus.shards.augment.filter import filtered
from chorus.shards.augment.step import Finite, Step, drawn
from chorus.shards.augment.stretch import quantile_hz

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

Metres = Annotated[float, Field(gt=0, le=100_000)]

#: Defaults of the air's and the sea's temperature, degrees Celsius.
AIR_C, SEA_C = 15.0, 10.0


class DistanceStep(Step):
    """A longer way from the animal to the microphone; the recording's own distance is not known, one is assumed."""

    medium: Literal["own", "air", "water"] = Field(
        description="What the sound travels through; water: the sea; own: that of the clip"
    )
    from_m: Metres = Field(1.0, description="Distance at which the clip was recorded, metres")
    metres: tuple[Metres, Metres] = Field(description="Distance from which it is heard, metres; drawn evenly in ratio")
    most_absorbed_db: float = Field(
        20.0, ge=0, le=100, description="The distance is held where the middle of an event's band loses more, dB"
    )
    temperature_c: Annotated[float, Field(ge=-20, le=50)] | None = Field(
        None, description="Temperature, degrees Celsius; absent: 15 in air, 10 in the sea"
    )
    humidity_percent: float = Field(70.0, ge=1, le=100, description="Relative humidity of the air")
    salinity: float = Field(35.0, ge=0, le=50, description="Salinity of the sea, practical salinity units")
    depth_m: float = Field(10.0, ge=0, le=7000, description="Depth in the sea, metres")
    ph: Finite = Field(8.0, ge=7, le=9, description="pH of the sea")

    @model_validator(mode="after")
    def _farther(self) -> DistanceStep:
        if self.metres[0] < self.from_m:
            raise ValueError(f"metres begins at {self.metres[0]}, nearer than from_m, {self.from_m}")
        return self

    def through(self, medium: Medium) -> DistanceStep:
        """The step for a clip that was recorded in `medium`."""
        return self if self.medium != "own" else self.model_copy(update={"medium": medium})

    def absorption(self, hz: Array) -> Array:
        """dB per metre at frequencies in Hz."""
        if self.medium == "air":
            return air_absorption(
                hz, AIR_C if self.temperature_c is None else self.temperature_c, self.humidity_percent
            )
        celsius = SEA_C if self.temperature_c is None else self.temperature_c
        return sea_absorption(hz, celsius, self.salinity, self.depth_m / 1000, self.ph)


def distance(clip: Clip, rng: np.random.Generator, params: DistanceStep) -> tuple[Clip, AugmentStep]:
    """The clip as heard from a drawn distance: lowered by 20 log10 of the ratio of distances, and filtered by the
    absorption of the medium over the way that is added, without delay.

    Calls and background fade alike, since they cannot be told apart; noise added afterwards does not fade. No marked
    event is filtered away: the distance is held where the middle of its band would lose more than `most_absorbed_db`.
    """
    import numpy as np

    params = params.through(clip.medium)
    low, high = (float(np.log10(metres / params.from_m)) for metres in params.metres)
    wanted = params.from_m * 10 ** drawn(rng, (low, high), 4)
    metres = max(params.from_m, min(wanted, params.from_m + _longest_way(clip, params)))
    loss_db = 20 * float(np.log10(metres / params.from_m))
    log: dict[str, Any] = {"medium": params.medium, "metres": round(metres, 3), "spreading_db": round(loss_db, 2)}
    if metres < wanted:
        log["held_from_metres"] = round(wanted, 3)
    if metres == params.from_m:
        return clip, AugmentStep(name="distance", params=log)
    way = metres - params.from_m
    log["at_hz"] = _told(clip.rate)
    log["absorbed_db"] = np.round(way * params.absorption(np.array(log["at_hz"], np.float64)), 3).tolist()
    heard = filtered(clip, lambda hz: -loss_db - way * params.absorption(hz))
    return heard, AugmentStep(name="distance", params=log)


def _longest_way(clip: Clip, params: DistanceStep) -> float:
    """Metres over which the middle of no event's band loses more than is allowed."""
    import numpy as np

    middles = [hz for hz in (_middle_hz(clip, event) for event in clip.events) if hz is not None]
    worst = float(params.absorption(np.array([max(middles)]))[0]) if middles else 0.0
    return params.most_absorbed_db / worst if worst > 0 else float("inf")


def _middle_hz(clip: Clip, event: Event) -> float | None:
    """Middle of an event's band; where it has none, the frequency that divides its power into halves."""
    if event.low_hz is not None and event.high_hz is not None:
        return (event.low_hz + event.high_hz) / 2
    return quantile_hz(clip, event, 0.5)


def _told(rate: int) -> list[int]:
    """Frequencies whose absorption the log names: powers of ten below half the sample rate."""
    return [hz for hz in (100, 1000, 10_000, 100_000) if hz <= rate / 2]


def air_absorption(hz: Array, celsius: float, humidity_percent: float, kilopascal: float = 101.325) -> Array:
    """Absorption of pure tones in air, dB per metre: ISO 9613-1:1993, equations 3 to 5, and B.2 and B.3 of its
    annex for the vapour pressure."""
    import numpy as np

    kelvin, pressure = celsius + 273.15, kilopascal / 101.325
    warmth = kelvin / 293.15
    vapour = humidity_percent * 10 ** (4.6151 - 6.8346 * (273.16 / kelvin) ** 1.261) / pressure
    oxygen = pressure * (24 + 4.04e4 * vapour * (0.02 + vapour) / (0.391 + vapour))
    nitrogen = pressure * warmth**-0.5 * (9 + 280 * vapour * np.exp(-4.170 * (warmth ** (-1 / 3) - 1)))
    square = np.square(hz)
    relaxing = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen + square / oxygen)
    relaxing = relaxing + 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen + square / nitrogen)
    return np.asarray(8.686 * square * (1.84e-11 / pressure * warmth**0.5 + warmth**-2.5 * relaxing))


def sea_absorption(hz: Array, celsius: float, salinity: float, depth_km: float, ph: float) -> Array:
    """Absorption of pure tones in the sea, dB per metre: Ainslie and McColm (1998), A simplified formula for viscous
    and chemical absorption in sea water, J. Acoust. Soc. Am. 103(3), 1671-1672 (boric acid, magnesium sulphate,
    water)."""
    import numpy as np

    square = np.square(np.asarray(hz) / 1000)
    boric = 0.78 * (salinity / 35) ** 0.5 * np.exp(celsius / 26)
    sulphate = 42 * np.exp(celsius / 17)
    per_km = 0.106 * boric * square / (boric**2 + square) * np.exp((ph - 8) / 0.56)
    per_km = per_km + (
        0.52 * (1 + celsius / 43) * (salinity / 35) * sulphate * square / (sulphate**2 + square)
    ) * np.exp(-depth_km / 6)
    per_km = per_km + 0.00049 * square * np.exp(-(celsius / 27 + depth_km / 17))
    return np.asarray(per_km / 1000)
