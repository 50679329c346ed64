"""What the columns of somebody's own table mean, said by its owner in a small TOML file.

start = "Begin"                  # column with the start of a call; a number, counted from 1, where there is no header
end = "End"                      # its end, or
duration = "Length"              # its length instead
low = "Low"                      # bounds in Hz, and what else there is
high = "High"
label = "Type"
taxon = "Species"                # names the taxon of the label; absent: the label itself does
recording = "File"               # names the sound of each row; absent: the sound called like the table
individual = "Bird"
call_type = "Syllable"
sex = "Sex"
channel = "Channel"
header = true                    # false: the first line is a call already
delimiter = ";"                  # absent: a tab, semicolon or comma, whichever the first line holds
unit = "s"                       # "ms" or "samples"; seconds when absent
sample_rate = 44100              # for unit = "samples"; absent: the sound's own
offset_s = -0.5                  # seconds added to every time
time_expansion = 10              # the sounds play so many times slower than life (bat recorders)
times = "file"                   # "real" where tables tell of life, not of the slow sounds
tables = "*.csv"                 # which files are tables
annotated = "full"               # "partial" where calls were left unmarked
species = "Mus musculus"         # where all calls are of one species
[taxa]                           # label = name of its taxon; "" for none
[kinds]                          # label = "animal", "human", "noise" or "silence"
[recordings]                     # name in the table, or of the table = sound file
[source]                         # title, citation, licence, environment, taxa: as on a source's card
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from chorus.errors import ReadError
from chorus.schemas.vocabulary import Annotated, Environment, Kind

COLUMNS = (
    "start", "end", "duration", "low", "high", "label", "taxon", "recording", "individual", "call_type", "sex",
    "channel",
)  # fmt: skip
TABLE = (
    "header", "delimiter", "unit", "sample_rate", "offset_s", "time_expansion", "times", "tables", "annotated",
    "species",
)  # fmt: skip
SECTIONS = ("taxa", "kinds", "recordings", "source")
KEYS = (*COLUMNS, *TABLE, *SECTIONS)
#: Unit of time -> how many make a second; None: as many as the sound has samples.
UNITS = {"s": 1.0, "ms": 1000.0, "samples": None}
CARD = ("title", "citation", "licence", "environment", "taxa")
#: What an error says that a mapping of a table holds.
EXPECTED = (
    'start = "<column>", end (or duration) = "<column>" and, where there are, '
    f"{', '.join((*COLUMNS[3:], *TABLE))}, [taxa], [kinds], [recordings], [source]"
)


@dataclass(frozen=True)
class Mapping:
    """`columns` maps the names above to the table's own (without header: '1', '2' ...); `source` holds fields of the
    card; `text` is the whole file on one line."""

    columns: dict[str, str] = field(default_factory=dict)
    header: bool = True
    delimiter: str | None = None
    unit: str = "s"
    sample_rate: float | None = None
    offset_s: float = 0.0
    time_expansion: float = 1.0
    times: str = "file"
    tables: str | None = None
    annotated: Annotated | None = None
    species: str | None = None
    taxa: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    recordings: dict[str, str] = field(default_factory=dict)
    source: dict[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def per_s(self) -> float | None:
        """Units of time in a second; None for samples of a rate that only the sound tells."""
        return self.sample_rate if self.unit == "samples" else UNITS[self.unit]

    @property
    def slower(self) -> float:
        """How many times slower than life the times of the tables run; frequencies are as many times lower."""
        return self.time_expansion if self.times == "file" else 1.0


def read_mapping(data: bytes, origin: str, keys: Collection[str] = KEYS) -> Mapping:
    """Read a mapping file that may hold `keys`. Raises ReadError naming the first thing that is missing, unknown or of
    the wrong kind; whoever names start or end, or a table without header, must name both."""
    given = _load(data, origin)
    expected = EXPECTED if "start" in keys else ", ".join(key for key in KEYS if key in keys)
    for name, value in given.items():
        if name not in keys:
            known = " for this format" if name in KEYS else ""
            raise ReadError(f"unknown key '{name}'{known}; expected {expected}", origin)
        if wrong := _wrong(name, value, given.get("header", True)):
            raise ReadError(wrong, origin)
    named = {"start", "end", "duration"} & given.keys() or not given.get("header", True)
    for name, instead in (("start", "start"), ("end", "duration")) if named else ():
        if name in keys and name not in given and instead not in given:
            raise ReadError(f"no '{name}'; expected {expected}", origin)
    if given.get("times") == "real" and given.get("unit") == "samples":
        raise ReadError("times = 'real' does not go with unit = 'samples': these are those of the file", origin)
    columns = {name: str(given[name]) for name in COLUMNS if name in given}
    others = {name: value for name, value in given.items() if name not in COLUMNS}
    if "annotated" in others:
        others["annotated"] = Annotated(others["annotated"])
    return Mapping(columns, **others, text=_one_line(given))


def _load(data: bytes, origin: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReadError(f"no TOML: {str(error).splitlines()[0]}", origin) from None


def _one_line(given: dict[str, Any]) -> str:
    """The content in the order of KEYS, the same for the same meaning."""
    return ", ".join(f"{name} = {' '.join(str(given[name]).split())}" for name in KEYS if name in given)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_card(value: Any) -> bool:
    if not isinstance(value, dict) or not set(value) <= set(CARD):
        return False
    known = value.get("environment", "mixed") in list(Environment)
    return known and all(_is_list(v) if name == "taxa" else _is_text(v) for name, v in value.items())


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _table_of(allowed: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(allowed(v) for v in value.values())


#: Key -> (whether a value will do, what is expected). Columns and plain texts are not listed.
CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "header": (lambda v: isinstance(v, bool), "true or false"),
    "delimiter": (lambda v: _is_text(v) and len(v) == 1, "one character in quotes"),
    "unit": (lambda v: _is_text(v) and v in UNITS, "'s', 'ms' or 'samples'"),
    "sample_rate": (lambda v: _is_number(v) and v > 0, "a number above 0"),
    "offset_s": (_is_number, "a number of seconds"),
    "time_expansion": (lambda v: _is_number(v) and 0 < v < math.inf, "a number above 0"),
    "times": (lambda v: v in ("file", "real"), "'file' or 'real'"),
    "annotated": (lambda v: v in ("full", "partial"), "'full' or 'partial'"),
    "taxa": (_table_of(lambda v: isinstance(v, str)), "lines of label = name of a taxon"),
    "kinds": (_table_of(lambda v: v in list(Kind)), f"lines of label = one of {', '.join(Kind)}"),
    "recordings": (_table_of(_is_text), "lines of name = sound file"),
    "source": (_is_card, f"{', '.join(CARD)} (taxa a list of texts, environment one of {', '.join(Environment)})"),
}


def _wrong(name: str, value: Any, header: bool) -> str | None:
    """What is wrong with the value of a key, in words; None when nothing is."""
    if name in CHECKS:
        fits, expected = CHECKS[name]
        return None if fits(value) else f"{name} is {value!r}, expected {expected}"
    if name in COLUMNS and not header:
        counted = isinstance(value, int) and not isinstance(value, bool) and value > 0
        return None if counted else f"'{name}' must be the number of a column, counted from 1, as header is false"
    return None if _is_text(value) else f"'{name}' must be a text in quotes"
