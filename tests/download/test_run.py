"""A whole download: planned, carried out, killed, gone on with."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from chorus.adapters.base import Release
from chorus.download import Plan, Report, download, make_plan, needs_acceptance, state
from chorus.errors import ChorusError, UsageError
from chorus.schemas.source import ReleaseFile, Source
from tests.download.site import BRISK, ONCE, Site, card, md5

TABLE = b"start,end\n0,1\n" * 100
SOUND = os.urandom(300_000)
Usage = namedtuple("Usage", "total used free")


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def run(source: Source, target: Path, *only: str, keep: bool = False) -> tuple[Report, list[str]]:
    said: list[str] = []
    plan = make_plan(source, target, only, keep, BRISK, said.append)
    return download(plan, BRISK, quiet=True, say=said.append), said


def files(folder: Path) -> dict[str, bytes]:
    """What a person sees in a folder: everything but hidden files."""
    return {path: (folder / path).read_bytes() for path in Release.scan(folder).files}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "ena_birds"


@pytest.fixture
def release(site: Site) -> Source:
    """A table and an archive of loose files."""
    site.add("table.csv", TABLE)
    site.add("sound.zip", zipped({"a.wav": SOUND, "deep/b.wav": b"b"}))
    return site.card()


ALL = {"table.csv": TABLE, "sound/a.wav": SOUND, "sound/deep/b.wav": b"b"}


def test_files_arrive_unpacked_and_the_marker_says_so(release: Source, target: Path) -> None:
    assert state(target) == "absent"
    report, said = run(release, target)
    assert files(target) == ALL
    assert (report.files, report.written, report.unchanged, report.left_out) == (2, 3, False, [])
    assert state(target) == "finished"
    assert said == []
    assert sorted(p.name for p in target.iterdir()) == [".chorus-download.json", "sound", "table.csv"]
    marker = json.loads((target / ".chorus-download.json").read_text())
    assert marker["licence"] == "CC-BY-4.0"
    assert marker["files"]["sound.zip"]["paths"] == {"sound/a.wav": 300_000, "sound/deep/b.wav": 1}
    assert marker["files"]["table.csv"]["hash"].startswith("sha256:")


def test_again_does_nothing_and_asks_no_server(site: Site, release: Source, target: Path) -> None:
    run(release, target)
    asked, before = len(site.log), (target / ".chorus-download.json").read_bytes()
    report, _ = run(release, target)
    assert (report.unchanged, report.bytes) == (True, 0)
    assert len(site.log) == asked
    assert (target / ".chorus-download.json").read_bytes() == before


def test_a_file_that_was_removed_or_shortened_is_fetched_again(site: Site, release: Source, target: Path) -> None:
    run(release, target)
    (target / "sound" / "a.wav").write_bytes(b"short")
    report, _ = run(release, target)
    assert report.files == 1
    assert files(target) == {**ALL, "sound/a.wav.old": b"short"}
    assert (len(site.gets("table.csv")), len(site.gets("sound.zip"))) == (1, 2)


def test_archives_share_folders(site: Site, target: Path) -> None:
    site.add("one.zip", zipped({"bird/1.wav": b"1"}))
    site.add("two.zip", zipped({"bird/1.csv": b"2", "bird/more/3.csv": b"3"}))
    run(site.card(), target)
    assert files(target) == {"bird/1.wav": b"1", "bird/1.csv": b"2", "bird/more/3.csv": b"3"}


def test_archives_are_kept_when_asked(site: Site, release: Source, target: Path) -> None:
    run(release, target, keep=True)
    assert set(files(target)) == {*ALL, "sound.zip"}


def test_only_some_files_then_the_rest(site: Site, release: Source, target: Path) -> None:
    report, _ = run(release, target, "*.CSV")
    assert (files(target), report.left_out, state(target)) == ({"table.csv": TABLE}, ["sound.zip"], "finished")
    report, _ = run(release, target)
    assert (files(target), report.left_out, report.files) == (ALL, [], 1)


def test_only_with_nothing_that_matches_names_the_files(release: Source, target: Path) -> None:
    with pytest.raises(UsageError, match=r"no file matches --only \*\.txt; there are: table\.csv, sound\.zip"):
        make_plan(release, target, ["*.txt"])


def test_parts_of_files_not_asked_for_stay(site: Site, release: Source, target: Path) -> None:
    site.files["/sound.zip"].cuts.append(150_000)
    with pytest.raises(ChorusError):
        download(make_plan(release, target, patience=ONCE), ONCE, quiet=True, say=[].append)
    assert state(target) == "unfinished"
    run(release, target, "*.csv")
    assert state(target) == "finished"
    run(release, target)
    assert site.gets("sound.zip")[-1] is not None
    assert files(target) == ALL


def test_one_file_that_cannot_be_had_keeps_no_other_away(site: Site, release: Source, target: Path) -> None:
    lost = ReleaseFile(name="lost.csv", url=f"{site.url}/lost.csv")
    wrong = site.file("table.csv", md5="0" * 32)
    source = release.model_copy(update={"files": [lost, wrong, site.file("sound.zip")]})
    said: list[str] = []
    with pytest.raises(ChorusError, match="2 of 3 files could not be had"):
        download(make_plan(source, target, patience=BRISK), BRISK, quiet=True, say=said.append)
    assert len(said) == 2
    assert "lost.csv: not there any more (404)" in said[0]
    assert "wrong checksum" in said[1]
    assert set(files(target)) == {"sound/a.wav", "sound/deep/b.wav"}
    assert state(target) == "unfinished"
    assert run(release, target)[0].files == 1


def test_a_checked_hash_is_noted(site: Site, target: Path) -> None:
    site.add("table.csv", TABLE)
    run(site.card(site.file("table.csv", md5=md5(TABLE), size=len(TABLE))), target)
    noted = json.loads((target / ".chorus-download.json").read_text())["files"]["table.csv"]
    assert (noted["hash"], noted["verified"]) == (f"md5:{md5(TABLE)}", True)
    assert [method for method, _, _ in site.log] == ["GET"]  # the card knows the size


def test_a_card_with_another_hash_fetches_again(site: Site, target: Path) -> None:
    site.add("table.csv", TABLE)
    run(site.card(site.file("table.csv", md5=md5(TABLE))), target)
    site.add("table.csv", TABLE + b"2,3\n")
    run(site.card(site.file("table.csv", md5=md5(TABLE + b"2,3\n"))), target)
    assert files(target) == {"table.csv": TABLE + b"2,3\n"}


def test_a_page_in_place_of_an_archive_is_deleted(site: Site, target: Path) -> None:
    site.add("sound.zip", b"<html>please sign in</html>")
    with pytest.raises(ChorusError, match=r"damaged, or no archive.*deleted"):
        run(site.card(), target)
    site.add("sound.zip", zipped({"a.wav": SOUND}))
    run(site.card(), target)
    assert files(target) == {"a.wav": SOUND}


def test_a_hostile_archive_leaves_nothing_and_is_not_fetched_twice(site: Site, tmp_path: Path, target: Path) -> None:
    site.add("sound.zip", zipped({"a.wav": SOUND, "../../evil": b"evil"}))
    for _ in range(2):
        with pytest.raises(ChorusError, match="leads out of the folder"):
            run(site.card(), target)
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} == {".chorus-download.json", "sound.zip"}
    assert len(site.gets("sound.zip")) == 1


def test_what_was_put_there_by_hand_is_used(site: Site, release: Source, target: Path) -> None:
    target.mkdir(parents=True)
    (target / "sound.zip").write_bytes(site.files["/sound.zip"].data)
    assert state(target) == "by hand"
    run(release, target)
    assert site.gets("sound.zip") == []
    assert set(files(target)) == {*ALL, "sound.zip"}


def test_no_room(release: Source, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(release, target, patience=BRISK)
    assert plan.room == len(TABLE) + 2 * len(SOUND) + 2 * (plan.bytes - len(TABLE) - len(SOUND))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 400_000))
    with pytest.raises(ChorusError, match=r"needs at least 602 kB \(302 kB to fetch; .* 400 kB is free .* --to"):
        plan.check_room()
    assert not target.exists()


def test_a_disk_that_fills_up_keeps_what_is_there(
    site: Site, release: Source, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 50_000_000))
        with pytest.raises(ChorusError, match="unpacking needs"):
            run(release, target)
    run(release, target)
    assert files(target) == ALL
    assert len(site.gets("sound.zip")) == 1


def test_another_source_in_the_folder(release: Source, target: Path) -> None:
    run(release, target)
    with pytest.raises(ChorusError, match="holds a download of ena_birds"):
        make_plan(release.model_copy(update={"id": "esc"}), target)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"source": "x", "files": {"a": 1}}', "\xff"])
def test_a_marker_that_does_not_read(target: Path, text: str) -> None:
    target.mkdir(parents=True)
    (target / ".chorus-download.json").write_text(text, encoding="latin-1")
    with pytest.raises(ChorusError, match="remove it"):
        state(target)


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_file_where_a_folder_is_expected(release: Source, tmp_path: Path, below: str) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt: is a file, expected a folder$"):
        make_plan(release, tmp_path / "notes.txt" / below)


def test_bytes_are_those_that_came(site: Site, target: Path) -> None:
    work = target / ".chorus-download"
    work.mkdir(parents=True)
    site.add("table.csv", TABLE)
    (work / "table.csv.part").write_bytes(TABLE * 2)
    report, _ = run(site.card(), target)
    assert (report.bytes, files(target)) == (len(TABLE), {"table.csv": TABLE})


def test_two_at_once(release: Source, target: Path) -> None:
    import fcntl

    (target / ".chorus-download").mkdir(parents=True)
    with (target / ".chorus-download" / "holder").open("w"):
        handle = os.open(target / ".chorus-download", os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(ChorusError, match="another download is at work"):
            run(release, target)
        os.close(handle)


def test_files_without_an_address(site: Site, target: Path) -> None:
    site.add("table.csv", TABLE)
    partly = site.card(site.file("table.csv"), ReleaseFile(name="sound.zip"), get="Ask the authors")
    plan = make_plan(partly, target, patience=BRISK)
    assert (plan.wanted, plan.by_hand) == (("table.csv",), ("sound.zip",))
    assert "Ask the authors" in plan.lines()[-1]
    with pytest.raises(UsageError, match="Ask the authors"):
        make_plan(partly, target, ["*.zip"])


def test_a_name_of_a_card_cannot_lead_out(site: Site, target: Path, tmp_path: Path) -> None:
    site.add("x.csv", b"evil")
    evil = ReleaseFile(name="../../x.csv", url=f"{site.url}/x.csv")
    with pytest.raises(ChorusError, match="leads out"):
        run(card(evil), target)
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize(
    ("licence", "asks"),
    [
        *((open_one, False) for open_one in ("CC-BY-4.0", "CC0-1.0", "MIT", "CC-BY-SA-4.0", "BSD-3-Clause")),
        *((other, True) for other in ("CC-BY-NC-3.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "LicenseRef-unknown")),
        ("LicenseRef-LDC-User-Agreement", True),
    ],
)
def test_licences_that_must_be_accepted(licence: str, asks: bool) -> None:
    assert (needs_acceptance(licence) is not None) is asks


CHILD = """
import os, signal, sys
from pathlib import Path
import pooch
import chorus.download.place
import chorus.download.unpack
from chorus.download import download, make_plan
from chorus.schemas.source import Source

