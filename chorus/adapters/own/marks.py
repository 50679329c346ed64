"""What every reader of one's own data gives (`Marks`), and how a kind of file is told and read (`Format`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chorus.adapters.base import Problem
from chorus.adapters.formats.mapping import Mapping as ColumnMapping
from chorus.adapters.formats.text import number
from chorus.errors import ReadError
from chorus.schemas.vocabulary import Annotated, Sex

#: Name of the sound that a file belongs to by its own name.
OWN = ""
#: Keys of a mapping that hold for every format.
COMMON = ("tables", "offset_s", "annotated", "species", "taxa", "kinds", "recordings", "source")
#: Fields of a call that a text column may fill.
TEXTS = ("label", "individual", "call_type", "sex", "channel")
SEXES = {"m": Sex.male, "male": Sex.male, "f": Sex.female, "female": Sex.female}
SIDES = {"l": 1, "left": 1, "r": 2, "right": 2}


@dataclass
class Sound:
    """What a file says of a recording: how much of it is annotated (None: it does not say), which stretches where that
    is a part (in the file's unit of time), and Recording fields."""

    annotated: Annotated | None = None
    stretches: list[tuple[float, float]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Marks:
    """An annotation file as columns of equal length.

    `start` and `end` are times in units of which `per_s` make a second (None: samples of the recording); `columns`
    holds other Call fields, a list or one value for all; `sound` names the recording of each row as written (nothing:
    all belong to the file's own); `sounds` is what the file says of its recordings, those without rows too (None: it
    says nothing).
    """

    lines: list[int] | range
    start: Sequence[float | None]
    end: Sequence[float | None]
    columns: dict[str, Any] = field(default_factory=dict)
    sound: Sequence[str] = ()
    sounds: dict[str, Sound] | None = None
    per_s: float | None = 1.0
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sound = self.sound or (OWN,) * len(self.lines)

    def about(self) -> dict[str, Sound]:
        """The recordings of the file: those it lists, else those of its rows, else the one it is called after."""
        if self.sounds is not None:
            return self.sounds
        return {name: Sound() for name in dict.fromkeys(self.sound) or (OWN,)}


@dataclass(frozen=True)
class Format:
    """A kind of annotation file: where it is looked for, the keys a mapping may hold, how its content is told from
    other files (`sniff(data, path)`) and read (`read(data, path, mapping)`, which raises ReadError)."""

    name: str
    title: str
    patterns: tuple[str, ...]
    sniff: Callable[[bytes, str], bool]
    read: Callable[[bytes, str, ColumnMapping], Marks]
    keys: tuple[str, ...] = COMMON


def call_fields(
    text: Mapping[str, Sequence[str | None]],
    mapping: ColumnMapping,
    origin: str,
    usual: Mapping[str, tuple[str, ...]] | None = None,
) -> dict[str, Any]:
    """Call fields out of named text columns: the one that the mapping names, else the first of the `usual` ones that
    holds anything, case ignored. Raises ReadError when the mapping names a column that is not there."""
    found: dict[str, Any] = {}
    for name in TEXTS:
        values = _column(text, mapping.columns.get(name), origin, (usual or {}).get(name, ()))
        if values is not None:
            found[name] = [CLEAN[name](value) if name in CLEAN else value or None for value in values]
    return found


def _column(
    text: Mapping[str, Sequence[str | None]], named: str | None, origin: str, usual: tuple[str, ...]
) -> Sequence[str | None] | None:
    if named is not None:
        if named not in text:
            raise ReadError(f"no column '{named}', which the mapping names; found {', '.join(text)[:120]}", origin)
        return text[named]
    folded = {name.strip().casefold(): values for name, values in text.items()}
    known = (folded.get(name.casefold(), ()) for name in usual)
    return next((values for values in known if any(values)), None)


def _sex(text: str | None) -> Sex | None:
    return SEXES.get((text or "").strip().casefold())


def _channel(text: str | None) -> int | None:
    """A number from 1 on, as '2', as '2.0' (what programs write beside blank fields), or a side."""
    word = (text or "").strip().casefold()
    if word in SIDES:
        return SIDES[word]
    value = number(word)
    return int(value) if value and value > 0 and value.is_integer() else None


CLEAN: dict[str, Callable[[str | None], Any]] = {"sex": _sex, "channel": _channel}
