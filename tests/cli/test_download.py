"""`chorus download`, and `chorus ingest` of what it fetched. The card of ena_birds points at a server of the test."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from chorus.adapters import ena_birds
from chorus.cli import run
from chorus.schemas.source import ReleaseFile, Source
from tests.download.conftest import site  # noqa: F401
from tests.download.site import Site, md5
from tests.lake.helpers import write_release


def zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


@pytest.fixture
def served(site: Site, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Source]:  # noqa: F811
    """A release of ena_birds as its authors serve it; call it to change fields of the card."""
    site.add("annotation_Files.zip", zipped(write_release(tmp_path / "release") / "annotation_Files"))
    site.add("readme.csv", b"a,b\n")
    whole = [site.file(path[1:], md5=md5(how.data)) for path, how in site.files.items()]

    def change(**fields: object) -> Source:
        card = ena_birds.ADAPTER.card.model_copy(update={"files": whole, **fields})
        monkeypatch.setattr("chorus.adapters.get", lambda _: real_like(card))
        return card

    change()
    return change


def real_like(card: Source) -> object:
    """The adapter of ena_birds with another card."""
    from dataclasses import replace

    return replace(ena_birds.ADAPTER, card=card)


def answering(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """Let a person sit at a terminal and answer."""
    monkeypatch.setattr("chorus.cli.download._asked", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{answer}\n"))


def one_line(capfd: pytest.CaptureFixture[str], *arguments: str, code: int) -> str:
    assert run(list(arguments)) == code
    said = capfd.readouterr().err.strip()
    assert len(said.splitlines()) == 1, said
    return said


def test_download_then_ingest(served: object, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["download", "ena_birds"]) == 0
    out, err = capfd.readouterr()
    assert out.startswith("ena_birds: 2 files, ")
    assert out.endswith("next: chorus ingest ena_birds\n")
    lines = err.splitlines()
    assert [line.split()[0] for line in lines[:6]] == ["ena_birds:", "licence", "cite", "files", "into", "room"]
    assert "CC0-1.0" in lines[1]
    assert run(["ingest", "ena_birds", "-q"]) == 0
    assert capfd.readouterr().out.splitlines()[2].split()[:6] == ["ena_birds", "3", "3", "0", "8", "8"]
    assert run(["download", "ena_birds"]) == 0
    assert "everything is there" in capfd.readouterr().out


def test_json(served: object, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["download", "ena_birds", "--only", "*.csv", "--json"]) == 0
    [report] = json.loads(capfd.readouterr().out)
    assert (report["files"], report["bytes"], report["left_out"]) == (1, 4, ["annotation_Files.zip"])


def test_to_another_folder(served: object, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["download", "ena_birds", "--to", str(tmp_path / "disk"), "-q"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert out.endswith(f"chorus ingest ena_birds --root {tmp_path / 'disk'}\n")
    assert not home.exists()
    assert run(["ingest", "ena_birds", "--root", str(tmp_path / "disk"), "-q"]) == 0


def test_a_partial_download_is_ingested_and_told(served: object, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["download", "ena_birds", "--only", "anno*", "-q"]) == 0
    capfd.readouterr()
    assert run(["ingest", "ena_birds"]) == 0
    assert "1 of 2 files of the release were not downloaded" in capfd.readouterr().err


def test_an_unfinished_download_is_not_ingested(
    served: object,
    site: Site,  # noqa: F811
    home: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    table = site.files.pop("/readme.csv")
    assert run(["download", "ena_birds", "-q"]) == 1
    assert "readme.csv: not there any more (404)" in capfd.readouterr().err
    assert "is not finished: chorus download ena_birds" in one_line(capfd, "ingest", "ena_birds", code=2)
    site.files["/readme.csv"] = table
    assert run(["download", "ena_birds", "-q"]) == 0
    assert run(["ingest", "ena_birds", "-q"]) == 0


def test_ingest_never_downloads_unasked(
    served: object,
    site: Site,  # noqa: F811
    home: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    said = one_line(capfd, "ingest", "ena_birds", code=2)
    assert "chorus download ena_birds" in said
    assert "--root DIR" in said
    assert site.log == []
    assert not home.exists()


def test_ingest_asks_on_a_terminal(
    served: object, home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, "n")
    assert run(["ingest", "ena_birds"]) == 1
    err = capfd.readouterr().err
    assert "licence  CC0-1.0" in err
    assert "2 to fetch" in err
    assert err.endswith("chorus: ena_birds: nothing was fetched\n")
    assert not home.exists()
    answering(monkeypatch, "y")
    assert run(["ingest", "ena_birds", "-q"]) == 0
    assert (home / "downloads" / "ena_birds" / "readme.csv").exists()


def test_no_answer_is_a_no(
    served: object, home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, "")
    assert run(["download", "ena_birds"]) == 1
    assert not home.exists()
    assert run(["download", "ena_birds", "--yes", "-q"]) == 0


@pytest.mark.parametrize("licence", ["CC-BY-NC-3.0", "LicenseRef-unknown"])
def test_a_licence_that_must_be_accepted(
    served: Callable[..., Source],
    site: Site,  # noqa: F811
    home: Path,
    capfd: pytest.CaptureFixture[str],
    licence: str,
) -> None:
    served(licence=licence)
    said = one_line(capfd, "download", "ena_birds", code=2)
    assert licence in said
    assert "--accept-licence" in said
    assert (site.log, home.exists()) == ([], False)
    assert run(["download", "ena_birds", "--accept-licence", "--only", "*.csv"]) == 0
    assert "accepted" in capfd.readouterr().err
    assert run(["download", "ena_birds", "-q"]) == 0  # once is enough


def test_a_source_that_no_program_can_fetch(
    served: Callable[..., Source], home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    served(files=[ReleaseFile(name="x.zip")], get="Sign the form at example.org")
    assert run(["download", "ena_birds"]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[1] == "get it: Sign the form at example.org"
    assert str(home / "downloads" / "ena_birds") in lines[2]
    assert "Sign the form" in one_line(capfd, "ingest", "ena_birds", code=2)


def test_several_sources_one_of_which_fails(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["download", "rainforest", "synth", "esc"]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 5
    assert "chorus ingest synth" in lines[3]
    assert "CC-BY-NC-3.0" in lines[4]
    assert not home.exists()


def test_a_wrong_pattern(served: object, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["download", "ena_birds", "--only", "*.txt", "-q"]) == 2
    assert "there are: annotation_Files.zip, readme.csv" in capfd.readouterr().err


def test_an_unknown_source(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "nearest: ena_birds" in one_line(capfd, "download", "enabirds", code=2)
