"""Bad input: one clear line, a non-zero exit code, no traceback, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chorus.cli import run
from tests.lake.helpers import add_row, write_release

#: Exit codes that Ctrl-C may end with. Python ends itself by the signal where Ctrl-C came while a compiled module ran
#: Python code, though it was caught; a shell shows 130 for that too.
STOPPED = (0, 130, -signal.SIGINT)


def fails(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command that must fail; returns its exit code and the one line it said."""
    code = run(list(arguments))
    said = capfd.readouterr().err.strip()
    assert code != 0
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1, said
    return code, said


@pytest.fixture
def release(tmp_path: Path, home: Path) -> Path:
    return write_release(tmp_path / "release")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ingest", "enabirds"], "nearest: ena_birds"),
        (["ingest", "ena_birds", "--root", "nowhere"], "no such folder"),
        (["ingest", "ena_birds"], "--root DIR"),
        (["ingest"], "Missing argument"),
        (["ingest", "ena_birds", "--jobs", "0"], "jobs"),
        (["frobnicate"], "No such command"),
        (["query", "species='orca'"], "holds no source yet"),
        (["query", "--format", "xls"], "xls"),
        (["shard"], "holds no source yet"),
        (["train"], "no finished shard set"),
        (["annotate", "x.wav"], "no finished run"),
        (["evaluate"], "no finished run"),
    ],
)
def test_wrong_commands(home: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    code, said = fails(capfd, *arguments)
    assert message in said
    assert code in (1, 2)


def test_wrong_folder_and_empty_folder(tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wrong").mkdir()
    assert "is empty" in fails(capfd, "ingest", "ena_birds", "--root", str(tmp_path / "wrong"))[1]
    (tmp_path / "wrong" / "notes.md").write_text("x")
    assert "looked for" in fails(capfd, "ingest", "ena_birds", "--root", str(tmp_path / "wrong"))[1]
    assert (
        "expected the folder" in fails(capfd, "ingest", "ena_birds", "--root", str(tmp_path / "wrong" / "notes.md"))[1]
    )
    assert not home.exists()


def test_half_a_zip_in_the_place_of_a_release(tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "release"
    folder.mkdir()
    with zipfile.ZipFile(folder / "annotation_Files.zip", "w") as archive:
        archive.writestr("Recording_1/x.txt", "x" * 10_000)
    whole = (folder / "annotation_Files.zip").read_bytes()
    (folder / "annotation_Files.zip").write_bytes(whole[: len(whole) // 2])
    assert "looked for" in fails(capfd, "ingest", "ena_birds", "--root", str(folder))[1]


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x01\x02\xff" * 50,
        b"Selection\tStart\n1\t2\n",
        "Séléction\tBegin Time (s)\n".encode("utf-16"),
        b"PK\x03\x04" + b"\x00" * 40,
        b"",
    ],
    ids=["binary", "missing column", "wrong encoding", "zip", "no bytes"],
)
def test_a_file_that_is_no_table_is_an_issue(release: Path, capfd: pytest.CaptureFixture[str], content: bytes) -> None:
    bad = release / "annotation_Files" / "Recording_1" / "Recording_1_Segment_02.Table.1.selections.txt"
    bad.write_bytes(content)
    assert run(["ingest", "ena_birds", "--root", str(release), "-q"]) == 0
    assert "unreadable_file 1" in capfd.readouterr().out
    assert run(["ingest", "ena_birds", "--root", str(release), "-q", "--strict"]) == 1
    assert "nothing was changed" in capfd.readouterr().err


def test_nan_and_negative_times_are_issues(release: Path, capfd: pytest.CaptureFixture[str]) -> None:
    add_row(release, 2, "9\tSpectrogram 1\t1\tnan\t4.0\t500\t4000\tNOCA")
    add_row(release, 2, "9\tSpectrogram 1\t1\t5\t4.0\t500\t4000\tNOCA")
    assert run(["ingest", "ena_birds", "--root", str(release), "-q"]) == 0
    said = capfd.readouterr().out
    assert "time_not_finite 1" in said
    assert "end_before_start 1" in said


def test_a_lake_of_a_newer_version(release: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["ingest", "ena_birds", "--root", str(release), "-q"]) == 0
    (home / "lake" / "lake.json").write_text('{"schema_version": 7, "chorus_version": "7.0"}')
    capfd.readouterr()
    for command in (["query", "1=1"], ["status"], ["sources"], ["ingest", "ena_birds", "--root", str(release)]):
        assert "upgrade" in fails(capfd, *command)[1]


def test_a_workspace_that_is_a_file(tmp_path: Path, release: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    said = fails(capfd, "ingest", "ena_birds", "--root", str(release), "--home", str(tmp_path / "file"))[1]
    assert "must be a folder" in said


def test_a_full_disk(release: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["ingest", "ena_birds", "--root", str(release), "-q"]) == 0
    capfd.readouterr()
    add_row(release, 2, "9\tSpectrogram 1\t1\t8\t9\t500\t4000\tNOCA")

    def full(self: object, table: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("chorus.lake.writer.TableWriter.write", full)
        assert "disk is full" in fails(capfd, "ingest", "ena_birds", "--root", str(release), "-q")[1]
    assert run(["query", "SELECT count(*) AS n FROM calls"]) == 0
    assert capfd.readouterr().out == "n\n8\n"


def test_an_unexpected_error_is_one_line_and_debug_shows_it(
    release: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("chorus.lake.ingest.ingest", broken)
    code, said = fails(capfd, "ingest", "ena_birds", "--root", str(release), "-q")
    assert code == 70
    assert "please report it: RuntimeError: two lines" in said
    with pytest.raises(RuntimeError):
        run(["ingest", "ena_birds", "--root", str(release), "-q", "--debug"])


def test_a_missing_extra_is_named(
    release: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr("chorus.lake.ingest.ingest", absent)
    assert (
        "pip install 'chorus-bioacoustics[train]'"
        in fails(capfd, "ingest", "ena_birds", "--root", str(release), "-q")[1]
    )


def hear_ctrl_c() -> None:
    """Undo what a shell does to jobs it starts in the background: they ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_during_an_ingest(tmp_path: Path) -> None:
    root, home = write_release(tmp_path / "release", segments=200, rows=300), tmp_path / "home"
    command = [sys.executable, "-m", "chorus", "ingest", "ena_birds", "--root", str(root), "--home", str(home)]
    staged = "lake/.versions/source=ena_birds/new-*"
    for attempt in range(5):  # on a busy machine the ingest may be over before the signal comes
        add_row(root, 2, f"9\tSpectrogram 1\t1\t{attempt}\t9\t500\t4000\tNOCA")
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c
        )
        while child.poll() is None and not list(home.glob(staged)):
            time.sleep(0.005)
        child.send_signal(signal.SIGINT)
        said = child.communicate()[1]
        assert "Traceback" not in said
        assert not list(home.glob(staged))
        if child.returncode == 130:
            break
    assert child.returncode == 130, said
    assert said.strip().splitlines()[-1].startswith("chorus: interrupted; nothing is half done")
    assert subprocess.run(command, capture_output=True, check=True).returncode == 0


def test_ctrl_c_during_a_query(tmp_path: Path) -> None:
    root, home = write_release(tmp_path / "release"), str(tmp_path / "home")
    chorus = [sys.executable, "-m", "chorus"]
    ingest = [*chorus, "ingest", "ena_birds", "--root", str(root), "-q", "--home", home]
    subprocess.run(ingest, check=True, capture_output=True)
    endless = "SELECT count(*) FROM range(1000000) a(x), range(1000000) b(y), range(1000) c(z) WHERE x * y % 7 = z"
    child = subprocess.Popen(
        [*chorus, "query", endless, "--home", home], stderr=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c
    )
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(2.5)
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=60)[1]
    finally:
        child.kill()
    assert said.startswith("chorus: interrupted;")
    assert len(said.splitlines()) == 1
    assert child.returncode == 130


def test_ctrl_c_during_shards_reaches_the_whole_group(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    chorus = [sys.executable, "-m", "chorus"]
    subprocess.run(
        [*chorus, "ingest", "synth", "--hours", "0.05", "-q", "--home", home], check=True, capture_output=True
    )
    for seed, wait_s in enumerate((0.8, 1.6, 2.4)):
        command = [*chorus, "shard", "--augment", "--clip-seconds", "1", "-j", "2", "--seed", str(seed), "--home", home]
        pipe = subprocess.PIPE
        child = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
        time.sleep(wait_s)
        os.killpg(child.pid, signal.SIGINT)
        _, said = child.communicate()
        assert "Traceback" not in said
        assert child.returncode in STOPPED, said
    subprocess.run(command, capture_output=True, check=True)


def test_a_truncated_wav_is_an_issue_and_its_calls_stay(release: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sound = release / "wav_Files" / "Recording_1" / "Recording_1_Segment_02.wav"
    sound.parent.mkdir(parents=True)
    soundfile.write(sound, np.zeros(80_000, np.int16), 16_000)
    sound.write_bytes(sound.read_bytes()[:50_000])
    assert run(["ingest", "ena_birds", "--root", str(release), "-q"]) == 0
    assert "unreadable_audio 1" in capfd.readouterr().out
    assert run(["query", "SELECT count(*) AS n FROM calls"]) == 0
    assert capfd.readouterr().out == "n\n8\n"
    assert run(["query", "SELECT message FROM issues"]) == 0
    assert "truncated: the header states 160,000 bytes" in capfd.readouterr().out


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    root, home = write_release(tmp_path / "release", segments=60, rows=300), tmp_path / "home"
    chorus = f"CHORUS_HOME={home} {sys.executable} -m chorus"
    script = f"{chorus} ingest ena_birds --root {root} -q > /dev/null && {chorus} query 1=1 | head -1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {script}"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("source,call_id")
    assert done.stderr == ""
