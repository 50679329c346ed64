"""Evaluation of a model against a lake, end to end on a small synthetic release."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import soundfile
import torch

from chorus.errors import ChorusError, ReadError, UsageError
from chorus.evaluate import evaluate
from chorus.evaluate import run as module
from chorus.evaluate.truth import Selection, add, channels_of, select
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.progress import Progress
from chorus.synth import SynthSettings, make_release
from chorus.synth.settings import RateClass
from chorus.train import export
from chorus.train.config import load_recipe
from chorus.train.decode import Decoding, Decodings
from chorus.train.grid import frame_geometry
from tests.train.helpers import write_recipe

LOUD = SynthSettings(
    classes={
        "audible": RateClass(share=1, rates={48000: 1}, seconds=(5, 7), density_per_s=(0.5, 1.0), families={"sweep": 1})
    },
    beds={"white": 1},
    snr_db=(20, 30),
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("lake")
    root = make_release(folder / "release", 0.018, 1, settings=LOUD, quiet=True)
    ingest(Layout(folder / "lake"), "synth", root)
    return Lake(folder / "lake")


@pytest.fixture(scope="module")
def run(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with an untrained detector, as training leaves it."""
    folder = tmp_path_factory.mktemp("run")
    recipe = load_recipe(write_recipe(folder))
    torch.manual_seed(0)
    export.save_weights(export.build_detector(recipe), folder / export.DETECTOR)
    card = {"recipe": recipe.model_dump(mode="json"), "decoding": Decodings(Decoding(threshold=0.12)).to_dict()}
    export.write_card(folder / export.CARD, card)
    names: dict[str, list[str]] = {}
    for row in lake.query("SELECT recording_id, split FROM recordings ORDER BY 1").rows():
        names.setdefault(row["split"], []).append(row["recording_id"])
    splits = {split: {"shards": [], "samples": 0, "recordings": ids} for split, ids in names.items()}
    manifest = {"format": "chorus-shards", "version": 1, "splits": splits}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_the_test_split_is_evaluated_without_a_clause(lake: Lake, run: Path) -> None:
    report = evaluate(lake, model=run, quiet=True, device="cpu")
    ids = json.loads((run / "manifest.json").read_text())["splits"]["test"]["recordings"]
    assert report.recordings == len(ids) > 0
    known = lake.query(f"recording_id IN ({', '.join(repr(i) for i in ids)})")
    assert report.calls == len(known)
    assert report.seen.training.own == 0
    assert "none of the" in report.leak
    assert [r.detector for r in report.rows] == ["model", "always positive", "energy, tuned", "energy, best here"]
    energy, always = report.rows[2], report.rows[1]
    assert energy.events[0.3].f1 > 0.6
    assert always.segments.recall == 1
    for row in report.rows:
        assert row.events[0.3].tp + row.events[0.3].fn == report.calls


def test_a_clause_selects_calls_and_the_others_are_ignored(lake: Lake, run: Path, tmp_path: Path) -> None:
    every = evaluate(lake, model=run, where="source = 'synth'", quiet=True, device="cpu")
    some = evaluate(lake, model=run, where="start_s < 2", quiet=True, device="cpu")
    assert 0 < some.calls < every.calls
    assert some.ignored > 0
    assert every.ignored == 0
    assert every.seen.training.own > 0
    assert every.leak.startswith("LEAK")
    table = some.table()
    assert "start_s < 2" in table
    assert "always positive" in table
    assert "energy, tuned" in table
    assert "tuned on the evaluated recordings" in table
    some.save(tmp_path / "report.json")
    saved = json.loads((tmp_path / "report.json").read_text())
    assert saved == json.loads(some.as_json())
    assert saved["in_training"] == some.seen.training.own > 0
    assert saved["rows"][0]["event"]["0.3"]["fn"] + saved["rows"][0]["event"]["0.3"]["tp"] == some.calls


