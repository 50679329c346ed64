"""Remote sets: from a web server, from object storage, through fsspec; and the cache on the local disk."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chorus import storage
from chorus.errors import ChorusError, ReadError
from chorus.shards.read import Manifest, Reader, ShardCache, cache
from tests.train.helpers import write_shards


class Server(ThreadingHTTPServer):
    """Serves a folder to web and S3 clients; `asked` are the files that were asked for, `fail` and `hold` hinder it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.asked, self.fail = folder, list[str](), 0
        self.held, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.server.asked.append(self.path.split("?")[0].lstrip("/"))
        self.answer(with_body=True)

    def answer(self, with_body: bool) -> None:
        path = self.server.folder / self.path.split("?")[0].lstrip("/")
        if self.server.fail and path.suffix == ".tar":
            self.server.fail -= 1
            self.send_error(503)
        elif path.is_file():
            self.send(path.read_bytes(), with_body)
        else:
            self.send_error(404)

    def send(self, data: bytes, with_body: bool) -> None:
        asked = self.headers.get("Range")
        first, last = map(int, asked.removeprefix("bytes=").split("-")) if asked else (0, len(data) - 1)
        part = data[first : last + 1]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Sat, 01 Jan 2000 00:00:00 GMT")
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(data)}")
        self.end_headers()
        if with_body:
            self.wfile.write(part[: len(part) // 2])
            if self.path.endswith(".tar") and not self.server.go_on.is_set():
                self.wfile.flush()
                self.server.held.set()
                self.server.go_on.wait(20)
            self.wfile.write(part[len(part) // 2 :])

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set whose manifest has length and hash of each shard, in a folder that serves as a bucket."""
    made = write_shards(tmp_path_factory.mktemp("bucket") / "set", (2000,), clips=3, shards=4, seconds=0.2)
    manifest = json.loads((made / "manifest.json").read_text())
    for entry in manifest["splits"]["train"]["shards"]:
        data = (made / entry["file"]).read_bytes()
        entry |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (made / "manifest.json").write_text(json.dumps(manifest))
    return made.parent


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    found = Server(folder)
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "PAUSE_S", 0.0)


def keys(reader: Reader, epoch: int = 0, start: int = 0) -> list[str]:
    return [clip.sample.key for batch in reader.epoch(epoch, start) for clip in batch.clips]


def remote(server: Server, kept: Path, **more: Any) -> Reader:
    how: dict[str, Any] = {"cache": ShardCache(kept), **more}
    return Reader(Manifest.open(f"http://{server.address}/set"), "train", 2, **how)


def tars(server: Server) -> list[str]:
    return [name for name in server.asked if name.endswith(".tar")]


def test_a_web_server_is_asked_once_for_each_shard(server: Server, folder: Path, tmp_path: Path) -> None:
    here = Reader(Manifest.open(folder / "set"), "train", 2)
    assert keys(remote(server, tmp_path)) == keys(here)
    assert keys(remote(server, tmp_path), 1) == keys(here, 1)
    assert sorted(tars(server)) == [f"set/train/shard-{k:06d}.tar" for k in range(4)]
    assert len(list(tmp_path.glob("*.tar"))) == 4


def test_going_on_does_not_download_earlier_windows(server: Server, tmp_path: Path) -> None:
    reader = remote(server, tmp_path, window_shards=1)
    whole = keys(reader)
    last = reader.plan(0).windows()[-1][0].file
    server.asked.clear()
    assert keys(remote(server, tmp_path / "new", window_shards=1), 0, 6) == whole[9:]
    assert server.asked == ["set/manifest.json", f"set/{last}"]


def test_object_storage(server: Server, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{server.address}")
    storage.forget()
    for place in ("s3://set", Path("s3://set")):
        found = Reader(Manifest.open(place), "train", 2, cache=ShardCache(tmp_path))
        assert keys(found) == keys(Reader(Manifest.open(folder / "set"), "train", 2))
    assert set(tars(server)) == {f"set/{shard.file}" for shard in found.shards}
    with pytest.raises(ChorusError, match=r"s3://none holds no manifest\.json"):
        Manifest.open("s3://none")
    storage.forget()


def test_other_urls_by_fsspec(folder: Path, tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.put(str(folder / "set"), "/set", recursive=True)
    found = Reader(Manifest.open("memory://set"), "train", 2, cache=ShardCache(tmp_path))
    assert keys(found) == keys(Reader(Manifest.open(folder / "set"), "train", 2))
    with pytest.raises(ReadError, match="no way to read this kind of URL"):
        Manifest.open("nosuch://set")


def test_what_fails_is_tried_again_and_told_in_one_line(server: Server, folder: Path, tmp_path: Path) -> None:
    server.fail = cache.TRIES - 1
    assert len(keys(remote(server, tmp_path / "a", window_shards=1))) == 12
    server.fail = 99
    with pytest.raises(ReadError, match=r"shard-\d+\.tar: cannot be downloaded \(503"):
        keys(remote(server, tmp_path / "b"))
    server.fail = 0
    server.shutdown()
    server.server_close()
    with pytest.raises(ReadError, match="no manifest that can be read"):
        remote(server, tmp_path)


def test_a_shard_that_is_not_the_manifests_is_not_kept(server: Server, folder: Path, tmp_path: Path) -> None:
    made = Manifest.open(f"http://{server.address}/set")
    entry = made.split("train")["shards"][0]
    for change, said in [
        ({"sha256": "0" * 64}, "its SHA-256 is not the one in its manifest"),
        ({"bytes": entry["bytes"] - 1}, "not of the length that its manifest says"),
        ({"bytes": entry["bytes"] + 1}, "not of the length that its manifest says"),
        ({"file": "train/gone.tar"}, "there is no such shard"),
        ({"sha256": None}, "must have 'bytes' and 'sha256'"),
    ]:
        data = json.loads(made.raw)
        data["splits"]["train"]["shards"] = [entry | change]
        with pytest.raises(ReadError, match=said):
            keys(Reader(Manifest(made.place, data, made.raw), "train", 2, cache=ShardCache(tmp_path)))
    assert [path.name for path in tmp_path.iterdir()] in ([], ["locks"])


def test_what_was_used_least_recently_goes_first(server: Server, tmp_path: Path) -> None:
    reader = remote(server, tmp_path)
    shards, size = reader.shards, max(s.bytes or 0 for s in reader.shards)
    small = ShardCache(tmp_path, limit=3 * size)
    place = reader.manifest.place
    for age, shard in enumerate(shards[:3]):
        os.utime(small.fetch(place, shard), (1e9 + age, 1e9 + age))
    small.fetch(place, shards[0])  # used again: now the newest
    left = tmp_path / f".x.tar.1{cache.PART}"
    left.write_bytes(b"half")
    os.utime(left, (1e9, 1e9))
    small.fetch(place, shards[3])
    assert {path.stem for path in tmp_path.glob("*.tar")} == {shards[k].sha256 for k in (0, 2, 3)}
    assert not left.exists()
    assert sum(path.stat().st_size for path in tmp_path.glob("*.tar")) <= small.limit


def test_a_cache_too_small_for_two_windows_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ChorusError, match=r"1,000 bytes do not hold two windows of 16 shards \([\d,]+ bytes\)"):
        remote(server, tmp_path, cache=ShardCache(tmp_path, limit=1000))
    (tmp_path / "file").write_text("")
    with pytest.raises(ChorusError, match="no folder that shards can be kept in"):
        keys(remote(server, tmp_path / "file"))


def fetching(server: Server, kept: Path) -> subprocess.Popen[str]:
    """A process of its own that fetches the first shard."""
    code = (
        "import sys; from pathlib import Path; from chorus.shards.read import Manifest, ShardCache;"
        "m = Manifest.open(sys.argv[1]); print(ShardCache(Path(sys.argv[2])).fetch(m.place, m.shards('train')[0]))"
    )
    place = f"http://{server.address}/set"
    return subprocess.Popen([sys.executable, "-c", code, place, str(kept)], stdout=subprocess.PIPE, text=True)


def test_many_at_once_download_once(server: Server, tmp_path: Path) -> None:
    made = Manifest.open(f"http://{server.address}/set")
    shard = made.shards("train")[0]
    server.go_on.clear()
    with ThreadPoolExecutor(5) as pool:
        fetched = [pool.submit(ShardCache(tmp_path).fetch, made.place, shard) for _ in range(5)]
        assert server.held.wait(20)
        time.sleep(0.1)
        assert not any(one.done() for one in fetched)
        assert not list(tmp_path.glob("*.tar"))
        server.go_on.set()
        assert {one.result() for one in fetched} == {tmp_path / f"{shard.sha256}.tar"}
    assert len(tars(server)) == 1


def test_a_process_killed_in_a_download_leaves_no_shard_and_no_lock(server: Server, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from chorus.shards.read import Manifest, ShardCache;"
        "m = Manifest.open(sys.argv[1]); ShardCache(Path(sys.argv[2])).fetch(m.place, m.shards('train')[0])"
    )
    made = Manifest.open(f"http://{server.address}/set")
    server.go_on.clear()
    process = subprocess.Popen([sys.executable, "-c", code, made.place, str(tmp_path)])
    assert server.held.wait(20)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    server.go_on.set()
    assert not list(tmp_path.glob("*.tar"))
    shard = made.shards("train")[0]
    path = ShardCache(tmp_path).fetch(made.place, shard)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == shard.sha256


def test_leaving_an_epoch_does_not_wait_for_all_of_the_next_window(server: Server, tmp_path: Path) -> None:
    reader = remote(server, tmp_path, window_shards=1)
    server.go_on.clear()
    batches = reader.epoch(0)
    first = threading.Thread(target=lambda: next(batches))
    first.start()
    assert server.held.wait(20)
    server.go_on.set()
    first.join()
    batches.close()  # type: ignore[attr-defined]
    assert len(tars(server)) <= 3
