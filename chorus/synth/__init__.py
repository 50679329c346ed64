"""Soundscapes with exact truth: synthetic calls over synthetic beds, from a seed.

`calls` and `beds` hold pure generators, `scene` composes one recording, `release` writes a whole data set.
"""

from chorus.synth.release import make_release
from chorus.synth.settings import SynthSettings

__all__ = ["SynthSettings", "make_release"]
