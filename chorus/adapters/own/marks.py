"""What every reader of one's own data gives (`Marks`), and how a kind of file is told and read (`Format`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chorus.adapters.base import Problem
from chorus.adapters.formats.mapping import Mapping as ColumnMapping
from chorus.errors import ReadError
from chorus.schemas.vocabulary import Annotated, Sex

#: Name of the sound that a file belongs to by its own name.
OWN = ""
#: Keys of a mapping that hold for every format.
COMMON = (
    *("tables", "offset_s", "time_expansion", "times", "annotated", "species", "taxa", "kinds", "recordings"),
    "source",
)
#: Fields of a call that a text column may fill.
TEXTS = ("label", "individual", "call_type", "sex")
SEXES = {"m": Sex.male, "male": Sex.male, "f": Sex.female, "female": Sex.female}


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
    holds other Call fields, a list or one value for all, and `taxon_key` where a name stands beside the label; `sound`
    names the recording of each row as written (nothing: all belong to the file's own), `until` the one in which it ends
    where that is another (nothing: it never is); `sounds` is what the file says of its recordings, those without rows
    too (None: it says nothing).
    """

    lines: list[int] | range
    start: Sequence[float | None]
    end: Sequence[float | None]
    columns: dict[str, Any] = field(default_factory=dict)
    sound: Sequence[str] = ()
    sounds: dict[str, Sound] | None = None
    per_s: float | None = 1.0
    problems: list[Problem] = field(default_factory=list)
    until: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.sound = self.sound or (OWN,) * len(self.lines)

    def about(self) -> dict[str, Sound]:
        """The recordings of the file: those it lists, else those of its rows, else the one it is called after."""
        if self.sounds is not None:
            return self.sounds
        return {name: Sound() for name in dict.fromkeys(self.sound) or (OWN,)}

    def picked(self, rows: Sequence[int]) -> Marks:
        """Some of the rows, in the order given."""

        def pick(values: Sequence[Any]) -> list[Any]:
            return [values[i] for i in rows]

        columns = {name: pick(values) if isinstance(values, list) else values for name, values in self.columns.items()}
        lines, start, end = pick(self.lines), pick(self.start), pick(self.end)
        sound, until = pick(self.sound), pick(self.until) if self.until else ()
        return replace(self, lines=lines, start=start, end=end, columns=columns, sound=sound, until=until)


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
        values = column(text, mapping.columns.get(name), origin, (usual or {}).get(name, ()))
        if values is not None:
            found[name] = [_sex(value) if name == "sex" else value or None for value in values]
    return found


def column(
    text: Mapping[str, Sequence[str | None]], named: str | None, origin: str, usual: tuple[str, ...] = ()
) -> Sequence[str | None] | None:
    """A column by its name, else the first of the `usual` ones that holds anything; None where there is none."""
    if named is not None:
        if named not in text:
            raise ReadError(f"no column '{named}', which the mapping names; found {', '.join(text)[:120]}", origin)
        return text[named]
    folded = {name.strip().casefold(): values for name, values in text.items()}
    known = (folded.get(name.casefold(), ()) for name in usual)
    return next((values for values in known if any(values)), None)


def _sex(text: str | None) -> Sex | None:
    return SEXES.get((text or "").strip().casefold())
