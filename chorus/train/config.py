"""Recipes: everything that decides how a model is built and trained, as TOML validated by pydantic."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chorus.errors import ChorusError, ReadError, fault, nearest
from chorus.train.ema import DECAY
from chorus.train.mae import MaskKind

RECIPES = Path(__file__).parent / "recipes"
Phase = Literal["pretrain", "finetune"]
PHASES: tuple[Phase, ...] = ("pretrain", "finetune")
#: The phases as they run: fine-tuning on few labels has a teacher first (see `chorus.train.student`).
Stage = Literal["pretrain", "teach", "finetune"]
STAGES: tuple[Stage, ...] = ("pretrain", "teach", "finetune")


Share = Annotated[float, Field(ge=0, lt=1)]


class Part(BaseModel):
    """A table of a recipe: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FrontEndConfig(Part):
    """The grid that is laid over a clip."""

    bins: int = Field(128, ge=8, description="Rows of the log-frequency axis")
    octaves: float = Field(8.0, gt=0, le=12, description="Octaves of the axis, down from the rate octave's Nyquist")
    frame_s: float = Field(0.01, gt=0, le=1, description="Frame length in seconds at full_rate_hz and an octave below")
    full_rate_hz: int = Field(48_000, ge=1000, description="Frames are halved for each octave of rate above it")


