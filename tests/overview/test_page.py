"""The page: valid, whole in itself, harmless whatever the labels say."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chorus.overview.make import PAGE, Made, make
from chorus.overview.page import escape, table
from tests.overview.helpers import add, call

EVIL = '<script>alert("&")</script>'
QUOTE = "\" onload='x' $\\frac{ \x00\x1b"
VOID = {"meta", "img", "source", "br", "link"}


class Reader(HTMLParser):
    """Reads a page and keeps its elements; fails where one is closed that was not opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"an attribute twice in {tag}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A lake whose labels, card and file names try to break out."""
    folder = tmp_path_factory.mktemp("page")
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * 16_000)
    (folder / "ena_birds").mkdir()
    soundfile.write(folder / "ena_birds" / "a&b<i>.wav", noise, 16_000)
    lake = add(
        folder,
        {
            "a&b<i>.wav": [call(1, 2, EVIL), call(2, 3, QUOTE), call(1, 3, "EATO")],
            "b.wav": [call(0, 1, EVIL, kind="animal")],
        },
        {"b.wav": {"licence": EVIL}},
        title=EVIL,
        citation=QUOTE + EVIL,
        explanation="more & <b>less</b>",
    )
    return make(lake, folder / "out", quiet=True)


@pytest.fixture(scope="module")
def reader(made: Made) -> Reader:
    found = Reader()
    found.feed(made.page.read_text(encoding="utf-8"))
    found.close()
    return found


def test_every_element_is_closed_and_ids_are_unique(made: Made, reader: Reader) -> None:
    assert reader.open == []
    assert made.page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>\n<html lang=")
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {"groups", "samples", "contexts", "environments", "licences", "table-1", "notes"} <= set(ids)


def test_labels_do_no_harm(made: Made, reader: Reader) -> None:
    page = made.page.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;" in page
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", page)
    allowed = {
        *("alt", "charset", "class", "content", "height", "id", "lang", "media", "name", "scope", "src", "srcset"),
        *("tabindex", "width"),
    }
    assert {name for _, attributes in reader.elements for name in attributes} <= allowed
    assert EVIL in reader.text


def test_the_page_needs_nothing_else(made: Made, reader: Reader) -> None:
    for tag, attributes in reader.elements:
        for name in ("src", "srcset", "href", "action", "data"):
            if name in attributes:
                assert str(attributes[name]).startswith("data:image/png;base64,"), tag
    style = made.page.read_text(encoding="utf-8").split("<style>")[1].split("</style>")[0]
    assert not re.search(r"url\(|@import|https?:", style)
    assert not {"link", "script", "iframe", "object", "embed", "base"} & {tag for tag, _ in reader.elements}


def test_every_picture_is_told_in_words_and_follows_the_theme(reader: Reader) -> None:
    images = [attributes for tag, attributes in reader.elements if tag == "img"]
    assert all(i["alt"] and int(str(i["width"])) > 0 for i in images)
    assert sum(tag == "source" for tag, _ in reader.elements) == sum(tag == "picture" for tag, _ in reader.elements) > 4


def test_the_numbers_stand_on_the_page(made: Made, reader: Reader) -> None:
    for bar in ("eastern towhee", "16,052", "several at once, unnamed", "ena_birds", "more & <b>less</b>"):
        assert bar in reader.text
    assert f"{made.numbers.totals.calls:,} rows" in reader.text


def test_pictures_lie_beside_the_page(made: Made) -> None:
    assert made.page.name == PAGE
    on_disk = sorted(made.page.parent.iterdir())
    assert on_disk == sorted([made.page, *made.pictures])
    for file in made.pictures:
        assert file.name.startswith("overview-")
        assert file.read_bytes().startswith(b"\x89PNG")
    names = {file.name for file in made.pictures}
    assert {"overview-groups-light.png", "overview-groups-dark.png", "overview-sample-birds.png"} <= names
    assert "overview-company-several-at-once-unnamed.png" in names


def test_the_same_lake_gives_the_same_bytes_and_old_samples_go(tmp_path: Path) -> None:
    (tmp_path / "ena_birds").mkdir()
    sound = tmp_path / "ena_birds" / "a.wav"
    soundfile.write(sound, np.random.default_rng(0).normal(0, 0.1, 32_000), 16_000)
    lake = add(tmp_path, {"a.wav": [call(0.5, 1)]})
    out = tmp_path / "out"
    first = make(lake, out, quiet=True).page.read_bytes()
    (out / "mine.png").write_bytes(b"keep")
    assert make(lake, out, quiet=True).page.read_bytes() == first
    sound.unlink()
    again = make(lake, out, quiet=True)
    assert "No sound at hand of: birds." in again.page.read_text()
    assert not list(out.glob("overview-sample-*.png"))
    assert (out / "mine.png").exists()


def test_a_lake_without_calls_has_a_page(tmp_path: Path) -> None:
    found = make(add(tmp_path, {"a.wav": []}), tmp_path / "out", quiet=True)
    reader = Reader()
    reader.feed(found.page.read_text(encoding="utf-8"))
    assert reader.open == []
    assert "no calls" in reader.text
    assert "Who calls" not in reader.text


def test_text_becomes_html() -> None:
    assert escape('<a href="x">&\'\x00\n\ud800') == "&lt;a href=&quot;x&quot;&gt;&amp;&#x27;   "
    assert "<td>&lt;b&gt;</td>" in table(["", "n"], [["row", "<b>"]])
