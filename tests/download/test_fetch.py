"""Fetching one file: resumed, retried, refused."""

from __future__ import annotations

import gzip
import os
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from chorus.download.fetch import Patience, Resuming, fetch, remote_size
from chorus.download.paths import Refused
from chorus.errors import ChorusError
from tests.download.site import BRISK, ONCE, Served, Site, md5

DATA = os.urandom(500_000)
TABLE = b"a,b\n" * 1000


class Job:
    """A folder into which `x.bin` of a site is fetched; keeps what was said and how many bytes were told of."""

    def __init__(self, site: Site, folder: Path, name: str = "x.bin", **facts: object) -> None:
        self.folder, self.file = folder, site.file(name, **facts)
        self.said: list[str] = []
        self.moved = 0

    def __call__(self, patience: Patience = BRISK) -> bytes:
        def moved(n: int) -> None:
            self.moved += n

        part = self.folder / f"{self.file.name}.part"
        return fetch(Resuming(part, self.file, patience, self.said.append, moved), self.folder).read_bytes()


@pytest.fixture
def job(site: Site, tmp_path: Path) -> Job:
    return Job(site, tmp_path)


def part(job: Job) -> Path:
    return job.folder / "x.bin.part"


def cut_off(job: Job, served: Served, after: int = 200_000) -> None:
    """A first attempt that the server cuts off."""
    served.cuts.append(after)
    with pytest.raises(ChorusError, match="run the same command again"):
        job(ONCE)
    assert 0 < part(job).stat().st_size <= after


def test_a_whole_file_leaves_nothing_beside_it(site: Site, job: Job) -> None:
    site.add("x.bin", DATA)
    assert job() == DATA
    assert job.moved == len(DATA)
    assert [p.name for p in job.folder.iterdir()] == ["x.bin"]


def test_a_cut_line_is_gone_on_with_in_the_same_run(site: Site, job: Job) -> None:
    site.add("x.bin", DATA, cuts=[100_000, 150_000])
    assert job() == DATA
    asked = site.gets("x.bin")
    assert asked[0] is None
    assert asked[1:] == sorted(asked[1:], key=lambda r: int(r[6:-1]))
    assert len(asked) == 3
    assert job.moved == len(DATA)
    assert all("trying again" in line for line in job.said)


def test_the_next_run_asks_only_for_the_rest(site: Site, job: Job) -> None:
    cut_off(job, site.add("x.bin", DATA))
    had = part(job).stat().st_size
    assert job() == DATA
    assert site.gets("x.bin")[1:] == [f"bytes={had}-"]


@pytest.mark.parametrize(
    "before",
    [
        {"etag": '"a"'},
        {"etag": None, "modified": "Sat, 01 Jan 2022 00:00:00 GMT"},
        {"etag": 'W/"a"', "modified": None},
        {"etag": '"a"', "honours_if_range": False},
    ],
    ids=["etag", "date", "weak etag", "If-Range ignored"],
)
def test_a_file_that_changed_is_begun_again(site: Site, job: Job, before: dict[str, str]) -> None:
    cut_off(job, site.add("x.bin", DATA, **before))
    new = os.urandom(400_000)
    after = {"etag": '"b"', "modified": "Sun, 02 Jan 2022 00:00:00 GMT"}
    site.add("x.bin", new, **{**before, **{k: after[k] for k in ("etag", "modified") if before.get(k)}})
    assert job() == new
    assert job.moved == len(new)
    assert any("begins again" in line or "changed" in line for line in job.said)


@pytest.mark.parametrize("known", [False, True], ids=["nothing", "hash"])
def test_without_a_state_only_a_hash_lets_a_file_be_gone_on_with(site: Site, tmp_path: Path, known: bool) -> None:
    job = Job(site, tmp_path, **({"md5": md5(DATA)} if known else {}))
    cut_off(job, site.add("x.bin", DATA, etag=None))
    assert job() == DATA
    assert (site.gets("x.bin")[1] is not None) == known


def test_two_states_without_a_name_are_not_glued_together(site: Site, job: Job) -> None:
    cut_off(job, site.add("x.bin", DATA, etag=None))
    new = os.urandom(len(DATA))
    site.add("x.bin", new, etag=None)
    assert job() == new
    assert "begins again: what came before cannot be gone on with" in job.said[-1]


