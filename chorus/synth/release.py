"""A synthetic release on disk: sound files, a table of calls, a table of recordings.

    synth.json                    seed, hours and settings; written first
    audio/synth_00000.wav ...     PCM_16, one channel
    recordings.csv                what was drawn for each recording
    annotations.csv               the truth; written last, so it stands only beside a whole release

Recording k depends on the seed, the settings and k alone. A run that was killed goes on where it stopped.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.atomic import alone, aside, remove_parts, write_bytes
from chorus.errors import UsageError
from chorus.synth.scene import Facts, Truth, compose, draw, shares_dealt
from chorus.synth.settings import SynthSettings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

VERSION = 2
SETTINGS = "synth.json"
ANNOTATIONS = "annotations.csv"
RECORDINGS = "recordings.csv"
CALL_COLUMNS = ("filename", "start_s", "end_s", "low_hz", "high_hz", "family", "snr_db")
RECORDING_COLUMNS = (
    "filename",
    "sample_rate",
    "frames",
    "bed",
    "snr_db",
    "density_per_s",
    "polyphony",
    "families",
    "split",
)
#: Finished recordings' truths, until the tables are written.
PARTS = ".parts"


@dataclass(frozen=True, slots=True)
class _Task:
    root: Path
    facts: Facts
    settings: SynthSettings
    seed: int


def make_release(
    root: Path,
    hours: float,
    seed: int,
    *,
    jobs: int = 1,
    settings: SynthSettings | None = None,
    quiet: bool = False,
) -> Path:
    """Write a release of at least `hours` hours (the last recording is never cut) into `root` and return `root`.

    Unchanged arguments: nothing is done. Other arguments replace the release. Raises UsageError for hours that are
    not above 0, a seed outside 0 .. 2^32-1, or a folder that holds other things; ChorusError when the disk is full.
    """
    settings = settings or SynthSettings()
    header = _header(hours, seed, settings)
    with alone(root, wait=True) if root.is_dir() or not root.exists() else nullcontext():
        return _make(root, hours, seed, header, settings, jobs, quiet)


def _make(root: Path, hours: float, seed: int, header: bytes, settings: SynthSettings, jobs: int, quiet: bool) -> Path:
    from chorus.parallel import run
    from chorus.progress import Progress

    if not _prepare(root, header):
        return root
    every = recordings(settings, seed, hours)
    tasks = [_Task(root, facts, settings, seed) for facts in every if not (root / PARTS / _part(facts)).exists()]
    with Progress("make synth", len(every), "files", quiet) as progress:
        progress.advance(len(every) - len(tasks))
        for _, calls in run(_write_recording, tasks, jobs, preload=["chorus.synth.release", "numpy", "soundfile"]):
            progress.advance(1, calls=calls)
    _write_tables(root, every, settings)
    return root


def recordings(settings: SynthSettings, seed: int, hours: float) -> list[Facts]:
    """Facts of the recordings that fill `hours` hours."""
    found: list[Facts] = []
    seconds = 0.0
    while seconds < hours * 3600:
        found.append(draw(settings, seed, len(found)))
        seconds += found[-1].seconds
    return found


def write_wav(path: Path, samples: npt.NDArray[np.float64], rate: int) -> None:
    """Write samples in -1..1 as PCM_16, aside first. Raises ChorusError when that fails."""
    import numpy as np
    import soundfile

    whole = np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)
    buffer = io.BytesIO()
    soundfile.write(buffer, whole, rate, format="WAV", subtype="PCM_16")
    write_bytes(path, buffer.getvalue())


def _header(hours: float, seed: int, settings: SynthSettings) -> bytes:
    if not 0 < hours < 1e5:
        raise UsageError(f"hours must be above 0, not {hours}")
    if not 0 <= seed < 2**32:
        raise UsageError(f"seed must be a whole number from 0 to {2**32 - 1}, not {seed}")
    content = {"format": "chorus-synth", "version": VERSION, "hours": hours, "seed": seed}
    content["settings"] = settings.model_dump(mode="json")
    return (json.dumps(content, indent=1) + "\n").encode()


def _prepare(root: Path, header: bytes) -> bool:
    """Make `root` ready for this release; False when it stands there whole already."""
    marker = root / SETTINGS
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root}: is a file, expected a folder for the synthetic release")
    if marker.exists():
        if marker.read_bytes() == header:
            if (root / ANNOTATIONS).exists():
                shutil.rmtree(root / PARTS, ignore_errors=True)
                return False
            remove_parts(root / "audio")
            return True
        _remove(root)
    elif root.exists() and any(root.iterdir()):
        raise UsageError(f"{root}: holds other files; give an empty folder for the synthetic release")
    write_bytes(marker, header)
    return True


def _remove(root: Path) -> None:
    """Remove a release of other arguments: the tables first, so that it never looks whole."""
    for name in (ANNOTATIONS, RECORDINGS):
        (root / name).unlink(missing_ok=True)
    shutil.rmtree(root / PARTS, ignore_errors=True)
    for wav in (root / "audio").glob("synth_*.wav"):
        wav.unlink()
    (root / SETTINGS).unlink()
    remove_parts(root / "audio")


def _write_recording(task: _Task) -> int:
    """Make and write one recording; returns the number of its calls."""
    samples, truths = compose(task.facts, task.settings, task.seed)
    write_wav(task.root / _name(task.facts), samples, task.facts.rate)
    rows = [_call_row(truth, task.facts) for truth in truths]
    write_bytes(task.root / PARTS / _part(task.facts), json.dumps(rows).encode())
    return len(rows)


def _write_tables(root: Path, every: list[Facts], settings: SynthSettings) -> None:
    splits = shares_dealt(settings.split, len(every))
    _write_csv(root / RECORDINGS, RECORDING_COLUMNS, [_recording_row(f, s) for f, s in zip(every, splits, strict=True)])
    rows = [row for facts in every for row in json.loads((root / PARTS / _part(facts)).read_bytes())]
    _write_csv(root / ANNOTATIONS, CALL_COLUMNS, rows)
    shutil.rmtree(root / PARTS, ignore_errors=True)


def _write_csv(path: Path, columns: tuple[str, ...], rows: list[list[Any]]) -> None:
    with aside(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        text.flush()
        text.detach()


def _call_row(truth: Truth, facts: Facts) -> list[Any]:
    """Times in full precision: `round(start_s * sample_rate)` gives the sample back."""
    return [
        _name(facts),
        truth.first / facts.rate,
        truth.last / facts.rate,
        round(truth.low_hz, 2),
        round(truth.high_hz, 2),
        truth.family,
        round(truth.snr_db, 2),
    ]


def _recording_row(facts: Facts, split: str) -> list[Any]:
    families = "" if facts.call_free else " ".join(facts.families)
    density = 0.0 if facts.call_free else round(facts.density_per_s, 3)
    return [
        _name(facts),
        facts.rate,
        facts.frames,
        facts.bed,
        facts.snr_db,
        density,
        facts.polyphony,
        families,
        split,
    ]


def _name(facts: Facts) -> str:
    return f"audio/synth_{facts.index:05d}.wav"


def _part(facts: Facts) -> str:
    return f"{facts.index:05d}.json"
