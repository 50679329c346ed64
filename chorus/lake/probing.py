"""Recordings: facts declared by the adapter plus what the sound file's header says."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chorus.adapters.base import Problem, Rec, Release
from chorus.errors import ReadError
from chorus.schemas import Action, Annotated, AudioState


class Recordings:
    """The recordings of one source, probed once each. Rows have the fields of `chorus.schemas.Recording`."""

    def __init__(self, release: Release, source: str, jobs: int) -> None:
        self.release = release
        self.source = source
        self.jobs = jobs
        self.rows: dict[str, dict[str, Any]] = {}
        self.problems: list[Problem] = []

    def add(self, declared: Iterable[Rec]) -> None:
        """Take in declared recordings; facts of a path declared before are merged, later ones win."""
        new = []
        for rec in declared:
            row = self.rows.get(rec.path)
            if row is None:
                row = self.rows[rec.path] = {
                    "recording_id": f"{self.source}/{rec.path}",
                    "source": self.source,
                    "path": rec.path,
                    "time_expansion": 1.0,
                }
                new.append(rec.path)
            row["annotated"] = rec.annotated.value
            row.update({name: value for name, value in rec.facts.items() if value is not None})
        self._probe([path for path in new if path in self.release.files])
        for path in new:
            self.rows[path].setdefault("audio", AudioState.missing.value)

    def no_longer_full(self, ids: Iterable[str]) -> None:
        """Recordings that lost a row are not fully annotated: a call stands there that nobody will see."""
        for recording_id in ids:
            row = self.rows[recording_id.removeprefix(f"{self.source}/")]
            if row["annotated"] == Annotated.full.value:
                row["annotated"] = Annotated.partial.value

    def _probe(self, paths: list[str]) -> None:
        if len(paths) < 32 or self.jobs == 1:
            found = map(self._header, paths)
            for path, facts in zip(paths, found, strict=True):
                self.rows[path].update(facts)
            return
        with ThreadPoolExecutor(self.jobs * 2) as pool:
            for path, facts in zip(paths, pool.map(self._header, paths), strict=True):
                self.rows[path].update(facts)

    def _header(self, path: str) -> dict[str, Any]:
        from chorus.audio import probe

        try:
            found = probe(self.release.root / path)
        except ReadError as error:
            self.problems.append(Problem(path, "unreadable_audio", error.message, action=Action.noted))
            return {"audio": AudioState.unreadable.value}
        expansion = self.rows[path]["time_expansion"]
        return {
            "audio": AudioState.present.value,
            "frames": found.frames,
            "sample_rate": round(found.sample_rate * expansion),
            "channels": found.channels,
            "subtype": found.subtype,
            "duration_s": found.duration_s / expansion,
        }

    def known(self, paths: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Recording id -> its row, for what calls take from their recording."""
        return {self.rows[path]["recording_id"]: self.rows[path] for path in paths if path in self.rows}
