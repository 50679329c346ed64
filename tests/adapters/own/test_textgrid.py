"""Praat TextGrids in every form that Praat writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.adapters import own
from chorus.adapters.formats.mapping import Mapping
from chorus.errors import ReadError
from tests.adapters.own.helpers import marks

#: (class, name, marks); a mark is (times, text).
Tier = tuple[str, str, list[tuple[list[float], str]]]
TIERS: list[Tier] = [
    ("IntervalTier", "song", [([0, 1.5], ""), ([1.5, 2.25], 'a "b" é'), ([2.25, 5], " ")]),
    ("TextTier", "clicks", [([3], "k"), ([4], "two\nlines"), ([4.5], "")]),
]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def short(tiers: list[Tier], kind: str = "ooTextFile") -> str:
    lines = [f'File type = "{kind}"', '"TextGrid"', "", "0", "5", "<exists>", str(len(tiers))]
    for form, name, found in tiers:
        lines += [quoted(form), quoted(name), "0", "5", str(len(found))]
        for times, text in found:
            lines += [*map(repr, times), quoted(text)]
    return "\n".join(lines) + "\n"


def long(tiers: list[Tier]) -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", "xmax = 5 ", "tiers? <exists> "]
    lines += [f"size = {len(tiers)} ", "item []: "]
    for i, (form, name, found) in enumerate(tiers, 1):
        what, names = ("intervals", ("xmin", "xmax")) if form == "IntervalTier" else ("points", ("number",))
        lines += [f"    item [{i}]:", f"        class = {quoted(form)} ", f"        name = {quoted(name)} "]
        lines += ["        xmin = 0 ", "        xmax = 5 ", f"        {what}: size = {len(found)} "]
        for j, (times, text) in enumerate(found, 1):
            lines += [
                f"        {what} [{j}]:",
                *(f"            {n} = {t!r} " for n, t in zip(names, times, strict=True)),
            ]
            lines += [f"            {'text' if form == 'IntervalTier' else 'mark'} = {quoted(text)} "]
    return "\n".join(lines) + "\n"


def rows(data: str | bytes, mapping: Mapping | None = None) -> list[tuple[object, ...]]:
    found = marks("textgrid", data, mapping)
    names = [found.columns.get(name, [None] * len(found.lines)) for name in ("label", "call_type")]
    return list(zip(found.start, found.end, *names, strict=True))


EXPECTED = [
    (1.5, 2.25, 'a "b" é', "song"), (3, 3, "k", "clicks"), (4, 4, "two\nlines", "clicks"), (4.5, 4.5, None, "clicks"),
]  # fmt: skip


@pytest.mark.parametrize("form", [long, short])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_forms_and_encodings(form, encoding: str, end: str) -> None:  # type: ignore[no-untyped-def]
    data = form(TIERS).replace("\n", end).encode(encoding)
    data = b"\xfe\xff" + data if encoding == "utf-16-be" else data
    assert own.get("textgrid").sniff(data, "x.TextGrid")
    assert rows(data) == EXPECTED


def test_the_tier_may_be_the_animal() -> None:
    found = marks("textgrid", long(TIERS), Mapping({"individual": "tier", "call_type": "text"}))
    assert found.columns["individual"][0] == "song"
    assert found.columns["call_type"][0] == 'a "b" é'


def test_lines_are_where_the_mark_begins() -> None:
    text = long(TIERS)
    at = [text.split("\n")[line - 1].strip() for line in marks("textgrid", text).lines]
    assert at == ["xmax = 2.25", "number = 3", "number = 4", "number = 4.5"]


def test_comments_and_old_headers() -> None:
    text = short(TIERS, "ooTextFile short").replace("<exists>", "! 17 comments\n<exists>")
    assert rows(text) == EXPECTED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (short(TIERS)[:-20], "the file ends where"),
        (short(TIERS).replace("TextTier", "ClickTier"), "expected IntervalTier or TextTier, found 'ClickTier'"),
        (
            short(TIERS).replace("1.5\n2.25", '"x"\n2.25'),
            "x.txt:16: expected a time in tier 'song', found the text 'x'",
        ),
        (short(TIERS).replace('"song"\n0', "7\n0"), "expected the name of a tier, found the number 7"),
        (short(TIERS).replace("<exists>\n2", "<exists>\n2.5"), "expected the number of tiers, found 2.5"),
    ],
)
def test_broken_grids_name_the_line(text: str, said: str) -> None:
    with pytest.raises(ReadError, match=said.replace("(", r"\(")):
        marks("textgrid", text)


TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\ufeff\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=8
)
TIMES = st.floats(0, 1e6, allow_nan=False)
MARKS = st.lists(st.tuples(st.tuples(TIMES, TIMES).map(list), TEXT), max_size=4)


@given(st.lists(st.tuples(st.just("IntervalTier"), TEXT, MARKS), max_size=3), st.sampled_from([long, short]))
def test_what_was_written_is_read(tiers: list[Tier], form) -> None:  # type: ignore[no-untyped-def]
    expected = [
        (*times, text.strip(), name or None) for _, name, found in tiers for times, text in found if text.strip()
    ]
    assert rows(form(tiers)) == expected
