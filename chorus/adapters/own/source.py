"""A folder of one's own recordings and annotation files of one format, as a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chorus.adapters.base import Calls, Item, Problem, Rec, Release
from chorus.adapters.formats.all_tables import TableRec
from chorus.adapters.formats.coverage import coverage
from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.formats.stretches import joined
from chorus.adapters.own.crossing import crossed
from chorus.adapters.own.labels import usual_kind
from chorus.adapters.own.marks import OWN, Format, Marks, Sound
from chorus.adapters.own.nameless import without_nameless
from chorus.adapters.own.repeats import repeated, row_marks
from chorus.adapters.own.sounds import is_sound, is_there, named_sounds
from chorus.errors import ReadError, UsageError
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import Annotated

#: In the names of the tables that `chorus annotate` writes.
FOUND = ".chorus."
#: Units of time in a second of each recording, by path; None where its sample rate is needed and not known.
Units = dict[str, float | None]


@dataclass(frozen=True)
class OwnData:
    """How a source of one's own is read."""

    source: str
    format: Format
    mapping: Mapping

    def units(self, release: Release) -> list[str]:
        """All sounds, then all annotation files: what these say of a recording is the better known. Raises UsageError
        where no file is of the format."""
        patterns = (self.mapping.tables,) if self.mapping.tables else self.format.patterns
        found = sorted({path for pattern in patterns for path in release.glob(pattern) if is_table(path)})
        if not any(self.opens(release, path) for path in found):
            looked = f"{len(found)} file(s) {' or '.join(patterns)} looked at"
            raise UsageError(f"{self.source}: no {self.format.title} under {release.root} ({looked})")
        return [path for path in release.files if is_sound(path)] + found

    def opens(self, release: Release, path: str) -> bool:
        """Whether a file is of the format; one that cannot be opened may be, and its own unit reports it."""
        try:
            return self.format.sniff(release.bytes(path), path)
        except ReadError:
            return True

    def read(self, release: Release, unit: str) -> Iterator[Item]:
        """A sound that no file may name, or the recordings and calls of an annotation file."""
        if is_sound(unit):
            yield Rec(unit, Annotated.none, self.facts())
            return
        data = release.bytes(unit)
        if not self.format.sniff(data, unit):
            yield Problem(unit, "other_file", f"is no {self.format.title}: not read", action=Action.noted)
            return
        if FOUND in unit.rpartition("/")[2]:
            message = "is called like a table of `chorus annotate`: what a model found counts as labelled"
            yield Problem(unit, "found_by_a_model", message, action=Action.noted)
        yield from self.table(release, unit, self.format.read(data, unit, self.mapping))

    def table(self, release: Release, unit: str, marks: Marks) -> Iterator[Item]:
        """The recordings, problems and calls of an annotation file."""
        if self.written(unit, OWN) == OWN:
            marks = without_nameless(marks, unit)
        paths, doubts = self.places(release, unit, marks)
        marks, lost = crossed(release, unit, marks, paths, self.mapping.offset_s)
        units = unit_of_time(release, marks, paths)
        problems = doubts + marks.problems + untimed(unit, marks, paths, units)
        calls = self.calls(unit, marks, paths, units)
        for place, (name, sound) in enumerate(marks.about().items()):
            rec = self.recording(paths[name], sound, problems, units[paths[name]])
            yield rec if place else self.held(rec, release, marks, calls)
        yield from (Rec(paths[name], Annotated.partial, short=True) for name, _ in lost)
        yield from problems + [problem for _, problem in lost]
        yield from repeated(unit, calls)
        yield calls

    def held(self, rec: Rec, release: Release, marks: Marks, calls: Calls) -> TableRec:
        """The first recording of a table, with what is to be held against other tables."""
        doubts = frozenset(self.doubts(release, marks))
        return TableRec(rec.path, rec.annotated, rec.facts, rec.short, calls.origin_file, row_marks(calls), doubts)

    def doubts(self, release: Release, marks: Marks) -> Iterator[str]:
        """What of the mapping leads nowhere, as far as this table tells."""
        texts = {text or OWN for name in ("label", "taxon_key") for text in marks.columns.get(name, ())}
        for section, known in (("taxa", self.mapping.taxa), ("kinds", self.mapping.kinds)):
            yield from (f"[{section}] {key!r}: no label is called so" for key in known if key not in texts)
        for name, sound in self.mapping.recordings.items():
            if not is_there(release, sound):
                yield f"[recordings] {name!r}: there is no sound {sound!r}"

    def places(self, release: Release, unit: str, marks: Marks) -> tuple[dict[str, str], list[Problem]]:
        """The path of each sound that a file names, and a Problem for each that may be any of several."""
        paths: dict[str, str] = {}
        problems: list[Problem] = []
        names = dict.fromkeys((*marks.about(), *marks.sound, *marks.until))
        written = {name: self.written(unit, name) for name in names}
        sounds = named_sounds(release, unit, dict.fromkeys(written.values()))
        for name, given in written.items():
            paths[name], rivals = sounds[given]
            if rivals:
                shown = ", ".join(rivals[:3])
                message = f"{len(rivals)} sounds may be {paths[name].rpartition('/')[2]} ({shown}): none is taken"
                problems.append(Problem(unit, "ambiguous_sound", message, action=Action.noted))
        return paths, problems

    def written(self, unit: str, name: str) -> str:
        """The name of a sound as the mapping has it, by the name in the file or that of the file, else as written; OWN
        where neither names it."""
        known = self.mapping.recordings
        return next((known[k] for key in (name, unit) for k in (key, key.rpartition("/")[2]) if k in known), name)

    def recording(self, path: str, sound: Sound, problems: list[Problem], per_s: float | None) -> Rec:
        """A recording, annotated as far as the mapping says, else the file, else in full; never in full where a row
        was dropped."""
        known = self.mapping.annotated or sound.annotated or Annotated.full
        facts = sound.facts | self.facts()
        short = coverage(problems) is not Annotated.full
        if known is Annotated.full:
            known = coverage(problems)
        elif sound.stretches and per_s:
            spans = joined((self.time(a, per_s), self.time(b, per_s)) for a, b in sound.stretches)
            facts["annotated_intervals"] = [{"start_s": max(a, 0.0), "end_s": b} for a, b in spans if b > 0]
        return Rec(path, known, facts, short)

    def facts(self) -> dict[str, Any]:
        """What the mapping says of all recordings."""
        return {} if self.mapping.time_expansion == 1 else {"time_expansion": float(self.mapping.time_expansion)}

    def calls(self, unit: str, marks: Marks, paths: dict[str, str], units: Units) -> Calls:
        """The rows of a file whose times can be told, in seconds."""
        where = [paths[name] for name in marks.sound]
        rows = [i for i, path in enumerate(where) if units[path] is not None]
        columns: dict[str, Any] = {
            name: [values[i] for i in rows] if isinstance(values, list) else values
            for name, values in marks.columns.items()
        }
        for name, times in (("start_s", marks.start), ("end_s", marks.end)):
            columns[name] = [self.time(times[i], units[where[i]]) for i in rows]
        for name in ("low_hz", "high_hz") if self.mapping.slower != 1 else ():
            columns[name] = [hz and hz * self.mapping.slower for hz in columns.get(name) or [None] * len(rows)]
        columns |= self.meaning(columns, len(rows))
        return Calls([where[i] for i in rows], unit, [marks.lines[i] for i in rows], columns)

    def time(self, value: float | None, per_s: float | None) -> float:
        """A time in the file's unit as real seconds of the recording; NaN for one that is absent."""
        if value is None or per_s is None:
            return float("nan")
        return (value / per_s + self.mapping.offset_s) / self.mapping.slower

    def meaning(self, columns: dict[str, Any], n: int) -> dict[str, list[str | None]]:
        """The taxon of each row to look up, and what makes its sound: as the mapping says, else the row."""
        labels, names, kinds = (columns.get(name) or [None] * n for name in ("label", "taxon_key", "kind"))
        keys = [self.taxon(label, name) for label, name in zip(labels, names, strict=True)]
        said = [
            kind or (usual_kind(label) if key == label else None)
            for label, key, kind in zip(labels, keys, kinds, strict=True)
        ]
        known = self.mapping.kinds
        return {
            "taxon_key": keys,
            "kind": [known.get(label or OWN, kind) for label, kind in zip(labels, said, strict=True)],
        }

    def taxon(self, label: str | None, name: str | None) -> str | None:
        """What to look up for a row, by its label and by the name beside it."""
        taxa = self.mapping.taxa
        for text in (label, name):
            if text in taxa:
                return taxa[text] or None
        return self.mapping.species or name or label


def is_table(path: str) -> bool:
    """Whether a file may hold annotations: whatever is neither a sound nor a mapping."""
    return not is_sound(path) and not path.lower().endswith(".toml")


def unit_of_time(release: Release, marks: Marks, paths: dict[str, str]) -> Units:
    """Units of time in a second, by recording: the file's, else samples of the sound."""
    if marks.per_s is not None:
        return dict.fromkeys(paths.values(), marks.per_s)
    return {path: _rate(release, path) for path in paths.values()}


def _rate(release: Release, path: str) -> float | None:
    try:
        return release.probe(path).sample_rate if path in release.files else None
    except ReadError:
        return None


def untimed(unit: str, marks: Marks, paths: dict[str, str], units: Units) -> list[Problem]:
    """A Problem for each row that counts samples of a sound whose sample rate is not known."""
    lost = [(line, paths[name]) for line, name in zip(marks.lines, marks.sound, strict=True)]
    message = "counts samples, but {} is not at hand: say how many make a second with sample_rate in a mapping file"
    return [Problem(unit, "no_sample_rate", message.format(path), line) for line, path in lost if units[path] is None]
