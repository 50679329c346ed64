"""The core of training runs where only PyTorch is installed."""

from __future__ import annotations

import subprocess
import sys

CORE = ("frontend", "vit", "mae", "detector", "losses", "augment", "optim", "checkpoint", "loop")

SCRIPT = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ImportError(name + " is not on a bare PyTorch image")

sys.meta_path.insert(0, Refuse())
import importlib
for name in {core}:
    importlib.import_module("chorus.train." + name)
"""
BLOCKED = (
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


def test_the_core_imports_torch_and_the_standard_library_only() -> None:
    script = SCRIPT.format(blocked=set(BLOCKED), core=CORE)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_public_names_load_late() -> None:
    script = "import sys, chorus.train; assert 'torch' not in sys.modules; assert callable(chorus.train.run)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
