"""The core of training runs where only PyTorch is installed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import chorus.train

CORE = (
    *("grid", "device", "frontend", "vit", "mae", "reference", "bench", "detector", "losses", "augment"),
    *("distributed", "optim", "ema", "meter", "checkpoint", "loop"),
)

SCRIPT = """
import sys
from importlib.machinery import PathFinder

class Bare:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if name.partition(".")[0] in {blocked} else PathFinder.find_spec(name, path, target)

sys.meta_path = [f for f in sys.meta_path if f is not PathFinder] + [Bare]
import importlib
for name in {core}:
    importlib.import_module("chorus.train." + name)
"""
BLOCKED = (
    "numpy",
    "pydantic",
    "soundfile",
    "pyarrow",
    "duckdb",
    "librosa",
    "webdataset",
    "pandas",
    "scipy",
    "safetensors",
    "rich",
)


def on_a_bare_image(core: tuple[str, ...], then: str = "") -> str:
    """Import modules of chorus.train where nothing but torch can be imported, do `then`; what was printed."""
    script = SCRIPT.format(blocked=set(BLOCKED), core=core) + then
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_core_names_no_other_package() -> None:
    """Imports inside of functions included; torch itself uses numpy where it is there."""
    folder = Path(chorus.train.__file__).parent
    for name in CORE:
        tree = ast.walk(ast.parse((folder / f"{name}.py").read_text(encoding="utf-8")))
        found = [n for n in tree if isinstance(n, ast.Import | ast.ImportFrom)]
        asked = {a.name for n in found if isinstance(n, ast.Import) for a in n.names}
        asked |= {n.module or "" for n in found if isinstance(n, ast.ImportFrom)}
        roots = {module.partition(".")[0] for module in asked}
        assert roots <= {"torch", "chorus", *sys.stdlib_module_names}, name


def test_the_core_is_imported_and_the_benchmark_runs_on_a_bare_image() -> None:
    short = (
        "['--recipe', 'nano', '--steps', '1', '--warmup', '1', '--batch', '1', '--seconds', '0.4', '--device', 'cpu']"
    )
    said = on_a_bare_image(CORE, f"from chorus.train import bench; bench.main({short})")
    assert "clips/s" in said and "front end" in said and "peak memory" in said


def test_the_public_names_load_late() -> None:
    script = "import sys, chorus.train; assert 'run' in chorus.train.__all__ and 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
