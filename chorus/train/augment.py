"""Changes of a spectrogram while training, on the device; units are 10 dB above the noise floor (see frontend.py).

Bins above the Nyquist frequency and frames of padding are exactly 0 in every clip, and stay so.
"""

from __future__ import annotations

import torch
from torch import Tensor

from chorus.train.device import is_gpu, sent
from chorus.train.frontend import UNIT_DB
from chorus.train.losses import Targets


def uniform(shape: tuple[int, ...], generator: torch.Generator, device: torch.device) -> Tensor:
    """Uniform numbers in 0..1, drawn on the CPU so that a seed gives the same on every device."""
    return sent(torch.rand(shape, generator=generator), device)


def many(shape: tuple[int, ...], generator: torch.Generator, device: torch.device) -> Tensor:
    """The same for as many numbers as a spectrogram has: on a GPU they are drawn there, from a seed that is not."""
    if not is_gpu(device):
        return uniform(shape, generator, device)
    seed = int(torch.randint(2**62, (1,), generator=generator))
    return torch.rand(shape, generator=torch.Generator(device).manual_seed(seed), device=device)


def lit(spectrogram: Tensor) -> tuple[Tensor, Tensor]:
    """Which bins (B, bins) and which frames (B, frames) of a spectrogram (B, bins, frames) hold anything, as bool."""
    filled = spectrogram != 0
    return filled.any(2), filled.any(1)


def raise_noise(spectrogram: Tensor, most_db: float, generator: torch.Generator) -> Tensor:
    """Add stationary noise whose power lies up to `most_db` above each clip's floor, and take the new floor away."""
    b = spectrogram.shape[0]
    level = uniform((b, 1, 1), generator, spectrogram.device) * most_db / UNIT_DB
    noise = -torch.log(many(tuple(spectrogram.shape), generator, spectrogram.device).clamp(min=1e-6))
    power = 10.0**spectrogram + (10.0**level - 1.0) * noise
    return torch.log10(power.clamp(min=1e-4)) - level


def tilt(spectrogram: Tensor, most_db: float, generator: torch.Generator) -> Tensor:
    """Make calls louder at one end of the axis and fainter at the other; the floor (values <= 0) stays as it is."""
    b, bins, _ = spectrogram.shape
    slope = (uniform((b, 1, 1), generator, spectrogram.device) * 2 - 1) * most_db / UNIT_DB
    ramp = torch.linspace(-0.5, 0.5, bins, device=spectrogram.device)[None, :, None]
    above = spectrogram.clamp(min=0)
    return spectrogram + (above / (1 + above)) * slope * ramp


def shift(spectrogram: Tensor, most_bins: int, generator: torch.Generator) -> Tensor:
    """Move each clip up or down the log-frequency axis by up to `most_bins` bins; what leaves enters at the far end.

    Only the bins up to the topmost one that holds anything take part.
    """
    b, bins, frames = spectrogram.shape
    steps = sent(torch.randint(-most_bins, most_bins + 1, (b, 1), generator=generator), spectrogram.device)
    place = torch.arange(bins, device=spectrogram.device)[None]
    filled = height(lit(spectrogram)[0])[:, None].clamp(min=1)
    index = torch.where(place < filled, (place - steps) % filled, place)
    return torch.gather(spectrogram, 1, index[:, :, None].expand(b, bins, frames))


def height(bins: Tensor) -> Tensor:
    """How many bins there are up to the topmost that holds anything: (B, bins) bool -> (B,)."""
    return ((torch.arange(bins.shape[1], device=bins.device) + 1) * bins).amax(1)


def mix(
    spectrogram: Tensor, targets: Targets, chance: float, most_db: float, generator: torch.Generator
) -> tuple[Tensor, Targets]:
    """Add to some clips another one of the batch, up to `most_db` fainter; the labels of both hold then.

    Powers add up, and the raised floor is taken away again. A frame is known only where it is known in both, or the
    other one has ended. Nothing is added to a clip of a lower rate than the other's, which might call above its axis,
    nor to digital silence.
    """
    b, device = spectrogram.shape[0], spectrogram.device
    partner = sent(torch.randperm(b, generator=generator), device)
    level = uniform((b, 1, 1), generator, device) * most_db / UNIT_DB
    chosen = uniform((b, 1, 1), generator, device) < chance
    bins, frames = lit(spectrogram)
    chosen &= (height(bins)[partner] <= height(bins))[:, None, None]
    both = torch.log10(10.0**spectrogram + 10.0 ** (spectrogram[partner] - level)) - torch.log10(1 + 10.0**-level)
    row = chosen[:, 0]
    join = {
        name: torch.where(row, torch.maximum(value, value[partner]), value)
        for name in ("activity", "onset", "offset")
        for value in [getattr(targets, name)]
    }
    limit = {
        name: torch.where(row & frames[partner], torch.minimum(value, value[partner]), value)
        for name in ("activity_known", "edge_known")
        for value in [getattr(targets, name)]
    }
    both = both * bins[:, :, None] * frames[:, None]
    return torch.where(chosen, both, spectrogram), Targets(**join, **limit)


def blank(spectrogram: Tensor, widest: int, axis: int, generator: torch.Generator) -> Tensor:
    """Set one random stretch of up to `widest` along `axis` to the floor in each clip (SpecAugment)."""
    b, size = spectrogram.shape[0], spectrogram.shape[axis]
    width = uniform((b, 1), generator, spectrogram.device) * min(widest, size)
    start = uniform((b, 1), generator, spectrogram.device) * (size - width)
    index = torch.arange(size, device=spectrogram.device)[None]
    hole = (index >= start) & (index < start + width)
    return spectrogram.masked_fill(hole[:, :, None] if axis == 1 else hole[:, None, :], 0.0)


def augment(
    spectrogram: Tensor,
    generator: torch.Generator,
    noise_db: float = 0.0,
    tilt_db: float = 0.0,
    shift_bins: int = 0,
    time_mask_frames: int = 0,
    freq_mask_bins: int = 0,
) -> Tensor:
    """Apply the drawn changes to a batch (B, bins, frames). All off: the input itself."""
    if not (noise_db or tilt_db or shift_bins or time_mask_frames or freq_mask_bins):
        return spectrogram
    bins, frames = lit(spectrogram)
    if shift_bins:
        spectrogram = shift(spectrogram, shift_bins, generator)
    if noise_db:
        spectrogram = raise_noise(spectrogram, noise_db, generator)
    if tilt_db:
        spectrogram = tilt(spectrogram, tilt_db, generator)
    if freq_mask_bins:
        spectrogram = blank(spectrogram, freq_mask_bins, 1, generator)
    if time_mask_frames:
        spectrogram = blank(spectrogram, time_mask_frames, 2, generator)
    return spectrogram * bins[:, :, None] * frames[:, None]
