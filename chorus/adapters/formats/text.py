"""Text as it comes: byte order marks, Latin-1, Windows line ends, decimal commas."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chorus.adapters.base import Problem
from chorus.schemas.issue import Action


def decode(data: bytes, origin: str, problems: list[Problem]) -> str:
    """Decode UTF-8 (with or without BOM), UTF-16 with BOM, else Windows-1252/Latin-1; the last is noted as repaired.

    Windows line ends become '\\n'.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            try:
                text = data.decode("cp1252")
            except UnicodeDecodeError:
                text = data.decode("latin-1")
            problems.append(
                Problem(origin, "not_utf8", "not UTF-8, read as Latin-1", line=line, action=Action.repaired)
            )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def number(text: str) -> float | None:
    """A number written with a decimal point or comma; None when it is neither, or '1_0', which Python takes for 10."""
    if "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(text.replace(",", ".", 1)) if text.count(",") == 1 and "." not in text else None
    except ValueError:
        return None


def floats(texts: Iterable[str]) -> list[float | None]:
    """Texts as numbers, quickly. Raises ValueError where one is none as it stands."""
    given = list(texts)
    if "_" in "".join(given):
        raise ValueError("a number with an underscore")
    return list(map(float, given))


CLOCK = re.compile(r"\d+:\d\d(:\d\d)?([.,]\d+)?")


def clock_hint(fields: Iterable[str]) -> str:
    """What to add to 'not a number' where one of the fields is a time as clocks show it; else nothing."""
    found = next((text.strip() for text in fields if CLOCK.fullmatch(text.strip())), None)
    return f": {found} is a clock time, expected seconds" if found else ""