def test_each_try_keeps_what_came_before_the_line_broke(site: Site, job: Job) -> None:
    site.add("x.bin", DATA, cuts=[30_000] * 50)
    assert job() == DATA
    assert [asked and int(asked[6:-1]) for asked in site.gets("x.bin")] == [None, *range(30_000, 500_000, 30_000)]


def test_a_server_without_ranges_begins_again(site: Site, job: Job) -> None:
    cut_off(job, site.add("x.bin", DATA, ranges=False))
    assert job() == DATA
    assert job.moved == len(DATA)
    assert "cannot resume" in job.said[-1]


def test_a_server_without_ranges_that_always_breaks_off_ends_patience(site: Site, job: Job) -> None:
    site.add("x.bin", DATA, ranges=False, cuts=[100_000] * 50)
    with pytest.raises(ChorusError, match="run the same command again"):
        job()
    assert len(site.gets("x.bin")) <= BRISK.tries + 1


def test_a_whole_part_is_not_asked_for_again(site: Site, job: Job) -> None:
    cut_off(job, site.add("x.bin", DATA))
    part(job).write_bytes(DATA)
    assert job() == DATA
    assert len(site.gets("x.bin")) == 1


def test_a_part_longer_than_the_file_is_thrown_away(site: Site, job: Job) -> None:
    cut_off(job, site.add("x.bin", DATA))
    part(job).write_bytes(DATA + b"more")
    assert job() == DATA


@pytest.mark.parametrize("notes", [b"", b"{", b"[]", b'{"url": 1}'])
def test_a_part_without_readable_notes_is_not_trusted(site: Site, job: Job, notes: bytes) -> None:
    site.add("x.bin", DATA)
    part(job).write_bytes(b"other data")
    (job.folder / "x.bin.part.json").write_bytes(notes)
    assert job() == DATA


def test_a_wrong_checksum_deletes_the_file_and_names_both(site: Site, tmp_path: Path) -> None:
    site.add("x.bin", DATA)
    expected = md5(b"something else")
    with pytest.raises(Refused) as refused:
        Job(site, tmp_path, md5=expected)()
    assert expected in str(refused.value)
    assert md5(DATA) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_upper_case_hashes_of_a_card_are_read(site: Site, tmp_path: Path) -> None:
    site.add("x.bin", DATA)
    assert Job(site, tmp_path, md5=md5(DATA).upper())() == DATA


@pytest.mark.parametrize(("status", "words"), [(404, "not there any more"), (403, "refuses"), (418, "answered 418")])
def test_answers_that_stay_are_told_at_once(site: Site, job: Job, status: int, words: str) -> None:
    site.add("x.bin", DATA, answers=[(status, {})])
    with pytest.raises(Refused, match=words):
        job()
    assert len(site.gets("x.bin")) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_answers_that_pass_are_waited_for(site: Site, job: Job, status: int) -> None:
    site.add("x.bin", DATA, answers=[(status, {}), (status, {})])
    assert job() == DATA
    assert len(job.said) == 2


