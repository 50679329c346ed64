"""The README's commands run as printed, and what it shows of options and names exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from chorus.cli import app, run

README = Path(__file__).resolve().parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")
#: Changes that keep the test short; everything else runs as printed.
SHORTER = {"--hours 0.6": "--hours 0.06", "chorus train": "chorus train --recipe {recipe}"}


def commands(language: str) -> list[str]:
    """Lines of the README's code blocks that call chorus."""
    blocks = re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [re.sub(r"\s+#.*", "", line) for line in lines if line.startswith("chorus ")]


def test_the_tour_runs(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from tests.train.helpers import write_recipe

    recipe = write_recipe(tmp_path)
    tour = commands("console")
    assert len(tour) == 5
    for command in tour:
        for long, short in SHORTER.items():
            command = command.replace(long, short.format(recipe=recipe))
        assert run([*shlex.split(command)[1:], "--quiet"] if "query" not in command else shlex.split(command)[1:]) == 0
    assert "always positive" in capfd.readouterr().out.casefold().replace("_", " ").replace("-", " ")
    namespace: dict[str, object] = {}
    for block in re.findall(r"```python\n(import chorus.*?)```", TEXT, flags=re.DOTALL):
        exec(block, namespace)
    assert namespace["rate"]


def test_the_source_that_is_shown_can_be_ingested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chorus.lake import Lake
    from chorus.lake.ingest import ingest
    from chorus.lake.layout import Layout

    [card] = re.findall(r'```toml\n(id = "my_frogs".*?)```', TEXT, flags=re.DOTALL)
    [code] = re.findall(r"```python\n(from chorus.*?)```", TEXT, flags=re.DOTALL)
    (tmp_path / "my_frogs.toml").write_text(card)
    monkeypatch.setattr("chorus.adapters.card.CARDS", tmp_path)
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    root = tmp_path / "release"
    root.mkdir()
    header = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tSpecies\n"
    for name, begin in (("pond", "3"), ("brook", "?")):
        text = f"{header}1\tSpectrogram 1\t1\t{begin}\t4\tfrog\n"
        (root / f"{name}.Table.1.selections.txt").write_text(text)
    ingest(Layout(tmp_path / "lake"), namespace["ADAPTER"], root)
    rows = Lake(tmp_path / "lake").query("SELECT path, annotated FROM recordings ORDER BY 1").rows()
    assert [(row["path"], row["annotated"]) for row in rows] == [("brook.wav", "partial"), ("pond.wav", "full")]


@pytest.mark.parametrize("command", commands("sh"))
def test_other_commands_parse(command: str) -> None:
    from typer.main import get_command

    name, *arguments = shlex.split(command)[1:]
    found = get_command(app).commands[name]  # type: ignore[attr-defined]
    found.make_context(name, arguments, resilient_parsing=False)


def test_every_command_is_in_the_readme() -> None:
    from typer.main import get_command

    for name in get_command(app).commands:  # type: ignore[attr-defined]
        assert f"chorus {name}" in TEXT


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert target.startswith("http") or (README.parent / target).exists(), target
