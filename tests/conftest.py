"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# what forgets to name a workspace must not find the one of whoever runs the tests
NOBODYS = Path(tempfile.gettempdir()) / f"chorus-nobodys-{os.getpid()}"
os.environ["CHORUS_HOME"] = str(NOBODYS)

# several workers share the cores: threads of torch and numpy that wait for each other would only take them away
os.environ.setdefault("OMP_NUM_THREADS", "1")

# the same examples every time: a run that fails can be run again
settings.register_profile("chorus", derandomize=True, deadline=None)
settings.load_profile("chorus")

# a shell starts what it runs in the background with Ctrl-C ignored: tests of Ctrl-C would wait for ever
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files that lies beside the project; tests that need it are skipped where it is absent."""
    if not (SHARED / "real").is_dir():
        pytest.skip("the folder of real files (../shared) is not beside the project")
    return SHARED


@pytest.fixture(autouse=True)
def nobodys_workspace() -> Iterator[None]:
    """Every test names the workspace that it writes into."""
    yield
    there = NOBODYS.exists()
    shutil.rmtree(NOBODYS, ignore_errors=True)
    assert not there, "the test names no workspace"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace that every command in the test uses by default."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CHORUS_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3-compatible server on this machine."""
    pytest.importorskip("moto.server", reason="moto, the S3-compatible server, is not installed")
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The address of an empty bucket."""
    import requests

    from chorus.storage import forget

    name = f"bucket-{abs(hash(tmp_path)):x}"
    for key, value in (
        ("AWS_ENDPOINT_URL_S3", s3_server),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(key, value)
    requests.put(f"{s3_server}/{name}", timeout=10).raise_for_status()
    forget()
    yield f"s3://{name}"
    forget()


@pytest.fixture(scope="session")
def gs_server() -> Iterator[str]:
    """The address of a server on this machine that stands in for Google's object storage."""
    pytest.importorskip("gcp_storage_emulator", reason="gcp-storage-emulator is not installed")
    command = [sys.executable, "-m", "tests.gcs_server"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.kill()


@pytest.fixture
def gs(gs_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The address of an empty bucket of Google's kind."""
    import requests

    from chorus.storage import forget

    name = f"bucket-{abs(hash(tmp_path)):x}"
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gs_server)
    requests.post(f"{gs_server}/storage/v1/b", json={"name": name}, timeout=10).raise_for_status()
    forget()
    yield f"gs://{name}"
    forget()


@pytest.fixture(params=["s3", "gs"])
def store(request: pytest.FixtureRequest) -> str:
    """The address of an empty bucket of each kind."""
    address: str = request.getfixturevalue(request.param)
    return address


#: Tests that take longest go first: at the end some of the workers would wait for them with nothing to do.
LONG = ("test_distributed.py", "test_engines.py", "test_kill.py", "test_checkpoint.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort what was collected."""
    items.sort(key=lambda item: item.path.name not in LONG)
