"""Whole runs on a tiny shard set: both phases, stop and resume, what lies in the folder, what is refused."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pickle
import shutil
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import chorus.train
from chorus.errors import ChorusError
from chorus.shards.read import Manifest
from chorus.train import checkpoint, log
from chorus.train.config import load_recipe
from chorus.train.data import ShardSet
from chorus.train.distributed import World
from chorus.train.export import build_front_end, load_predictor, read_card
from chorus.train.job import Job
from chorus.train.loop import Trainer
from chorus.train.rehearsal import Beside
from chorus.train.start import Pool
from chorus.train.summary import RunSummary
from tests.once import fresh, once
from tests.train.helpers import write_recipe, write_shards


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "job-shards", write_shards)


@pytest.fixture(autouse=True)
def without_pictures(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They take most of the time of runs as short as these; the finished run has drawn its own."""
    for name in ("draw_curves", "draw_reconstruction"):
        monkeypatch.setattr(log, name, lambda *args: None)


@pytest.fixture(scope="module")
def finished(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(folder: Path) -> None:
        recipe = str(write_recipe(folder))
        summary = chorus.train.run(None, recipe=recipe, shards=shards, out=folder / "run", device="cpu", quiet=True)
        assert not summary.interrupted
        assert [p.steps for p in summary.phases] == [6, 6]
        assert summary.pretrained
        assert "finished" in summary.table()

    return once(tmp_path_factory, "job-finished", make) / "run"


def test_a_time_limit_ends_both_phases(shards: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, **{"steps = 6": "steps = 100000"})
    summary = chorus.train.run(
        None, recipe=str(recipe), shards=shards, out=tmp_path / "a", device="cpu", quiet=True, max_seconds=2.0
    )
    assert not summary.interrupted
    assert all(20 <= p.steps < 100_000 for p in summary.phases)


def test_a_run_leaves_everything_that_is_promised(finished: Path, shards: Path) -> None:
    names = {p.name for p in finished.iterdir()}
    assert names == {
        *("run.json", "manifest.json", "encoder.json", "model.json", "encoder.safetensors", "detector.safetensors"),
        *("pretrain", "finetune", "logs", "curves-pretrain.png", "curves-finetune.png", "reconstruction.png"),
        *("model_card.md", "report.html"),
    }
    for png in finished.glob("*.png"):
        assert png.read_bytes().startswith(b"\x89PNG")
    assert list((finished / "logs" / "finetune").glob("events.out.tfevents.*"))
    assert (finished / "manifest.json").read_bytes() == (shards / "manifest.json").read_bytes()
    card = read_card(finished)
    assert card["splits"]["test"]["recordings"] == 16
    assert card["decoding_tuned_on"]["valid_clips"] == 16
    assert set(card["decoding"]) >= {"threshold", "low", "shortest"}
    assert json.loads((finished / "run.json").read_text())["recipe"]["name"] == "test"


def test_the_logs_and_the_report_tell_how_it_went(finished: Path) -> None:
    records = [json.loads(line) for line in (finished / "logs" / "pretrain.jsonl").read_text().splitlines()]
    assert [r["step"] for r in records if "loss" in r] == [2, 4, 6]
    assert {"clips_per_s", "audio_s_per_s", "tflop_per_s", "memory_gb", "eta_s", "lr", "skipped"} <= records[-2].keys()
    assert records[-1].keys() == {"step", "valid_loss", "valid_plain_loss"}
    page = (finished / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    assert "http://" not in page
    assert "https://" not in page
    assert all(words in page for words in ("Recipe", "pretrain", "finetune", "mask_ratio", "Manifest SHA-256"))
    assert f"{records[-2]['loss']:.4f}" in page


def test_the_model_card_says_what_the_model_is_made_of(finished: Path, shards: Path) -> None:
    text = (finished / "model_card.md").read_text()
    digest = hashlib.sha256((shards / "manifest.json").read_bytes()).hexdigest()
    assert digest in text
    assert "| train | 16 |" in text
    assert "Licences (clips): CC0-1.0 48." in text
    assert "Sources (clips): test 48." in text
    assert "pretrain: 6 steps" in text
    assert "finetune: 6 steps" in text
    assert "## Intended use" in text
    assert "## Limits" in text


def test_exported_weights_are_those_of_the_checkpoints(finished: Path) -> None:
    exported = load_file(finished / "detector.safetensors")
    assert held(finished / "finetune", "model", exported) == exported.keys()
    encoder = load_file(finished / "encoder.safetensors")
    assert held(finished / "pretrain", "average", encoder) == encoder.keys()
    loaded = load_predictor(finished, "cpu")
    assert all(torch.equal(v, exported[k]) for k, v in loaded.detector.state_dict().items())


def held(folder: Path, kind: str, weights: dict[str, torch.Tensor]) -> set[str]:
    """Names of the weights that are the very same in the newest checkpoint."""
    tensors = {f"{kind}.{name}": torch.zeros_like(weight) for name, weight in weights.items()}
    path = checkpoint.newest(folder)
    assert path is not None
    checkpoint.load(path, tensors, World())
    return {name for name, weight in weights.items() if torch.equal(tensors[f"{kind}.{name}"], weight)}


def test_fine_tuning_starts_from_the_pretrained_encoder(finished: Path, shards: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, **{"lr = 1e-3\nlog_every = 2\nmix": "lr = 1e-9\nlog_every = 2\nmix"})
    out = tmp_path / "run"
    chorus.train.run(None, recipe=str(recipe), shards=shards, out=out, device="cpu", quiet=True)
    encoder, detector = load_file(out / "encoder.safetensors"), load_file(out / "detector.safetensors")
    assert all(torch.allclose(v, detector[f"encoder.{k}"], atol=1e-6) for k, v in encoder.items())


def test_a_finished_run_is_left_alone(finished: Path, shards: Path, tmp_path: Path) -> None:
    recipe, out = str(write_recipe(tmp_path)), tmp_path / "run"
    shutil.copytree(finished, out)
    before = {p: p.read_bytes() for p in out.glob("*.safetensors")}
    with pytest.raises(ChorusError, match="holds a finished pretrain run: --resume goes on with it"):
        chorus.train.run(None, recipe=recipe, shards=shards, out=out, device="cpu", quiet=True)
    summary = chorus.train.run(None, recipe=recipe, shards=shards, out=out, resume=True, device="cpu", quiet=True)
    assert [p.from_step for p in summary.phases] == [6, 6]
    assert "was finished already" in summary.table()
    assert {p: p.read_bytes() for p in out.glob("*.safetensors")} == before
    (out / "finetune" / "step-00000009").mkdir()
    told = chorus.train.run(None, recipe=recipe, shards=shards, out=out, resume=True, device="cpu", quiet=True).table()
    assert "finetune: passed over step-00000009, which cannot be read whole" in told


def test_a_run_is_finished_when_its_detector_is_written(finished: Path, shards: Path, tmp_path: Path) -> None:
    """Killed after the last step but before the export: resuming chooses the same decoding and writes the same."""
    out = tmp_path / "run"
    shutil.copytree(finished, out)
    for name in ("detector.safetensors", "model.json", "model_card.md", "report.html"):
        (out / name).unlink()
    recipe = str(write_recipe(tmp_path))
    summary = chorus.train.run(None, recipe=recipe, shards=shards, out=out, resume=True, device="cpu", quiet=True)
    assert [p.from_step for p in summary.phases] == [6, 6]
    for name in ("detector.safetensors", "model.json"):
        assert (out / name).read_bytes() == (finished / name).read_bytes()
    assert (out / "report.html").exists()


def whole_run(recipe: str, shards: Path, out: Path, threads: int, stepped: Path) -> None:
    """A run in a process of its own, slow enough to be stopped in the middle; leaves with 3 when it was asked to."""
    torch.set_num_threads(threads)
    learn = Trainer.learn

    def slowly(*args: Any) -> torch.Tensor:
        time.sleep(0.15)
        learned = learn(*args)
        stepped.touch()
        return learned

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "learn", slowly)
        for name in ("draw_curves", "draw_reconstruction"):
            patch.setattr(log, name, lambda *args: None)
        stopped = chorus.train.run(None, recipe=recipe, shards=shards, out=out, resume=True, device="cpu", quiet=True)
    sys.exit(3 if stopped.interrupted else 0)


def test_killed_and_resumed_is_the_same_to_the_bit(finished: Path, shards: Path, tmp_path: Path) -> None:
    """SIGTERM in the middle of a phase, SIGKILL after it, then on: the same weights as the run that was not stopped."""
    out, stepped = tmp_path / "run", tmp_path / "stepped"
    command = (whole_run, str(write_recipe(tmp_path)), shards, out, torch.get_num_threads(), stepped)
    child = fresh(*command)
    wait_for(stepped, child)
    child.terminate()
    child.join(60)
    assert child.exitcode == 3
    stopped = checkpoint.newest(out / "pretrain")
    assert stopped is not None
    assert 0 < checkpoint.read_facts(stopped)["position"]["step"] < 6
    child = fresh(*command)
    wait_for(out / "encoder.safetensors", child)
    child.kill()
    child.join()
    assert not (out / "detector.safetensors").exists()
    child = fresh(*command)
    child.join(120)
    assert child.exitcode == 0
    for name in ("encoder.safetensors", "detector.safetensors"):
        ours, theirs = load_file(out / name), load_file(finished / name)
        assert all(torch.equal(ours[k], theirs[k]) for k in theirs), name
    assert read_card(out)["decoding"] == read_card(finished)["decoding"]
    assert not list(out.rglob("*.part"))


def wait_for(path: Path, child: BaseProcess) -> None:
    """Until `path` is there; fails when the child ends before."""
    while not path.exists():
        assert child.is_alive(), "the run ended before it could be stopped"
        time.sleep(0.01)


def test_a_detector_from_scratch_is_not_taken_for_one_from_an_encoder(shards: Path, tmp_path: Path) -> None:
    options = {"recipe": str(write_recipe(tmp_path)), "shards": shards, "out": tmp_path / "run", "device": "cpu"}
    assert not chorus.train.run("finetune", quiet=True, **options).pretrained
    chorus.train.run("pretrain", quiet=True, **options)
    with pytest.raises(ChorusError, match="another recipe, seed or shard set, or start"):
        chorus.train.run("finetune", quiet=True, resume=True, **options)
    assert not read_card(tmp_path / "run")["pretrained"]


def test_other_runs_and_half_runs_are_refused(finished: Path, shards: Path, tmp_path: Path) -> None:
    options = {"out": finished, "resume": True, "device": "cpu", "quiet": True}
    recipe = write_recipe(tmp_path)
    with pytest.raises(ChorusError, match="another recipe, seed or shard set"):
        chorus.train.run(None, recipe=str(recipe), shards=shards, seed=1, **options)
    other = write_shards(tmp_path / "other", clips=1)
    with pytest.raises(ChorusError, match="holds a run on another shard set"):
        chorus.train.run(None, recipe=str(recipe), shards=other, **options)
    half = tmp_path / "half"
    checkpoint.save(half / "pretrain", 3, {}, {"position": {"step": 3, "progress": 0.5}}, World())
    with pytest.raises(ChorusError, match=r"pretraining in .* is not finished"):
        chorus.train.run("finetune", recipe=str(recipe), shards=shards, out=half, device="cpu", quiet=True)
    with pytest.raises(ChorusError, match=r"holds an unfinished \(step 3\) pretrain run"):
        chorus.train.run("pretrain", recipe=str(recipe), shards=shards, out=half, device="cpu", quiet=True)


def test_two_processes_do_not_train_one_run(finished: Path, shards: Path, tmp_path: Path) -> None:
    held = os.open(finished, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    options = {"recipe": str(write_recipe(tmp_path)), "shards": shards, "device": "cpu", "quiet": True, "resume": True}
    try:
        with pytest.raises(ChorusError, match="another process is training this run"):
            chorus.train.run(None, out=finished, **options)
    finally:
        os.close(held)
    assert [p.from_step for p in chorus.train.run(None, out=finished, **options).phases] == [6, 6]


def test_one_phase_at_a_time(shards: Path, tmp_path: Path) -> None:
    recipe, out = str(write_recipe(tmp_path)), tmp_path / "run"
    first = chorus.train.run("pretrain", recipe=recipe, shards=shards, out=out, device="cpu", quiet=True)
    assert [p.phase for p in first.phases] == ["pretrain"]
    with pytest.raises(ChorusError, match="holds a pretrained encoder but no detector"):
        load_predictor(out)
    second = chorus.train.run("finetune", recipe=recipe, shards=shards, out=out, device="cpu", quiet=True)
    assert second.pretrained
    scratch = chorus.train.run("finetune", recipe=recipe, shards=shards, out=tmp_path / "b", device="cpu", quiet=True)
    assert not scratch.pretrained
    assert "from scratch" in scratch.table()


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has pretrained on clips of a higher rate."""

    def make(folder: Path) -> None:
        pool = write_shards(folder / "pool", (96_000,), clips=2)
        recipe = str(write_recipe(folder))
        chorus.train.run("pretrain", recipe=recipe, shards=pool, out=folder / "run", device="cpu", quiet=True)

    return once(tmp_path_factory, "job-pretrained", make) / "run"


def test_fine_tuning_starts_from_another_run_and_goes_over_its_clips(
    pretrained: Path, shards: Path, tmp_path: Path
) -> None:
    recipe = str(write_recipe(tmp_path))
    options = {"recipe": recipe, "shards": shards, "device": "cpu", "quiet": True, "pretrained": pretrained}
    whole = chorus.train.run("finetune", out=tmp_path / "a", **options)
    assert whole.pretrained
    assert "hardly a label near 96,000 Hz: there it marks what stands out" in whole.table()
    card = read_card(tmp_path / "a")
    assert card["rehearsal"] == {"clips": 4, "sample_rates": [96_000]}
    assert "hardly a label near 96,000 Hz" in (tmp_path / "a" / "model_card.md").read_text()
    assert (tmp_path / "a" / "encoder.safetensors").read_bytes() == (pretrained / "encoder.safetensors").read_bytes()
    alone = chorus.train.run("finetune", out=tmp_path / "b", **{**options, "pretrained": None})
    assert not alone.pretrained
    assert "rehearsal" not in read_card(tmp_path / "b")
    assert not alone.notes
    half = tmp_path / "half"
    shutil.copytree(tmp_path / "a", half)
    for name in ("detector.safetensors", "finetune"):
        (shutil.rmtree if (half / name).is_dir() else os.unlink)(half / name)
    again = chorus.train.run("finetune", out=half, resume=True, **{**options, "pretrained": None})
    assert again.pretrained
    assert again.phases[0].from_step == 0
    assert (half / "detector.safetensors").read_bytes() == (tmp_path / "a" / "detector.safetensors").read_bytes()


@pytest.fixture(scope="module")
def taught(pretrained: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunSummary, dict[str, Any]]:
    """A run on few labels from that encoder, its summary, and what it was asked."""

    def make(folder: Path) -> None:
        few = write_shards(folder / "few", (96_000,), clips=3, counted=True)
        asked = {"recipe": str(write_recipe(folder)), "shards": few, "device": "cpu", "quiet": True}
        summary = chorus.train.run("finetune", out=folder / "a", pretrained=pretrained, **asked)
        (folder / "told.pickle").write_bytes(pickle.dumps((summary, asked)))

    folder = once(tmp_path_factory, "job-taught", make)
    summary, asked = pickle.loads((folder / "told.pickle").read_bytes())
    return folder / "a", summary, asked


def test_few_labels_have_a_teacher_first(taught: tuple[Path, RunSummary, dict[str, Any]]) -> None:
    run, whole, _ = taught
    assert [(p.phase, p.steps) for p in whole.phases] == [("teach", 6), ("finetune", 18)]
    said = "few labels near 96,000 Hz: a first detector learned from them, and marked 4 clips without for this one"
    assert said in whole.table()
    card, first = read_card(run), json.loads((run / "teacher.json").read_text())
    assert card["student"] == {"clips": 4, "sample_rates": [96_000]}
    for one in (card, first):
        assert one["decoding_tuned_on"]["unlabelled_clips"] == 4
    theirs = {name: first["decoding"][name] for name in ("split", "edge", "gap", "shortest", "overlap")}
    assert card["decoding"].items() >= theirs.items()
    assert "its thresholds also on 4 clips without labels" in (run / "model_card.md").read_text()
    assert card["teach"]["steps"] == first["teach"]["steps"] == 6
    assert "student" not in first
    assert (first["pretrained"], card["pretrained"]) == (False, True)
    text = (run / "model_card.md").read_text()
    assert said in text
    assert "- teach: 6 steps" in text
    assert "<h2>teach</h2>" in (run / "report.html").read_text()
    assert load_predictor(run).decodings.to_dict() == card["decoding"]


def test_a_run_whose_pool_is_gone_says_why_it_cannot_go_on(
    taught: tuple[Path, RunSummary, dict[str, Any]], tmp_path: Path
) -> None:
    run, _, asked = taught
    moved = tmp_path / "moved"
    shutil.copytree(run, moved)
    origin = json.loads((moved / "pretrained.json").read_text())
    (moved / "pretrained.json").write_text(json.dumps(origin | {"shards": str(tmp_path / "gone")}))
    with pytest.raises(ChorusError, match=r"cannot go on; the clips of the pretraining are no longer at .*gone"):
        chorus.train.run("finetune", out=moved, resume=True, **{**asked, "pretrained": None})


def test_the_first_process_says_which_pool_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot open it would train without it, and all would wait for each other for ever."""
    told = Pool(None, ["the first says so"])
    monkeypatch.setattr(World, "told", lambda world, value: value if world.first else told)
    job = object.__new__(Job)
    job.beside = Beside()
    job.out, job.world, job.summary = tmp_path, World(rank=1, size=2), RunSummary(tmp_path, "nano", "cpu", {})
    job.find_pool()
    assert job.pool_notes == told.notes


@pytest.mark.parametrize("killed", ["finetune", "teach"])
def test_a_run_with_a_teacher_goes_on_where_it_was_killed(
    taught: tuple[Path, RunSummary, dict[str, Any]], tmp_path: Path, killed: str
) -> None:
    run, _, asked = taught
    half = tmp_path / "half"
    shutil.copytree(run, half)
    gone = ["detector.safetensors", "finetune", *(["teacher.safetensors", "teach"] if killed == "teach" else [])]
    for name in gone:
        (shutil.rmtree if (half / name).is_dir() else os.unlink)(half / name)
    again = chorus.train.run("finetune", out=half, resume=True, **asked)
    assert [p.from_step for p in again.phases] == ([0, 0] if killed == "teach" else [6, 0])
    assert (half / "detector.safetensors").read_bytes() == (run / "detector.safetensors").read_bytes()


def test_clips_of_the_pretraining_that_are_gone_are_told(pretrained: Path, shards: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(pretrained, other)
    facts = json.loads((other / "run.json").read_text())
    (other / "run.json").write_text(json.dumps(facts | {"shards": str(tmp_path / "gone")}))
    options = {"recipe": str(write_recipe(tmp_path)), "shards": shards, "device": "cpu", "quiet": True}
    summary = chorus.train.run("finetune", out=tmp_path / "a", pretrained=other, **options)
    assert summary.pretrained
    assert f"no longer at {tmp_path / 'gone'}: fine-tuned without them" in summary.table()


def test_encoders_that_cannot_be_started_from_are_refused(
    pretrained: Path, finished: Path, shards: Path, tmp_path: Path
) -> None:
    options = {"shards": shards, "device": "cpu", "quiet": True}
    recipe = str(write_recipe(tmp_path))
    with pytest.raises(ChorusError, match="chorus train finetune --pretrained RUN"):
        chorus.train.run(None, recipe=recipe, out=tmp_path / "a", pretrained=pretrained, **options)
    with pytest.raises(ChorusError, match="holds no pretrained encoder"):
        chorus.train.run("finetune", recipe=recipe, out=tmp_path / "a", pretrained=tmp_path, **options)
    assert not (tmp_path / "a").exists(), "nothing that --resume would take for a run"
    with pytest.raises(ChorusError, match="its encoder is not that of recipe nano; it was pretrained with recipe test"):
        nano = tmp_path / "nano.toml"
        nano.write_text((Path(chorus.train.__file__).parent / "recipes" / "nano.toml").read_text())
        nano.write_text(nano.read_text().replace("bins = 64", "bins = 32"))
        chorus.train.run("finetune", recipe=str(nano), out=tmp_path / "b", pretrained=pretrained, **options)
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    with pytest.raises(ChorusError, match="holds another encoder already"):
        chorus.train.run("finetune", recipe=recipe, out=copy, resume=True, pretrained=pretrained, **options)


def test_bad_clips_are_counted_and_a_set_of_nothing_else_is_an_error(shards: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    shutil.copytree(shards, folder)
    tar = folder / "train" / "shard-000000.tar"
    data = bytearray(tar.read_bytes())
    data[data.find(b"fLaC")] = 0
    tar.write_bytes(bytes(data))
    recipe = str(write_recipe(tmp_path))
    summary = chorus.train.run("finetune", recipe=recipe, shards=folder, out=tmp_path / "a", device="cpu", quiet=True)
    assert len(summary.bad_clips) == 1
    assert "1 clip could not be read and was left out" in summary.table()
    for tar in (folder / "train").glob("*.tar"):
        tar.write_bytes(tar.read_bytes().replace(b"fLaC", b"oops"))
    with pytest.raises(ChorusError, match="no clip could be read"):
        chorus.train.run("finetune", recipe=recipe, shards=folder, out=tmp_path / "b", device="cpu", quiet=True)


def test_an_error_in_a_step_is_not_told_as_one_of_the_clips(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(Trainer, "learn", failing)
    recipe = str(write_recipe(tmp_path))
    with pytest.raises(ValueError, match=r"^a bug$"):
        chorus.train.run("pretrain", recipe=recipe, shards=shards, out=tmp_path / "a", device="cpu", quiet=True)


def test_accumulation_is_shared_by_the_processes(shards: Path) -> None:
    """A step is cut into the recipe's pieces in all, not in each process."""
    recipe = load_recipe("nano")
    config = recipe.pretrain.model_copy(update={"accumulate": 8})
    front_end = build_front_end(recipe)

    def pieces(processes: int) -> int:
        source = ShardSet(Manifest.open(shards), recipe, front_end, 0, World(rank=0, size=processes))
        return source.training(config).accumulate

    assert [pieces(n) for n in (1, 2, 3, 8, 16)] == [8, 4, 3, 1, 1]


def test_wrong_places_are_named(shards: Path, tmp_path: Path) -> None:
    recipe = str(write_recipe(tmp_path))
    with pytest.raises(ChorusError, match=r"holds no manifest\.json"):
        chorus.train.run(None, recipe=recipe, shards=tmp_path, out=tmp_path / "a", device="cpu")
    with pytest.raises(ChorusError, match="device 'moon' is not at hand"):
        chorus.train.run(None, recipe=recipe, shards=shards, out=tmp_path / "a", device="moon")
    with pytest.raises(ChorusError, match=r"holds no model\.json"):
        load_predictor(tmp_path)


def test_a_set_without_calls_is_refused_before_anything_is_trained(shards: Path, tmp_path: Path) -> None:
    """One of a Chorus that did not count them is taken (the other tests')."""
    manifest = json.loads((shards / "manifest.json").read_text())
    for shard in manifest["splits"]["train"]["shards"]:
        shard["strong_calls"] = {"8000": 0}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    for phase in (None, "finetune"):
        with pytest.raises(ChorusError, match="no call with marked times in its train split"):
            chorus.train.run(phase, recipe="nano", shards=tmp_path, out=tmp_path / "a", device="cpu", quiet=True)
        assert not any(tmp_path.glob("a/*/step-*"))
