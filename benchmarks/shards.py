"""Writing shards: against webdataset's ShardWriter, against a bare loop over tarfile, with and without augmentation.

`python -m benchmarks shards` makes a lake of recordings with calls all over, and writes the same clips in turn by each
contender: a fresh process that tells how long it worked, its imports left out. All encode FLAC by libsndfile in the
same way, and read the places of their clips from the same plan. Ratios of processor time, with Chorus in one process,
stand beside those of time: they hold on a machine that is busy with other things too.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.timing import pair

RUNS = 5
RATE, LOWER_RATE, CLIP_S = 32_000, 24_000, 5
#: Recordings, their length in seconds, and how many clips they give.
PLAIN = (240, 250)
AUGMENTED = (100, 100)
#: Length of the long recording, hours.
LONG_H = 24
MOST_MB = 600

#: What every contender begins with: `rows` are those of the plan, `out` is an empty folder.
HEAD = """
import io, json, os, sys, tarfile, time
from pathlib import Path
import numpy as np, pyarrow.parquet, soundfile
root, plan, out, rate = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
rows = pyarrow.parquet.read_table(plan).to_pylist()
def processor_s():
    return sum(os.times()[:4])
def label(row):
    return json.dumps({"key": row["key"], "events": row["cuts"][0]["events"]}).encode()
def encoded(samples, rate):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()
"""
SHARD_WRITER = (
    HEAD
    + """
import webdataset
started, before = time.perf_counter(), processor_s()
with webdataset.ShardWriter(str(out / "shard-%06d.tar"), maxcount=256, encoder=False, verbose=0) as sink:
    for row in rows:
        cut = row["cuts"][0]
        samples, own = soundfile.read(root / cut["path"], cut["frames"], cut["first_frame"], dtype="int16")
        sink.write({"__key__": row["key"], "flac": encoded(samples, own), "json": label(row)})
print(time.perf_counter() - started)
print(processor_s() - before)
"""
)
#: `sound(row)` gives the samples; two processes share the shards.
BARE = (
    HEAD
    + """
import multiprocessing
{sound}
def add(tar, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))
def write(number):
    with tarfile.open(out / f"shard-{number}.tar", "w") as tar:
        for row in rows[number * 256 : number * 256 + 256]:
            add(tar, row["key"] + ".flac", encoded(sound(row), rate))
            add(tar, row["key"] + ".json", label(row))
