"""Errors a person can act on: one line, no traceback, a non-zero exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class ChorusError(Exception):
    """Something the user can mend; its message is one line that says what was found and what was expected."""

    exit_code = 1


class UsageError(ChorusError):
    """The command was called with something that cannot be: an unknown source, a bad clause, a missing folder."""

    exit_code = 2


class MissingExtra(ChorusError):
    """A command needs packages of an optional extra."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the '{extra}' extra: pip install 'chorus-bioacoustics[{extra}]'")


class ReadError(ChorusError):
    """A released file does not read as its format says: names the file, the line and what was expected."""

    def __init__(self, message: str, file: str = "", line: int | None = None) -> None:
        self.message, self.file, self.line = message, file, line
        where = f"{file}:{line}: " if line is not None else f"{file}: " if file else ""
        super().__init__(where + message)


def nearest(name: str, known: list[str]) -> str:
    """'; nearest: a, b' for an error about an unknown name, or '' when nothing is near."""
    import difflib

    close = difflib.get_close_matches(name.casefold(), known, cutoff=0.6)
    return f"; nearest: {', '.join(close)}" if close else ""


def fault(error: ValidationError) -> tuple[str, str]:
    """The first thing that a model does not accept: its keys, joined by dots, and what is wrong with it."""
    first = error.errors()[0]
    what = "unknown key" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
    return ".".join(map(str, first["loc"])), what
