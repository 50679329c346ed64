"""evTAF recordings: `.cbin` holds headerless big-endian 16-bit samples, channels interleaved; the `.rec` text file
beside it holds the rate and the number of channels."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from chorus.errors import ReadError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def rec_path(path: Path) -> Path:
    """`song.138.cbin` -> `song.138.rec`."""
    return path.with_suffix(".rec")


def header(path: Path) -> tuple[int, int, int]:
    """(frames, sample rate, channels) of a .cbin file, from its .rec and its size.

    Raises ReadError when either is missing, or the size does not hold whole frames.
    """
    rec = rec_path(path)
    try:
        text = rec.read_text(encoding="latin-1")
        size = path.stat().st_size
    except OSError as error:
        raise ReadError(f"{error.strerror}; a .cbin needs its .rec beside it", str(error.filename or path)) from None
    rate, channels = _value(text, "ADFREQ", rec), _value(text, "Chans", rec)
    if rate <= 0 or channels <= 0:
        raise ReadError(f"ADFREQ {rate} and Chans {channels} must be above 0", str(rec))
    if size == 0 or size % (2 * channels):
        raise ReadError(f"{size} bytes are no whole number of {channels}-channel 16-bit frames (truncated)", str(path))
    return size // (2 * channels), rate, channels


def _value(text: str, key: str, rec: Path) -> int:
    found = re.search(rf"^\s*{key}\s*=\s*([-+.\deE]+)", text, re.MULTILINE)
    if not found:
        raise ReadError(f"no line '{key} = ...'", str(rec))
    return round(float(found[1]))


def samples(path: Path, channels: int, first: int, count: int) -> npt.NDArray[np.float32]:
    """Frames first .. first+count as float32 in -1..1, shape (count, channels). Raises ReadError when it is cut."""
    import numpy as np

    try:
        raw = np.fromfile(path, ">i2", count=count * channels, offset=first * channels * 2)
    except OSError as error:
        raise ReadError(error.strerror or str(error), str(path)) from None
    if len(raw) != count * channels:
        raise ReadError(f"ends after {first + len(raw) // channels} samples (truncated)", str(path))
    return (raw.astype(np.float32) / np.float32(32768)).reshape(count, channels)
