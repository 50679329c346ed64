"""Sources that are taken out of the lake."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chorus.errors import UsageError
from chorus.lake import Lake
from chorus.lake.forget import forget
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from tests.lake.helpers import write_release


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "lake")
    ingest(layout, "ena_birds", write_release(tmp_path / "release"))
    (tmp_path / "esc" / "meta").mkdir(parents=True)
    header = "filename,fold,target,category,esc10,src_file,take\n"
    (tmp_path / "esc" / "meta" / "esc50.csv").write_text(f"{header}1-100032-A-0.wav,1,0,dog,True,100032,A\n")
    ingest(layout, "esc", tmp_path / "esc")
    return layout


def files(layout: Layout) -> list[str]:
    return [
        path.relative_to(layout.root).as_posix() for path in layout.root.rglob("*") if "ena_birds" in path.as_posix()
    ]


def test_nothing_of_it_is_left_and_the_rest_is_as_it_was(layout: Layout, tmp_path: Path) -> None:
    [gone] = forget(layout, ["ena_birds"])
    assert (gone.source, gone.calls, gone.root) == ("ena_birds", 8, str(tmp_path / "release"))
    assert files(layout) == [".versions/.ena_birds.lock"]
    lake = Lake(layout.root)
    assert [row["id"] for row in lake.query("SELECT id FROM sources").rows()] == ["esc"]
    assert [row["source"] for row in lake.query("SELECT source FROM calls").rows()] == ["esc"]
    assert not list((layout.root / ".versions").glob(".gone-*"))
    assert ingest(layout, "ena_birds", tmp_path / "release").calls == 8


def test_one_that_is_not_there_is_told_and_nothing_is_done(layout: Layout) -> None:
    with pytest.raises(UsageError, match=r"no source 'ena_bird' in the lake.*ena_birds.*the lake holds ena_birds, esc"):
        forget(layout, ["esc", "ena_bird"])
    assert set(layout.sources()) == {"ena_birds", "esc"}


def test_a_kill_in_the_middle_leaves_no_half(layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            forget(layout, ["ena_birds"])
    assert [row["source"] for row in Lake(layout.root).query("SELECT source FROM calls").rows()] == ["esc"]
    report = ingest(layout, "ena_birds", tmp_path / "release")
    assert (report.unchanged, report.calls) == (False, 8)
    forget(layout, ["ena_birds"])
    assert files(layout) == [".versions/.ena_birds.lock"]
    assert not list((layout.root / ".versions").glob(".gone-*"))
