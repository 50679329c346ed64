"""What a synthetic release is drawn from."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Range = tuple[float, float]


class RateClass(BaseModel):
    """Recordings of similar sample rate: how many of all, how long, and what calls in them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: Share = Field(description="Share of the recordings")
    rates: dict[int, Weight] = Field(description="Sample rates in Hz and their weights", min_length=1)
    seconds: Range = Field(description="Length of a recording, drawn between these, seconds")
    density_per_s: Range = Field(description="Calls per second outside the silent stretch")
    families: dict[str, Weight] = Field(description="Families of calls and their weights", min_length=1)


_CLASSES: dict[str, RateClass] = {
    "audible": RateClass(
        share=0.8,
        rates={16000: 2, 22050: 2, 24000: 1, 32000: 4, 44100: 1, 48000: 1},
        seconds=(20, 30),
        density_per_s=(0.2, 1.0),
        families={"chirp": 1, "sweep": 1, "trill": 1, "harmonic_stack": 1, "pulse_train": 1},
    ),
    "ultrasonic": RateClass(
        share=0.1,
        rates={192000: 1, 250000: 2, 384000: 1},
        seconds=(3, 5),
        density_per_s=(1.0, 5.0),
        families={"ultrasonic_sweep": 3, "pulse_train": 1},
    ),
    "low": RateClass(
        share=0.1,
        rates={2000: 1, 4000: 1, 8000: 1},
        seconds=(30, 50),
        density_per_s=(0.1, 0.3),
        families={"infrasonic_moan": 3, "harmonic_stack": 1, "sweep": 1, "pulse_train": 1},
    ),
}


class SynthSettings(BaseModel):
    """Ranges from which recordings are drawn. The defaults are those of the demo."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    classes: dict[str, RateClass] = Field(
        default_factory=lambda: dict(_CLASSES), min_length=1, description="Kinds of recordings by sample rate"
    )
    snr_db: Range = Field((-3.0, 20.0), description="Signal-to-noise ratio of a recording's calls, in the call's band")
    snr_jitter_db: float = Field(2.0, ge=0, description="Standard deviation of a call's SNR around the recording's")
    polyphony: dict[int, Weight] = Field({1: 5, 2: 4, 3: 1}, description="Most calls at one time, and weights")
    families_per_recording: tuple[int, int] = Field((1, 3), description="Families heard in one recording")
    beds: dict[str, Weight] = Field(
        {"white": 1, "pink": 2, "brown": 1, "wind": 2, "rain": 2, "insect": 1, "ship": 1},
        min_length=1,
        description="Background sounds and their weights",
    )
    call_free_share: Share = Field(0.1, description="Share of recordings without any call")
    silent_probability: Share = Field(0.5, description="Probability of one silent stretch in a recording")
    silent_part: tuple[Share, Share] = Field((0.2, 0.4), description="Part of the recording that the stretch takes")
    gap_s: float = Field(0.05, ge=0, description="Least gap between calls that do not overlap, seconds")
    split: dict[str, Share] = Field({"train": 0.7, "valid": 0.1, "test": 0.2}, description="Shares of the splits")

    @model_validator(mode="after")
    def _known_names(self) -> SynthSettings:
        from chorus.synth.beds import BEDS
        from chorus.synth.calls import FAMILIES

        wanted = {name for kind in self.classes.values() for name in kind.families}
        for unknown in sorted(wanted - FAMILIES.keys()):
            raise ValueError(f"no family '{unknown}'; known: {', '.join(FAMILIES)}")
        for unknown in sorted(self.beds.keys() - BEDS.keys()):
            raise ValueError(f"no bed '{unknown}'; known: {', '.join(BEDS)}")
        return self
