"""The folder of a run: who holds it, and what was asked for.

<run>/run.json        recipe, seed, place of the shard set, launch of torchrun, phase and pretrained encoder
      manifest.json   the shard set's manifest
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chorus._version import __version__
from chorus.atomic import alone, remove_parts, write_bytes
from chorus.errors import ChorusError, ReadError
from chorus.shards.read import Manifest
from chorus.shards.read.remote import is_remote
from chorus.train import distributed, export, log
from chorus.train.config import STAGES, Phase, Recipe, check_recipe

START = "run.json"


@dataclass(frozen=True)
class Asked:
    """What a run was asked for, beside its recipe, seed and shard set: a phase (None: both), and whose encoder it
    starts from."""

    phase: Phase | None = None
    pretrained: str | None = None

    @classmethod
    def of(cls, phase: Phase | None, pretrained: Path | None) -> Asked:
        """As other working folders know it too."""
        return cls(phase, str(pretrained.absolute()) if pretrained else None)


def check_folder(out: Path, manifest: Manifest) -> None:
    """Refuse a folder whose checkpoints belong to another shard set: its manifest must not be replaced."""
    held = any(any((out / stage).glob("step-*")) for stage in STAGES)
    if held and (out / "manifest.json").exists() and Manifest.open(out).digest != manifest.digest:
        raise ChorusError(f"{out} holds a run on another shard set: choose another --out")


def restarted(out: Path) -> bool:
    """Whether torchrun has started this run before, in the same launch."""
    path, name = out / START, distributed.launch_name()
    before = json.loads(path.read_text(encoding="utf-8")).get("launch") if name and path.exists() else None
    return distributed.restarted() or (name is not None and before == name)


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Hold the folder of a run, without what killed processes left. Raises ChorusError where another process trains
    into it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(alone(out, wait=False))
        except BlockingIOError:
            raise ChorusError(f"{out}: another process is training this run") from None
        for folder in (out, out / log.FOLDER):
            remove_parts(folder)
        yield


def write_start(out: Path, recipe: Recipe, manifest: Manifest, seed: int, asked: Asked) -> None:
    """Write what is trained: see `asked_before`."""
    write_bytes(out / "manifest.json", manifest.raw)
    start = {
        "format": "chorus-run",
        "chorus": __version__,
        "recipe": recipe.model_dump(mode="json"),
        "seed": seed,
        "manifest_sha256": manifest.digest,
        "shards": _whole_place(manifest.place),
        "launch": distributed.launch_name(),
        "asked": asdict(asked),
    }
    write_bytes(out / START, (json.dumps(start, indent=2) + "\n").encode())


def asked_before(run: Path) -> dict[str, Any]:
    """The arguments of `chorus.train.run` that a run folder was started with; none where it holds no run.

    Its encoder is copied already, unless it was stopped before. Raises ReadError for a run.json that is damaged.
    """
    path = run / START
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        asked = Asked(**content.get("asked", {}))
        given = {"shards": content.get("shards"), "seed": content["seed"], "phase": asked.phase}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReadError(f"no start of a run that can be read ({error})", str(path)) from None
    adopted = asked.pretrained is None or (run / export.ENCODER).exists()
    given["pretrained"] = None if adopted else Path(asked.pretrained or "")
    return {"recipe": check_recipe(content["recipe"], str(path)), **given}


def _whole_place(place: str) -> str:
    """A shard set's place, as other working folders know it too."""
    return place if is_remote(place) else str(Path(place).absolute())


def shards_of(run: Path) -> str | None:
    """Where the shard set of a run lay."""
    content: dict[str, str] = json.loads((run / START).read_text(encoding="utf-8"))
    return content.get("shards")
