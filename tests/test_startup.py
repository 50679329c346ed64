"""What commands do to begin sooner, in processes of their own: a module that is imported stays imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

AFTER = """
import sys
from chorus.startup import without_pandas
without_pandas()
import pyarrow
table = pyarrow.table({"a": pyarrow.array([1, 2])})
assert "pandas" not in sys.modules
"""


def test_arrow_does_without_pandas_until_it_is_asked_for() -> None:
    asked = 'assert table.to_pandas()["a"].tolist() == [1, 2] and "pandas" in sys.modules'
    subprocess.run([sys.executable, "-c", AFTER + asked], check=True)


def test_shards_are_planned_and_written_without_pandas(tmp_path: Path) -> None:
    """`chorus shard` begins a third of a second sooner."""
    script = """
import sys
from chorus.cli import run
home = sys.argv[1]
assert run(["ingest", "synth", "--home", home, "-q"]) in (0, None)
assert run(["shard", "--home", home, "--jobs", "1", "-q"]) in (0, None)
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True)