started, before = time.perf_counter(), processor_s()
with multiprocessing.Pool(2) as pool:
    pool.map(write, range(-(-len(rows) // 256)), chunksize=1)
print(time.perf_counter() - started)
print(processor_s() - before)
"""
)
AS_IT_IS = """
def sound(row):
    cut = row["cuts"][0]
    return soundfile.read(root / cut["path"], cut["frames"], cut["first_frame"], dtype="int16")[0]
"""
RESAMPLED = """
import soxr
def sound(row):
    cut = row["cuts"][0]
    samples, own = soundfile.read(root / cut["path"], cut["frames"], cut["first_frame"], dtype="float32")
    return soxr.resample(samples, own, rate, quality="HQ")
"""
#: The steps of the packaged recipe as one would write them down, with its probabilities; {tools} are those of
#: audiomentations where it is installed, else of librosa and scipy.
STRAIGHT = (
    HEAD
    + """
import random, librosa, noisereduce, scipy.signal, webdataset
draw = random.Random(0)
def load(row):
    cut = row["cuts"][0]
    start = cut["first_frame"] / cut["sample_rate"]
    return librosa.load(root / cut["path"], sr=rate, offset=start, duration=cut["frames"] / cut["sample_rate"])[0]
def mixed(samples, other, snr_db):
    n = min(len(samples), len(other))
    gain = np.sqrt(np.mean(samples**2) / (np.mean(other**2) + 1e-12) / 10 ** (snr_db / 10))
    out = samples.copy()
    out[:n] += gain * other[:n]
    return out
{tools}
def augmented(samples):
    if draw.random() < 0.2:
        samples = np.concatenate([samples[: len(samples) // 2], load(draw.choice(rows))])[: len(samples)]
    if draw.random() < 0.25:
        samples = mixed(samples, load(draw.choice(rows)), draw.uniform(0, 15))
    samples = changed(samples)
    if draw.random() < 0.1:
        samples = noisereduce.reduce_noise(samples, sr=rate, prop_decrease=draw.uniform(0.3, 0.9))
    return samples
started, before = time.perf_counter(), processor_s()
with webdataset.ShardWriter(str(out / "shard-%06d.tar"), maxcount=256, encoder=False, verbose=0) as sink:
    for row in rows:
        samples = load(row)
        if row["copy"]:
            samples = augmented(samples)
        sound = encoded(np.clip(samples, -1, 1), rate)
        sink.write({"__key__": row["key"], "flac": sound, "json": label(row)})
print(time.perf_counter() - started)
print(processor_s() - before)
"""
)
AUDIOMENTATIONS = """
import audiomentations as a
changed = a.Compose([
    a.Shift(-0.5, 0.5, p=0.3), a.PitchShift(-2, 2, p=0.1), a.LowPassFilter(p=0.1),
    a.AirAbsorption(min_distance=1, max_distance=60, p=0.1),
    a.AddColorNoise(min_snr_db=5, max_snr_db=25, p=0.4), a.Gain(-12, 6, p=0.5), a.ClippingDistortion(p=0.05),
])
changed = (lambda steps: lambda samples: steps(samples.astype(np.float32), rate))(changed)
"""
LIBROSA = """
def changed(samples):
    n = len(samples)
    if draw.random() < 0.3:
        samples = np.roll(samples, int(draw.uniform(-0.5, 0.5) * n))
    if draw.random() < 0.1:
        samples = librosa.effects.pitch_shift(samples, sr=rate, n_steps=draw.uniform(-2, 2))
    if draw.random() < 0.1:
        samples = scipy.signal.sosfilt(scipy.signal.butter(4, 0.45, output="sos"), samples)
    if draw.random() < 0.1:
        decay = np.random.standard_normal(int(draw.uniform(0.1, 1.2) * rate))
        decay *= np.exp(-6.9 * np.arange(len(decay)) / len(decay))
        samples = scipy.signal.fftconvolve(samples, decay / np.sqrt(np.sum(decay**2)))[:n]
    if draw.random() < 0.4:
        samples = mixed(samples, np.random.standard_normal(n), draw.uniform(5, 25))
    if draw.random() < 0.2:
        samples = scipy.signal.sosfilt(scipy.signal.butter(2, [0.02, 0.8], "band", output="sos"), samples)
    if draw.random() < 0.5:
        samples = samples * 10 ** (draw.uniform(-12, 6) / 20)
    return samples
"""
CHORUS = """
import json, os, sys, time
from pathlib import Path
def processor_s():
    return sum(os.times()[:4])
if __name__ == "__main__":
    import duckdb, pyarrow.parquet, soundfile
    import chorus.shards.make
    from chorus.lake import Lake
    from chorus.shards import make_shards
    from chorus.startup import without_pandas
    without_pandas()
    lake, out, options = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    started, before = time.perf_counter(), processor_s()
    made = make_shards(Lake(lake), out=out, shards_home=out, clip_seconds={clip_s}, quiet=True, **options)
    print(time.perf_counter() - started)
    print(processor_s() - before)
    print(json.dumps(made.pace.spent))
"""


def write_release(root: Path, recordings: int, seconds: int, rate: int = RATE) -> None:
    """Recordings of faint noise, and selection tables with two calls in every five seconds."""
    root.mkdir(parents=True)
    rng = np.random.default_rng(0)
    noise = (rng.standard_normal(rate * seconds + recordings * 1000) * 200).astype(np.int16)
    head = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation"
    for k in range(recordings):
        soundfile.write(root / f"r{k:03}.wav", noise[k * 1000 :][: rate * seconds], rate)
        starts = np.sort(np.concatenate([np.arange(0, seconds, CLIP_S) + at for at in (1.0, 2.5)]))
        rows = [
            f"{n + 1}\tSpectrogram 1\t1\t{start:.4f}\t{start + 0.8:.4f}\t100.0\t{rate / 6:.1f}\tGREAT_TIT"
            for n, start in enumerate(starts + rng.uniform(0, 0.5, len(starts)))
        ]
        (root / f"r{k:03}.selections.txt").write_text("\n".join([head, *rows]) + "\n")


def make_lake(folder: Path, recordings: int, seconds: int) -> Path:
    """A workspace whose lake holds such a release; the release lies in `folder / "release"`."""
    write_release(folder / "release", recordings, seconds)
    return ingested(folder)


def ingested(folder: Path) -> Path:
    """A workspace with the release of `folder`."""
    command = [sys.executable, "-m", "chorus", "ingest", "--format", "raven", "--name", "mine", "-q"]
    places = ["--root", str(folder / "release"), "--home", str(folder / "home")]
    subprocess.run([*command, *places], check=True, capture_output=True)
    return folder / "home"


class Contender:
    """A program that prints how many seconds it worked, and what else it has to say."""

    def __init__(self, folder: Path, name: str, code: str, arguments: Callable[[Path], Sequence[str]]) -> None:
        self.name = name
        self.seconds: list[float] = []
        self.processor_s: list[float] = []
        self.said = ""
        self._script, self._out = folder / f"run {name}.py", folder / f"out-{name}"
        self._script.write_text(code)
        self._arguments = arguments

    def run(self) -> None:
        shutil.rmtree(self._out, ignore_errors=True)
        self._out.mkdir()
        os.sync()  # what the one before left to be written is not to be paid for by this one
        command = [sys.executable, str(self._script), *self._arguments(self._out)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        self.seconds.append(float(lines[0]))
        self.processor_s.append(float(lines[1]))
        self.said = lines[-1]


def in_turn(contenders: Sequence[Contender], runs: int = RUNS) -> None:
    """Run each once to warm up, then all in turn."""
    for run in range(runs + 1):
        for contender in contenders:
            contender.run()
            if not run:
                contender.seconds.clear()
                contender.processor_s.clear()


def ratio(ours: Contender, alone: Contender, other: Contender, goal: float) -> str:
    """How many times as fast as the other ours is, and with `alone`, ours in one process, how its processor time
    compares: medians of the ratios of each turn."""
    ratios = sorted(b / a for a, b in zip(ours.seconds, other.seconds, strict=True))
    work = statistics.median(b / a for a, b in zip(alone.processor_s, other.processor_s, strict=True))
    times = [statistics.median(contender.seconds) for contender in (ours, other)]
    middle = statistics.median(ratios)
    verdict = "met" if middle >= goal else "MISSED"
    return (
        f"  speed against {other.name}: {middle:.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}), "
        f"{times[0]:.2f} s against {times[1]:.2f} s  goal >= {goal:g}: {verdict}; its processor time / ours: {work:.2f}"
    )


def stages(ours: Contender, clips: int) -> str:
    """What each step of the last run took, for each clip."""
    spent: dict[str, float] = json.loads(ours.said)
    each = ", ".join(f"{stage} {1000 * seconds / clips:.2f} ms" for stage, seconds in spent.items())
    return f"  each clip, on one core: {each}"


def contenders(folder: Path, home: Path, options: Mapping[str, object], codes: dict[str, str]) -> list[Contender]:
    """Ours with two processes and with one, and the others, on the plan that ours makes."""
    code = CHORUS.replace("{clip_s}", str(CLIP_S))
    ours, alone = (
        Contender(
            folder,
            name,
            code,
            lambda out, jobs=jobs: [str(home / "lake"), str(out / "o"), json.dumps({**options, "jobs": jobs})],
        )
        for jobs, name in ((2, "chorus"), (1, "chorus, 1 process"))
    )
    ours.run()
    ours.seconds.clear()
    ours.processor_s.clear()
    plan = folder / "plan.parquet"
    shutil.copy(folder / "out-chorus" / "o" / "plan.parquet", plan)
    rate = str(options.get("sample_rate") or RATE)
    others = [
        Contender(folder, name, code, lambda out: [str(folder / "release"), str(plan), str(out), rate])
        for name, code in codes.items()
    ]
    return [ours, alone, *others]


def clips_of(folder: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(folder / "plan.parquet").num_rows)


def plain(folder: Path) -> list[str]:
    """Clips as they are."""
    home = make_lake(folder, *PLAIN)
    codes = {"ShardWriter": SHARD_WRITER, "bare tarfile loop, 2 processes": BARE.replace("{sound}", AS_IT_IS)}
    ours, alone, writer, bare = found = contenders(folder, home, {}, codes)
    in_turn(found)
    clips = clips_of(folder)
    return [
        f"{clips:,} clips of {CLIP_S} s at {RATE // 1000} kHz as they are, planning and start of workers included",
        ratio(ours, alone, writer, 1.8),
        ratio(ours, alone, bare, 0.9),
        stages(alone, clips),
    ]


def augmented(folder: Path) -> list[str]:
    """Clips resampled and augmented by the packaged recipe."""
    home = make_lake(folder, *AUGMENTED)
    tools, kind = (AUDIOMENTATIONS, "audiomentations") if find_spec("audiomentations") else (LIBROSA, "librosa, scipy")
    codes = {
        "bare decode, resample, encode, 2 processes": BARE.replace("{sound}", RESAMPLED),
        f"script with {kind}, noisereduce, ShardWriter": STRAIGHT.replace("{tools}", tools),
    }
    options = {"augment": True, "sample_rate": LOWER_RATE}
    ours, alone, bare, script = found = contenders(folder, home, options, codes)
    in_turn(found)
    clips = clips_of(folder)
    return [
        f"{clips:,} clips brought to {LOWER_RATE // 1000} kHz, half of them augmented by the packaged recipe",
        ratio(ours, alone, bare, 0.6),
        ratio(ours, alone, script, 3.0),
        stages(alone, clips),
    ]


def tar_alone(folder: Path) -> list[str]:
    """What our tar writer saves against webdataset's TarWriter, for the same bytes."""
    from webdataset import TarWriter

    from chorus.shards.tar import OWNER, Tar

    sound, label = os.urandom(200_000), bytes(900)

    def ours() -> None:
        with (folder / "a.tar").open("wb") as file:
            tar = Tar(file)
            for k in range(1000):
                tar.add(f"{k}.flac", sound)
                tar.add(f"{k}.json", label)
            tar.close()

    def theirs() -> None:
        how = {"user": OWNER, "group": OWNER, "mode": 0o644, "mtime": 0, "encoder": False, "compress": False}
        with (folder / "b.tar").open("wb") as file, TarWriter(file, **how) as tar:
            for k in range(1000):
                tar.write({"__key__": str(k), "flac": sound, "json": label})

    measured = pair(ours, theirs, RUNS)
    return [
        f"tar of 1,000 clips with SHA-256 against webdataset's TarWriter without: {measured.a_s:.2f} s against "
        f"{measured.b_s:.2f} s: ratio {measured.ratio:.2f} ({measured.low:.2f}-{measured.high:.2f})"
    ]


def memory(folder: Path) -> list[str]:
    """The largest worker's peak, for many clips and for a recording of a whole day."""
    kinds: dict[str, Callable[[Path], None]] = {
        "few clips": lambda root: write_release(root, 8, 100),
        "five times as many": lambda root: write_release(root, 40, 100),
        f"one recording of {LONG_H} h": long_release,
    }
    lines = []
    for name, write in kinds.items():
        place = folder / name
        write(place / "release")
        home = ingested(place)
        command = [sys.executable, "-m", "chorus", "shard", "--home", str(home), "--clip-seconds", str(CLIP_S), "-q"]
        peak = watched(subprocess.Popen([*command, "--augment", "-j", "2"], stdout=subprocess.DEVNULL))
        verdict = "met" if peak <= MOST_MB else "MISSED"
        lines.append(f"memory with {name}: {peak:.0f} MB in the largest process  goal <= {MOST_MB}: {verdict}")
        shutil.rmtree(place)
    return lines


def long_release(root: Path) -> None:
    """A recording of a day at 32 kHz, as FLAC, written piece by piece."""
    write_release(root, 1, 10)
    rng = np.random.default_rng(0)
    piece = (rng.standard_normal(RATE * 600) * 3).astype(np.int16)
    (root / "r000.wav").unlink()
    with soundfile.SoundFile(root / "r000.flac", "w", RATE, 1, "PCM_16") as file:
        for _ in range(LONG_H * 6):
            file.write(piece)
    head, *rows = (root / "r000.selections.txt").read_text().splitlines()
    starts = np.arange(100.0, LONG_H * 3600 - 10, 300)
    fields = rows[0].split("\t")
    lines = [
        "\t".join([str(n + 1), *fields[1:3], f"{start:.4f}", f"{start + 0.8:.4f}", *fields[5:]])
        for n, start in enumerate(starts)
    ]
    (root / "r000.selections.txt").write_text("\n".join([head, *lines]) + "\n")


def watched(child: subprocess.Popen[bytes]) -> float:
    """The largest peak of a process and those below it, MB, looked at while they run (Linux)."""
    import time

    peak = 0.0
    while child.poll() is None:
        for process in below(child.pid):
            try:
                status = Path(f"/proc/{process}/status").read_text()
            except OSError:
                continue
            peak = max(
                [peak, *(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))]
            )
        time.sleep(0.05)
    if child.returncode:
        raise SystemExit("chorus shard failed")
    return peak


def below(process: int) -> list[int]:
    """A process and all that it started."""
    found = [process]
    for number in found:
        try:
            text = Path(f"/proc/{number}/task/{number}/children").read_text()
        except OSError:
            continue
        found += [int(child) for child in text.split()]
    return found


def main() -> list[str]:
    """Measure; returns the lines of the report. $CHORUS_BENCH_PARTS names parts to measure alone."""
    parts = {"plain": plain, "augmented": augmented, "tar": tar_alone, "memory": memory}
    chosen = os.environ.get("CHORUS_BENCH_PARTS", ",".join(parts)).split(",")
    if unknown := set(chosen) - set(parts):
        sys.exit(f"CHORUS_BENCH_PARTS: no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    lines = []
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder:
            lines += parts[name](Path(folder))
    return lines
