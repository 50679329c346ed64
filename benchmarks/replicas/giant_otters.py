"""Giant otters: 441 clips of adults and 12 of neonates, and no table: the call type is in the name. The sounds are a
few frames long.

Known: both numbers, clips of each of the adults' 21 types, the nine types that only neonates have, rates of 48 and 96
kHz, one name ('Audio S043_begging scream.wav'). Not known and made up: the other numbers, which neonate has which type
(the nine in turn; some may have an adult's type), which clip has which rate.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.replicas.common import tiny_wav

#: Clips of each type in Audio_S1, 441 in all; in this order 'begging scream' begins with number 43, as released.
ADULTS = {
    "bark": 21, "begging call": 21, "begging scream": 32, "begging scream gradation": 30, "close call": 10,
    "contact call": 32, "contact call gradation": 25, "growl": 29, "hah": 17, "hum": 30, "hum gradation": 29,
    "hum short": 9, "isolation call": 16, "snort": 32, "suckling call": 12, "underwater call": 9,
    "wavering scream": 11, "whine": 20, "whistle": 18, "whistle double": 13, "Ascending scream": 25,
}  # fmt: skip
#: Types of Audio_S2 alone, and its clips.
NEONATES = (
    "Distress call 1", "Distress call 2", "begging call like", "contact call like", "high whistle", "low whistle",
    "hum like", "bark like", "hum gradation like",
)  # fmt: skip
NEONATE_CLIPS = 12
RATES = (48_000, 96_000)


def write(root: Path, audio: bool = False) -> None:
    """All clips (they carry the labels, so `audio` makes no difference)."""
    adults = [kind for kind, clips in ADULTS.items() for _ in range(clips)]
    neonates = [NEONATES[k % len(NEONATES)] for k in range(NEONATE_CLIPS)]
    for folder, kinds in (("Audio_S1", adults), ("Audio_S2", neonates)):
        for number, kind in enumerate(kinds, start=1):
            name = f"Audio S{number:03}_{kind}.wav"
            tiny_wav(root / "giant_otters" / folder / name, RATES[number % len(RATES)])


def floor(root: Path) -> list[str]:
    """The names of the clips: there is nothing else to read."""
    return [f"SELECT * FROM glob('{root}/giant_otters/*/*.wav')"]
