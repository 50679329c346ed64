"""Sound as it is stored in a shard: FLAC with 16 bits."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from chorus.errors import ReadError
from chorus.schemas.sample import AugmentStep

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Clips louder than this part of full scale are lowered to it.
PEAK = 0.999
#: Clips quieter than this that come from more than 16 bits are raised, so that 16 bits hold them.
FAINT = 1 / 64
_WHOLE = 32768
_FIRST = 4096


def to_16_bit(samples: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int16], list[AugmentStep]]:
    """Samples in -1..1 (frames,) as 16-bit integers, and the steps that were needed.

    Samples that are multiples of 2^-15, as those of a 16-bit file are, come out exactly. Others are rounded; louder
    ones than full scale are lowered, and faint ones raised by a power of two, both logged. Raises ReadError when a
    sample is not finite.
    """
    import numpy as np

    peak = float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))
    if not np.isfinite(peak):
        raise ReadError("a sample is not finite")
    whole = samples * np.float32(_WHOLE)
    exact = _all_whole(whole)
    steps = []
    if exact and peak <= 1:
        return np.minimum(whole, _WHOLE - 1, out=whole).astype(np.int16), []
    if peak > PEAK:
        whole *= np.float32(PEAK / peak)
        steps.append(AugmentStep(name="peak", params={"gain_db": round(20 * float(np.log10(PEAK / peak)), 3)}))
    elif 0 < peak < FAINT and not exact:
        power = int(np.floor(np.log2(0.5 / peak)))
        whole *= np.float32(2.0**power)
        steps.append(AugmentStep(name="raise", params={"gain_db": round(20 * power * float(np.log10(2)), 3)}))
    np.rint(whole, out=whole)
    return np.clip(whole, -_WHOLE, _WHOLE - 1, out=whole).astype(np.int16), steps


def _all_whole(values: npt.NDArray[np.float32]) -> bool:
    """Whether every value is a whole number. Most sounds that are not show it at once."""
    import numpy as np

    first = values[:_FIRST]
    return bool(np.array_equal(first, np.rint(first)) and np.array_equal(values, np.rint(values)))


def flac(samples: npt.NDArray[np.int16], rate: int) -> bytes:
    """One channel of 16-bit samples (frames,) as a FLAC file, at a rate that one can state (`flac_rate`)."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()
