"""A table whose columns only its owner knows, and the small TOML file in which he or she names them.

start = "Begin"            # required: start of a call
end = "End"                # required: its end
unit = "s"                 # or "ms"; seconds when absent
recording = "File"         # sound file of a row; absent: the table's own name
individual = "Bird"        # these six may be absent
sex = "Sex"
label = "Type"
channel = "Channel"
low = "Low"
high = "High"
tables = "*.csv"           # which files are tables; "*.csv" when absent
delimiter = "\\t"           # between fields; a comma when absent
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from chorus.errors import ReadError

COLUMNS = ("start", "end", "recording", "individual", "sex", "label", "channel", "low", "high")
OTHER = {"unit": "s", "tables": "*.csv", "delimiter": ","}
SECONDS = {"s": 1.0, "ms": 0.001}
#: What an error says that a mapping file holds.
EXPECTED = (
    'start = "<column>", end = "<column>" and, where there are, ' + ", ".join(COLUMNS[2:]) + ", unit, tables, delimiter"
)


@dataclass(frozen=True)
class Mapping:
    """`columns` maps the names above to the table's own; `scale` turns its times into seconds."""

    columns: dict[str, str]
    scale: float
    tables: str
    delimiter: str


def read_mapping(data: bytes, origin: str) -> Mapping:
    """Read a mapping file. Raises ReadError naming the first thing that is missing, unknown or of the wrong kind."""
    try:
        given = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReadError(f"no TOML: {str(error).splitlines()[0]}", origin) from None
    for name, value in given.items():
        if name not in COLUMNS and name not in OTHER:
            raise ReadError(f"unknown key '{name}'; expected {EXPECTED}", origin)
        if not isinstance(value, str) or not value:
            raise ReadError(f"'{name}' must be a text in quotes", origin)
    for name in COLUMNS[:2]:
        if name not in given:
            raise ReadError(f"no '{name}'; expected {EXPECTED}", origin)
    unit, tables, delimiter = (given.get(name, default) for name, default in OTHER.items())
    if unit not in SECONDS:
        raise ReadError(f"unit is '{unit}', expected 's' or 'ms'", origin)
    if len(delimiter) != 1:
        raise ReadError("delimiter must be one character", origin)
    return Mapping({name: given[name] for name in COLUMNS if name in given}, SECONDS[unit], tables, delimiter)
