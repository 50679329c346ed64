"""The shard reader against bare decoding, against webdataset's own pipeline, and what an epoch costs to plan.

`python -m benchmarks reader` writes 5 s clips at 32 kHz as `chorus shard` does (16-bit FLAC), and reads them from the
page cache. What one thread does is measured in seconds of processor time, which others on the machine disturb least;
two threads against two processes in seconds of the clock. Bare decoding has every FLAC file in memory and does nothing
but turn it into float32.
"""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import soundfile

from benchmarks.timing import Pair, pair, report
from chorus.shards.encode import flac
from chorus.shards.read import Manifest, Reader
from chorus.shards.read.index import index

RATE, SECONDS = 32_000, 5.0
SHARDS, CLIPS = 2, 256
PLANNED_SHARDS, PLANNED_CLIPS = 100, 256


def label(key: str, frames: int) -> bytes:
    """The JSON of a clip with three calls."""
    event = {"label": "song", "kind": "animal", "species": "Bird", "strength": "strong", "presence": "present"}
    events = [{"call_id": f"{key}-{k}", "start_s": 0.0, "end_s": frames / RATE, **event} for k in range(3)]
    names = {"key": key, "split": "train", "source": "s", "recording_id": "s/1", "parents": ["s/1"], "group": "g"}
    times = {"start_s": 0.0, "duration_s": frames / RATE, "sample_rate": RATE, "frames": frames}
    return json.dumps({**names, **times, "annotated": "full", "licence": "CC0-1.0", "events": events}).encode()


def write_set(folder: Path, shards: int, clips: int, seconds: float) -> Manifest:
    """A shard set of noise at -30 dB with a tone in it; four different sounds, as fast to decode as if all were."""
    draws = np.random.default_rng(0)
    at = np.arange(round(seconds * RATE)) / RATE
    sounds = []
    for k in range(4):
        samples = 0.03 * draws.standard_normal(len(at)) + 0.3 * np.sin(2 * np.pi * 1000 * (k + 1) * at)
        sounds.append(flac((samples * 32767).astype(np.int16), RATE))
    entries = []
    (folder / "train").mkdir(parents=True)
    for shard in range(shards):
        file = f"train/shard-{shard:06d}.tar"
        with tarfile.open(folder / file, "w") as tar:
            for clip in range(clips):
                key = f"clip-{shard}-{clip}"
                for suffix, data in (("flac", sounds[clip % 4]), ("json", label(key, len(at)))):
                    info = tarfile.TarInfo(f"{key}.{suffix}")
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
        size = (folder / file).stat().st_size
        entries.append({"file": file, "samples": clips, "bytes": size, "sample_rates": {str(RATE): clips}})
    manifest = {"format": "chorus-shards", "version": 1, "splits": {"train": {"shards": entries}}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Manifest.open(folder)


def read_epoch(manifest: Manifest, threads: int, **how: Any) -> None:
    """Everything once, by Chorus."""
    reader = Reader(manifest, "train", 32, threads=threads, **how)
    count = sum(len(batch.clips) for batch in reader.epoch(0))
    assert count == SHARDS * CLIPS, reader.bad


def decode_bare(sounds: list[bytes]) -> None:
    """Everything once, by soundfile alone."""
    for sound in sounds:
        soundfile.read(io.BytesIO(sound), dtype="float32")


def decode_sample(key: str, data: bytes) -> Any:
    """What webdataset is told to do with a file of a sample."""
    return soundfile.read(io.BytesIO(data), dtype="float32") if key.endswith("flac") else None


def read_webdataset(tars: list[str], workers: int) -> None:
    """Everything once, by webdataset: sound by soundfile, JSON by its own decoder; with torch's worker processes."""
    import torch.utils.data
    import webdataset

    split = webdataset.split_by_worker if workers else webdataset.single_node_only
    dataset = webdataset.WebDataset(tars, shardshuffle=False, workersplitter=split).decode(decode_sample)
    loader = torch.utils.data.DataLoader(dataset, batch_size=None, num_workers=workers)
    assert sum(1 for _ in loader) == SHARDS * CLIPS


def scan_tarfile(tars: list[Path]) -> None:
    """Python's own reader of tars goes through all headers."""
    for path in tars:
        with tarfile.open(path) as tar:
            assert len(tar.getmembers()) == 2 * PLANNED_CLIPS


def scan(tars: list[Path]) -> None:
    """Chorus goes through all headers."""
    for path in tars:
        with path.open("rb") as tar:
            assert len(index(tar.fileno(), path.name).places) == PLANNED_CLIPS


def processor(a: Callable[[], object], b: Callable[[], object], runs: int = 5) -> Pair:
    """Processor time of `a` and `b`, all threads together, in turn after one warm-up each."""
    times = []
    for _ in range(runs + 1):
        marks = [time.process_time()]
        for work in (a, b):
            work()
            marks.append(time.process_time())
        times.append((marks[1] - marks[0], marks[2] - marks[1]))
    firsts, seconds = zip(*times[1:], strict=True)
    ratios = sorted(x / y for x, y in times[1:])
    return Pair(median(firsts), median(seconds), median(ratios), ratios[0], ratios[-1])


def sounds_of(tars: list[Path]) -> list[bytes]:
    """The FLAC files in some tars."""
    sounds = []
    for path in tars:
        with tarfile.open(path) as tar:
            flacs = [member for member in tar.getmembers() if member.name.endswith(".flac")]
            sounds += [tar.extractfile(member).read() for member in flacs]  # type: ignore[union-attr]
    return sounds


def main() -> list[str]:
    """Measure; returns the lines of the report."""
    with tempfile.TemporaryDirectory() as folder:
        manifest = write_set(Path(folder) / "read", SHARDS, CLIPS, SECONDS)
        tars = [manifest.folder / shard.file for shard in manifest.shards("train")]
        urls = [str(tar) for tar in tars]
        sounds = sounds_of(tars)
        bare = processor(lambda: read_epoch(manifest, 1), lambda: decode_bare(sounds))
        one = processor(lambda: read_epoch(manifest, 1), lambda: read_webdataset(urls, 0))
        two = pair(lambda: read_epoch(manifest, 2), lambda: read_webdataset(urls, 2))
        planned = write_set(Path(folder) / "plan", PLANNED_SHARDS, PLANNED_CLIPS, 0.5)
        many = [planned.folder / shard.file for shard in planned.shards("train")]
        headers = processor(lambda: scan(many), lambda: scan_tarfile(many))
        steps = processor(lambda: Reader(planned, "train", 32).batches_per_epoch(), lambda: scan(many))
    return [
        report("reader, 1 thread", bare, 1 / 0.9, "soundfile alone on bytes in memory"),
        report("reader, 1 thread", one, 1.0, "webdataset in one process"),
        report("reader, 2 threads", two, 1.0, "webdataset with 2 worker processes"),
        report(f"index of {PLANNED_SHARDS} x {PLANNED_CLIPS} clips", headers, None, "tarfile"),
        report("number of batches of the same, from the manifest", steps, None, "that index"),
    ]
