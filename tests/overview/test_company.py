"""Which stretch of which recording stands for a class of company."""

from __future__ import annotations

from pathlib import Path

from chorus.lake import Lake
from chorus.overview.company import DRAWN, choose_company, telling
from chorus.overview.contexts import CLASSES
from chorus.overview.examples import Example
from chorus.overview.numbers import count_tables, prepared
from chorus.overview.page import company_examples
from tests.overview.helpers import add, call
from tests.overview.test_examples import sound

RECORDINGS = {
    "people.wav": [call(1, 2, "hello", kind="human"), call(3, 4)],
    "two.wav": [call(0, 1), call(20, 22), call(21, 23, "NOCA")],
    "same.wav": [call(0, 1), call(20, 22), call(21, 23)],
    "unnamed.wav": [call(0, 1, "XXXX"), call(20, 22, "XXXX"), call(21, 23)],
    "alone.wav": [call(2, 3)],
    "row.wav": [call(2, 3), call(4, 5)],
    "weak.wav": [call(0, 30, strength="weak")],
}


def chosen(lake: Lake) -> dict[str, Example]:
    db = prepared(lake)
    count_tables(db)
    return {example.title: example for example in choose_company(lake, db) if example}


def test_every_class_is_shown_where_it_holds(tmp_path: Path) -> None:
    for name in RECORDINGS:
        sound(tmp_path, name, 30)
    found = chosen(add(tmp_path, RECORDINGS))
    assert {title: example.recording_id for title, example in found.items()} == {
        "people": "ena_birds/people.wav",
        "several species at once": "ena_birds/two.wav",
        "one species, several at once": "ena_birds/same.wav",
        "several at once, unnamed": "ena_birds/unnamed.wav",
        "one after another": "ena_birds/row.wav",
        "a single call": "ena_birds/alone.wav",
    }
    assert set(found) == set(DRAWN) < set(CLASSES)
    for title in ("several species at once", "one species, several at once", "several at once, unnamed"):
        assert found[title].start_s < 20 < 23 < found[title].end_s, "the moment, not the call before"
        assert len(found[title].boxes) == 2
    assert found["several species at once"].names == ("eastern towhee", "northern cardinal")


def test_calls_in_two_channels_cannot_be_shown_together() -> None:
    rows = [
        {"start_s": 0.0, "end_s": 2.0, "channel": channel, "species": "wren", "kind": "animal", "strength": "strong"}
        for channel in (1, 2)
    ]
    assert telling(rows, "one species, several at once") == []
    assert len(telling([rows[0], rows[0]], "one species, several at once")) == 2


def test_the_page_shows_them_and_names_the_others(tmp_path: Path) -> None:
    sound(tmp_path, "two.wav", 30)
    db = prepared(lake := add(tmp_path, RECORDINGS))
    numbers = count_tables(db)
    [example] = [example for example in choose_company(lake, db) if example]
    shown = company_examples(numbers, [(example, bytes(24))])
    assert "<b>several species at once</b>: eastern towhee, northern cardinal." in shown
    assert "No sound at hand of: people, one species, several at once, several at once, unnamed, one after" in shown
