"""The ledger: verdicts, groups set aside, and numbers that come from the lake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chorus import adapters
from chorus.adapters.base import Adapter
from chorus.cli import run
from chorus.errors import UsageError
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.lake.ledger import Aside, Verdict, ledger, verdict
from chorus.schemas.source import SetAside
from tests.adapters.releases import RELEASES


def with_card(source: str, **changes: object) -> Adapter:
    real = adapters.get(source)
    return Adapter(real.card.model_copy(update=changes), real.anchors, real.units, real.read)


@pytest.mark.parametrize(
    ("paper", "whole", "explanation", "counted", "expected"),
    [
        (10, None, None, 10, Verdict.equal),
        (10, 12, "two were added later", 12, Verdict.explained),
        (10, 12, None, 12, Verdict.differs),
        (10, 12, "two were added later", 11, Verdict.differs),
        (10, None, "nobody knows", 11, Verdict.differs),
        (None, None, None, 11, Verdict.not_in_paper),
        (0, None, None, 0, Verdict.differs),
    ],
)
def test_verdict(
    paper: int | None, whole: int | None, explanation: str | None, counted: int, expected: Verdict
) -> None:
    card = with_card("rainforest", paper_calls=paper, counted_calls=whole, explanation=explanation).card
    assert verdict(card, counted) is expected


@pytest.mark.parametrize(
    ("asides", "expected"),
    [
        ([(7, 7), (3, None)], Verdict.equal),
        ([(6, 7), (3, None)], Verdict.differs),
        ([(3, None)], Verdict.differs),
    ],
)
def test_where_nothing_counts_the_rows_set_aside_are_compared(
    asides: list[tuple[int, int | None]], expected: Verdict
) -> None:
    card = with_card("audioset", paper_calls=0, counted_calls=0).card
    assert verdict(card, 0, [Aside("weak", found, rows) for found, rows in asides]) is expected


def test_a_few_labels_of_audioset_are_not_all_of_it(tmp_path: Path) -> None:
    ingest(Layout(tmp_path / "lake"), "audioset", RELEASES["audioset"](tmp_path / "release"))
    (entry,) = ledger(Lake(tmp_path / "lake"), ["audioset"])
    assert (entry.counted, entry.paper_calls, entry.verdict) == (0, 0, Verdict.differs)


def test_every_row_counts_or_has_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = RELEASES["rainforest"](tmp_path / "release")
    ingest(Layout(tmp_path / "lake"), "rainforest", release)
    lake = Lake(tmp_path / "lake")
    found = len(lake.query("source = 'rainforest'"))
    counted = len(lake.query("source = 'rainforest' AND presence = 'present'"))
    aside = [SetAside(where="presence = 'absent' AND start_s < 0", why="never", rows=3)]
    fake = with_card("rainforest", paper_calls=counted, set_aside=aside)
    monkeypatch.setattr(adapters, "get", lambda source: fake)
    (entry,) = ledger(lake, ["rainforest"])
    assert (entry.found_calls, entry.counted, entry.verdict) == (found, counted, Verdict.equal)
    assert 0 < counted < found, "the fixture has both kinds"
    assert [(a.found, a.expected) for a in entry.set_aside] == [(0, 3)]
    assert entry.unexplained == found - counted


def test_a_source_that_was_never_ingested_is_not_present(tmp_path: Path) -> None:
    (entry,) = ledger(Lake(tmp_path / "lake"), ["hiceas"])
    assert entry.verdict is Verdict.not_present
    assert entry.counted is None
    assert len(ledger(Lake(tmp_path / "lake"))) == 33, "Table 1 has 33 rows"
    with pytest.raises(UsageError, match="unknown source"):
        ledger(Lake(tmp_path / "lake"), ["nonesuch"])


def test_the_command_tells_all_and_fails_when_one_differs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    release, home = RELEASES["rainforest"](tmp_path / "release"), str(tmp_path / "home")
    assert run(["ingest", "rainforest", "--root", str(release), "-q", "--home", home]) == 0
    capfd.readouterr()
    assert run(["verify", "--home", home]) == 1, "a few rows are not the whole release"
    shown = capfd.readouterr().out
    assert "differs" in shown
    assert shown.splitlines()[-1] == "33 sources: 0 equal, 0 explained, 1 differs, 32 not present, 0 not in the paper"
    assert max(map(len, shown.splitlines())) <= 160, "prose is broken like the table"
    assert "whole release" in shown
    assert run(["verify", "rainforest", "--home", home, "--json"]) == 1
    (entry,) = json.loads(capfd.readouterr().out)
    assert entry["source"] == "rainforest"
    assert entry["verdict"] == "differs"
    assert run(["verify", "hiceas", "--home", home]) == 0