def test_a_server_that_stays_in_trouble_ends_patience(site: Site, job: Job) -> None:
    site.add("x.bin", DATA, answers=[(503, {})] * 9)
    with pytest.raises(ChorusError, match=r"the server has trouble \(503\)"):
        job()
    assert len(site.gets("x.bin")) == BRISK.tries


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(site: Site, job: Job, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    slept: list[float] = []
    monkeypatch.setattr("chorus.download.fetch.time.sleep", slept.append)
    when = "2" if form == "seconds" else format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    site.add("x.bin", DATA, answers=[(429, {"Retry-After": when})])
    assert job() == DATA
    assert len(slept) == 1
    assert slept[0] == 2.0 if form == "seconds" else slept[0] <= 2.0


def test_a_wait_of_hours_is_left_to_the_person(site: Site, job: Job) -> None:
    site.add("x.bin", DATA, answers=[(429, {"Retry-After": "7200"})])
    with pytest.raises(ChorusError, match="asks to wait 7,200 s"):
        job()


def test_a_silent_server_is_given_up_and_resumed(site: Site, job: Job) -> None:
    site.add("x.bin", DATA, stalls=[30_000])
    assert job(Patience(tries=3, pause_s=0.01, stall_s=0.3)) == DATA
    assert "silent for 0.3 s" in job.said[0]
    assert site.gets("x.bin")[1] == "bytes=30000-"


def test_redirects_are_followed_and_resumed_through(site: Site, job: Job) -> None:
    site.add("far.bin", DATA, cuts=[200_000])
    site.add("x.bin", b"", answers=[(302, {"Location": "/far.bin"})] * 2)
    assert job() == DATA
    assert site.gets("far.bin")[1] is not None


def test_nobody_listens(site: Site, tmp_path: Path) -> None:
    job = Job(site, tmp_path)
    job.file = job.file.model_copy(update={"url": "http://127.0.0.1:9/x.bin"})
    with pytest.raises(ChorusError, match=r"127\.0\.0\.1:9: connection refused"):
        job()


def test_no_such_host(tmp_path: Path, site: Site) -> None:
    job = Job(site, tmp_path)
    job.file = job.file.model_copy(update={"url": "http://no-such-host.invalid/x.bin"})
    with pytest.raises(ChorusError, match="no such host, or no network"):
        job(ONCE)


@pytest.mark.parametrize("url", ["x.bin", "nonsense://x/y", "http://"])
def test_an_address_that_is_none(tmp_path: Path, site: Site, url: str) -> None:
    job = Job(site, tmp_path)
    job.file = job.file.model_copy(update={"url": url})
    with pytest.raises(Refused, match="cannot be asked for"):
        job()


def test_a_size_that_is_not_the_cards_is_told_before_anything_is_fetched(site: Site, tmp_path: Path) -> None:
    site.add("x.bin", DATA)
    job = Job(site, tmp_path, size=499_999)
    with pytest.raises(Refused, match="offers 500,000 bytes, expected 499,999"):
        job()
    assert job.moved == 0


def test_a_gz_file_that_the_server_calls_packed_is_stored_as_it_is(site: Site, tmp_path: Path) -> None:
    packed = gzip.compress(DATA)
    site.add("x.tar.gz", packed, headers={"Content-Encoding": "gzip"})
    assert Job(site, tmp_path, "x.tar.gz")() == packed


@pytest.mark.parametrize(
    ("packed", "how"),
    [
        (gzip.compress(TABLE), "gzip"),
        (gzip.compress(TABLE[:4]) + gzip.compress(TABLE[4:]), "X-Gzip"),
        (zlib.compress(TABLE), "deflate"),
        (TABLE, "identity"),
    ],
    ids=["gzip", "two members", "deflate", "identity"],
)
def test_a_table_that_the_server_packs_is_stored_plain(site: Site, tmp_path: Path, packed: bytes, how: str) -> None:
    site.add("x.csv", packed, headers={"Content-Encoding": how})
    assert Job(site, tmp_path, "x.csv")() == TABLE


def test_a_packed_table_that_is_cut_off_is_noticed_and_begun_again(site: Site, tmp_path: Path) -> None:
    site.add("x.csv", gzip.compress(TABLE), headers={"Content-Encoding": "gzip"}, told_size=False, cuts=[40] * 4)
    job = Job(site, tmp_path, "x.csv")
    with pytest.raises(ChorusError, match="packed on the way came cut off or damaged"):
        job()
    assert job() == TABLE
    assert set(site.gets("x.csv")) == {None}


def test_a_packed_rest_is_no_rest(site: Site, tmp_path: Path) -> None:
    job, data = Job(site, tmp_path, "x.csv"), DATA[:40_000]
    site.add("x.csv", data, etag='"a"', cuts=[20])
    with pytest.raises(ChorusError):
        job(ONCE)
    site.add("x.csv", gzip.compress(data), etag='"a"', headers={"Content-Encoding": "gzip"})
    assert job() == data


def test_a_packing_that_cannot_be_undone(site: Site, tmp_path: Path) -> None:
    site.add("x.csv", b"?", headers={"Content-Encoding": "br"})
    with pytest.raises(Refused, match=r"x\.csv: the server packs it as 'br' on the way"):
        Job(site, tmp_path, "x.csv")()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("how", "size"),
    [
        ({}, 500_000),
        ({"heads": False}, 500_000),
        ({"heads": False, "ranges": False}, 500_000),
        ({"told_size": False, "ranges": False}, None),
    ],
)
def test_sizes_are_asked_for(site: Site, how: dict[str, bool], size: int | None) -> None:
    site.add("x.bin", DATA, **how)
    assert remote_size(f"{site.url}/x.bin", BRISK, print) == size


def test_a_file_of_unknown_size_is_fetched_whole(site: Site, job: Job) -> None:
    site.add("x.bin", DATA, told_size=False, ranges=False)
    assert job() == DATA


def test_no_size_without_a_file(site: Site) -> None:
    assert remote_size(f"{site.url}/x.bin", BRISK, print) is None