def test_what_cannot_be_evaluated_is_said_in_one_line(lake: Lake, run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no call matches"):
        evaluate(lake, model=run, where="start_s > 1e6", quiet=True)
    with pytest.raises(UsageError, match="names no test recordings"):
        select(lake, None, [])
    with pytest.raises(UsageError, match=r"nothing to evaluate.*not in the lake: 1"):
        select(lake, None, ["synth/none.wav"])
    with pytest.raises(ChorusError, match=r"holds no model\.json"):
        evaluate(lake, model=tmp_path, quiet=True)


def recording(path: Path, **more: Any) -> dict[str, Any]:
    facts = {"recording_id": "s/a", "audio": "present", "sample_rate": 100, "channels": 1, "duration_s": 10.0}
    facts |= {"frames": 1_000, "time_expansion": 1.0}
    return {**facts, "annotated": "full", "annotated_intervals": None, "file": str(path), **more}


def call(name: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    facts = {"call_id": name, "recording_id": "s/a", "channel": None, "start_s": start, "end_s": end}
    return {**facts, "kind": "animal", "presence": "present", "strength": "strong", **more}


def test_only_marked_voices_are_judged(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    calls = [
        call("good", 0, 1),
        call("human", 1, 2, kind="human"),
        call("weak", 2, 3, strength="weak"),
        call("absent", 3, 4, presence="absent"),
        call("noise", 4, 5, kind="noise"),
        call("point", 5, 5),
        call("other", 6, 7),
        call("cut by the end", 9.5, 11),
        call("behind the end", 10, 11),
    ]
    selection = Selection()
    add(selection, recording(tmp_path / "a.wav"), calls, {c["call_id"] for c in calls} - {"other"})
    truth = selection.subjects[0].truth
    assert truth.calls.tolist() == [[0, 1], [1, 2], [9.5, 10]]
    assert truth.ignore.tolist() == [[3, 4], [6, 7]]
    slack_s = 2.5 * frame_geometry(100).frame_s
    assert truth.doubtful.tolist() == [[2, 3], [5 - slack_s, min(5 + slack_s, 10)]]
    assert truth.known is None
    assert sum(selection.left_out.values()) == 5
    assert selection.left_out["call behind the end of the sound"] == 1


def test_partly_annotated_recordings_are_judged_where_they_were(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    selection = Selection()
    known = [{"start_s": 2.0, "end_s": 4.0}]
    add(
        selection,
        recording(tmp_path / "a.wav", annotated="partial", annotated_intervals=known),
        [call("a", 8, 9)],
        None,
    )
    truth = selection.subjects[0].truth
    assert truth.known is not None
    assert truth.known.tolist() == [[2, 4], [8, 9]]
    add(selection, recording(tmp_path / "a.wav", annotated="weak"), [call("a", 8, 9)], None)
    assert selection.not_full == {"s/a"}
    add(selection, recording(tmp_path / "b.wav"), [], None)
    assert selection.left_out["recording without sound at hand"] == 1


def test_channels_are_judged_one_by_one_where_labels_name_them(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    two = recording(tmp_path / "a.wav", channels=2)
    calls = [call("a", 0, 1, channel=1), call("b", 0, 1, channel=2)]
    selection = Selection()
    add(selection, two, calls, None)
    assert [(s.channel, len(s.truth.calls)) for s in selection.subjects] == [(1, 1), (2, 1)]
    assert channels_of(two, [*calls, call("c", 2, 3)]) == [None]
    assert channels_of(two, []) == [None]
    assert channels_of(recording(tmp_path), calls) == [None]


def test_recordings_that_changed_since_their_ingest_are_left_out(
    lake: Lake, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their calls do not stand where the lake has them."""
    monkeypatch.setattr(module, "find_calls", lambda *_: [])
    selection = select(lake, "split = 'test'", [])
    first = selection.subjects[0]
    samples, rate = soundfile.read(first.path)
    soundfile.write(tmp_path / "cut.wav", samples[rate:], rate)
    selection.subjects[0] = replace(first, path=tmp_path / "cut.wav")
    names = [subject.recording_id for subject in selection.subjects]
    with Progress("evaluate", None, "recordings", quiet=True) as progress:
        judged = [subject.recording_id for subject, _ in module.searched(None, selection, progress)]  # type: ignore[arg-type]
    assert judged == names[1:]
    assert selection.left_out["recording that cannot be read, or has changed since its ingest"] == 1


def test_recordings_that_the_run_learned_from_may_be_damaged(
    lake: Lake, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The energy detector is tuned on the others, or not at all where there are none."""
    whole = evaluate(lake, model=run, quiet=True)
    listen, learned = module.measured, [row.detector for row in whole.rows]
    assert module.TUNED in learned
    tested = set(json.loads((run / "manifest.json").read_text())["splits"]["test"]["recordings"])

    def refusing(predictor: Any, subject: Any) -> Any:
        if subject.recording_id not in tested:
            raise ReadError("damaged", str(subject.path))
        return listen(predictor, subject)

    monkeypatch.setattr(module, "measured", refusing)
    report = evaluate(lake, model=run, quiet=True)
    assert [row.detector for row in report.rows] == [name for name in learned if name != module.TUNED]
    assert any("recording of the run's own splits that cannot be read" in note for note in report.notes)