class EncoderConfig(Part):
    """Sizes of the encoder."""

    dim: int = Field(gt=0, description="Width")
    depth: int = Field(gt=0, description="Blocks")
    heads: int = Field(gt=0, description="Attention heads; dim / heads is a multiple of 4")
    mlp: int = Field(gt=0, description="Hidden width of each block's MLP")
    patch_bins: int = Field(16, gt=0, description="Bins of a patch; a power of two")
    patch_frames: int = Field(16, gt=0, description="Frames of a patch")
    layer_scale: float = Field(1.0, description="Where the learned gains of each block's branches start")
    drop_path: float = Field(0.0, ge=0, lt=1, description="Chance to leave out the last block's branches")
    window: int = Field(128, gt=0, description="Patch columns of a window; clips of more than two are seen in windows")

    @model_validator(mode="after")
    def _fits(self) -> EncoderConfig:
        if self.dim % self.heads or (self.dim // self.heads) % 4:
            raise ValueError(f"dim {self.dim} must be {self.heads} heads times a multiple of 4")
        if self.patch_bins & (self.patch_bins - 1):
            raise ValueError(f"patch_bins {self.patch_bins} must be a power of two")
        return self


class DecoderConfig(Part):
    """Sizes of the pretraining decoder, and what is hidden."""

    dim: int = Field(gt=0, description="Width")
    depth: int = Field(gt=0, description="Blocks")
    heads: int = Field(gt=0, description="Attention heads")
    mlp: int = Field(gt=0, description="Hidden width of each block's MLP")
    mask_ratio: float = Field(0.8, gt=0, lt=1, description="Share of patches that are hidden")
    mask: MaskKind = Field("random", description="What is hidden: single patches, whole times, bands, or any of these")
    decode_ratio: float = Field(1.0, gt=0, le=1, description="Share of hidden patches that are predicted")
    layer_scale: float = Field(1.0, description="As in the encoder")


class HeadConfig(Part):
    """Sizes of the detection head."""

    channels: int = Field(32, ge=2, description="Channels of the frame branch")
    reach: int = Field(9, ge=1, description="Frames that a temporal kernel spans; odd")
    blocks: int = Field(3, ge=0, description="Dilated steps along time; each sees twice as far as the one before")

    @model_validator(mode="after")
    def _odd(self) -> HeadConfig:
        if self.reach % 2 == 0:
            raise ValueError(f"reach {self.reach} must be odd")
        return self


class AugmentConfig(Part):
    """Changes drawn for each clip at each step, on the spectrogram."""

    noise_db: float = Field(0.0, ge=0, description="The noise floor is raised by up to this much")
    tilt_db: float = Field(0.0, ge=0, description="The spectrum is tilted by up to this much over the axis, either way")
    shift_bins: int = Field(0, ge=0, description="Clips are moved along the log-frequency axis by up to this many bins")
    time_mask_frames: int = Field(0, ge=0, description="Longest stretch of frames that is blanked")
    freq_mask_bins: int = Field(0, ge=0, description="Widest band that is blanked")


class PhaseConfig(Part):
    """One phase of training."""

    steps: int = Field(gt=0, description="Optimizer steps")
    max_seconds: float | None = Field(
        None, gt=0, description="Wall time of the phase: when steps come slower the schedule is shortened to fit"
    )
    batch_clips: int = Field(gt=0, description="Clips per step, over all processes")
    accumulate: int = Field(1, gt=0, description="Pieces that a step is cut into, where memory holds no whole one")
    recompute: bool = Field(False, description="Keep only products and attention for the backward pass: less memory")
    rate_groups: int = Field(1, gt=0, description="Sample rates that are mixed in one step")
    crop_frames: int = Field(gt=0, description="Frames of a crop; a multiple of the patch length")
    lr: float = Field(gt=0, description="Peak learning rate")
    betas: tuple[Share, Share] = Field((0.9, 0.95), description="AdamW's averages")
    weight_decay: float = Field(0.05, ge=0, description="On matrices only")
    warmup: float = Field(0.05, ge=0, lt=1, description="Share of the schedule with rising learning rate")
    clip_norm: float = Field(1.0, gt=0, description="Largest norm of the gradient")
    threads: int = Field(1, gt=0, description="Threads that read clips ahead")
    save_every_s: float = Field(
        60.0, gt=0, description="Seconds between checkpoints; more where they would take over 2 % of the time"
    )
    log_every: int = Field(10, gt=0, description="Steps between logged figures")
    augment: AugmentConfig = Field(default_factory=AugmentConfig)


class PretrainConfig(PhaseConfig):
    """Pretraining of encoder and decoder."""

    ema: float = Field(DECAY, ge=0, lt=1, description="Decay of the running average of the encoder; 0: no average")


class FinetuneConfig(PhaseConfig):
    """Fine-tuning of encoder and head."""

    layer_decay: float = Field(
        1.0, gt=0, le=1, description="Factor on the learning rate from each block to the one below"
    )
    edge_weight: float = Field(0.5, ge=0, description="Weight of onset and offset in the loss")
    edge_frames: float = Field(1.5, gt=0, description="Width (sigma) of onset and offset targets, frames")
    on_event: float = Field(0.5, ge=0, le=1, description="Share of crops placed on a call where the clip has one")
    mix: float = Field(0.0, ge=0, le=1, description="Chance that another clip of the batch is added to a clip")
    mix_db: float = Field(10.0, ge=0, description="The added clip is up to this much fainter")
    tune_clips: int = Field(256, gt=0, description="Most clips that the decoding is tuned on")


class Recipe(Part):
    """A whole recipe."""

    name: str = Field(description="Name of the recipe")
    front_end: FrontEndConfig = Field(default_factory=FrontEndConfig)
    encoder: EncoderConfig
    decoder: DecoderConfig
    head: HeadConfig = Field(default_factory=HeadConfig)
    pretrain: PretrainConfig
    finetune: FinetuneConfig

    @model_validator(mode="after")
    def _fits(self) -> Recipe:
        for phase in (self.pretrain, self.finetune):
            if phase.crop_frames % self.encoder.patch_frames:
                raise ValueError(f"crop_frames {phase.crop_frames} is no multiple of {self.encoder.patch_frames}")
        bins, octaves, patch = self.front_end.bins, self.front_end.octaves, self.encoder.patch_bins
        if bins % patch:
            raise ValueError(f"{bins} bins are no multiple of patch_bins {patch}")
        if octaves * patch < bins:
            raise ValueError(f"patches of {patch} of {bins} bins span less than one of {octaves:g} octaves")
        if self.decoder.dim % self.decoder.heads or (self.decoder.dim // self.decoder.heads) % 4:
            raise ValueError(
                f"decoder: dim {self.decoder.dim} must be {self.decoder.heads} heads times a multiple of 4"
            )
        return self


def packaged() -> list[str]:
    """Names of the recipes that come with Chorus."""
    return sorted(p.stem for p in RECIPES.glob("*.toml"))


def load_recipe(recipe: str | Path) -> Recipe:
    """A packaged recipe by name, or one from a TOML file.

    Raises ChorusError, one line, for an unknown name, a file that cannot be read, an unknown key or a bad value.
    """
    path = RECIPES / f"{recipe}.toml"
    if str(recipe) not in packaged():
        path = Path(recipe)
        if path.suffix != ".toml":
            raise ChorusError(f"no recipe '{recipe}'; known: {', '.join(packaged())}{nearest(str(recipe), packaged())}")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReadError(error.strerror or str(error), str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReadError(f"no TOML: {error}", str(path)) from None
    return check_recipe(data, str(path))


def check_recipe(data: dict[str, Any], origin: str) -> Recipe:
    """Validate a recipe's data; the error names `origin` and the key."""
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        key, what = fault(error)
        raise ReadError(f"{key or 'recipe'}: {what}", origin) from None