def die_at(module, name, when):
    real = getattr(module, name)
    def until(*arguments, **options):
        if when(arguments):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    setattr(module, name, until)

step = sys.argv[3]
if step == "hash":
    die_at(pooch.core, "hash_matches", lambda arguments: True)
if step == "unpack":
    die_at(chorus.download.unpack, "_write", lambda arguments: arguments[1].name == "b.wav")
if step == "move":
    die_at(chorus.download.place, "move", lambda arguments: arguments[1].name == "b.wav")
if step == "note":
    die_at(os, "sync", lambda arguments: True)
download(make_plan(Source.model_validate_json(sys.argv[1]), Path(sys.argv[2])), quiet=True)
"""


def start(source: Source, target: Path, step: str = "") -> subprocess.Popen[bytes]:
    """A process that downloads; it kills itself at a step."""
    return subprocess.Popen([sys.executable, "-c", CHILD, source.model_dump_json(), str(target), step])


def wait_for(child: subprocess.Popen[bytes], part: Path, size: int) -> None:
    """Until a part has grown to some size."""
    while child.poll() is None and (not part.exists() or part.stat().st_size < size):
        time.sleep(0.005)
    assert child.poll() is None


def test_killed_in_the_middle_of_a_file(site: Site, target: Path) -> None:
    big = os.urandom(2_000_000)
    site.add("big.bin", big, kbps=2_000)
    child = start(site.card(), target)
    part = target / ".chorus-download" / "big.bin.part"
    wait_for(child, part, 500_000)
    child.kill()
    child.wait()
    had = part.stat().st_size
    assert 500_000 <= had < len(big)
    assert state(target) == "unfinished"
    site.files["/big.bin"].kbps = None
    run(site.card(), target)
    assert files(target) == {"big.bin": big}
    assert site.gets("big.bin") == [None, f"bytes={had}-"]
    assert not (target / ".chorus-download").exists()


@pytest.mark.parametrize("step", ["hash", "unpack", "move", "note"])
def test_killed_at_a_step(site: Site, release: Source, target: Path, step: str) -> None:
    assert start(release, target, step).wait() == -signal.SIGKILL
    assert state(target) == "unfinished"
    assert (target / "sound").exists() == (step in ("move", "note"))
    run(release, target)
    assert files(target) == ALL
    assert len(site.gets("sound.zip")) == 1
    assert not (target / ".chorus-download").exists()


def test_strays_of_a_kill_over_a_hash_are_removed(site: Site, release: Source, target: Path) -> None:
    work = target / ".chorus-download"
    work.mkdir(parents=True)
    (work / "tmpabc123").write_bytes(b"left by pooch")
    run(release, target)
    assert not work.exists()


def test_the_plan_is_told_in_full(release: Source, target: Path) -> None:
    plan: Plan = make_plan(release, target, patience=BRISK)
    text = "\n".join(plan.lines())
    assert "2 to fetch" in text
    assert "302 kB" in text
    assert str(target) in text
    assert "archives counted as large again unpacked" in text
