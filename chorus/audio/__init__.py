"""Sound files: probe, read a stretch, stream, resample. Formats: everything libsndfile reads (WAV, FLAC, Ogg, MP3,
AIFF, NIST SPHERE ...) and the .cbin files of evTAF."""

from chorus.audio.file import Opened, Probe, opened, probe, read, read_frames, stream
from chorus.audio.resample import resample, resampled

__all__ = ["Opened", "Probe", "opened", "probe", "read", "read_frames", "resample", "resampled", "stream"]
