"""The fourteen odd Raven tables: each ingested as one's own data, and what the lake then holds held against what a
person would read. `python -m benchmarks gauntlet` reads the folder that $CHORUS_GAUNTLET names (default:
../shared/gauntlet beside the project)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

Call = tuple[float, float, str | None, float | None, float | None]
FIRST: Call = (1.0, 2.0, "EATO", 500.5, 4000.5)
SECOND: Call = (3.0, 4.0, "NOCA", 500.5, 4000.5)
PLAIN = [FIRST, SECOND]

#: Table -> the calls that a person would read, and how often something odd is told: an issue, or a flag of a call.
EXPECTED: dict[str, tuple[list[Call], dict[str, int]]] = {
    "ok": (PLAIN, {}),
    "empty": ([], {}),
    "wave_and_spec": (PLAIN, {"repeated_view": 1}),
    "nofreq": ([(1.0, 2.0, "EATO", None, None), (3.0, 4.0, "NOCA", None, None)], {}),
    "blank_label": ([FIRST, (3.0, 4.0, None, 500.5, 4000.5)], {}),
    "NA_label": ([FIRST, (3.0, 4.0, "NA", 500.5, 4000.5)], {}),
    "latin1": ([FIRST, (3.0, 4.0, "Épervier", 500.5, 4000.5)], {"not_utf8": 1}),
    "bom": (PLAIN, {}),
    "crlf": (PLAIN, {}),
    "swap": ([FIRST], {"end_before_start": 1}),
    "point": ([FIRST, (3.0, 3.0, "NOCA", 500.5, 4000.5)], {"zero_length": 1}),
    "decimal_comma": (PLAIN, {"decimal_comma": 1}),
    "number_label": ([(1.0, 2.0, "1", 500.5, 4000.5), (3.0, 4.0, "2", 500.5, 4000.5)], {}),
    "trailing_blank": (PLAIN, {}),
}
#: The flag of a label without taxon says nothing of the table.
NOT_ODD = "unresolved_label"


def gauntlet() -> Path:
    """The folder of the tables; raises SystemExit with one line when it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "gauntlet"
    folder = Path(os.environ.get("CHORUS_GAUNTLET", default))
    if not folder.is_dir():
        raise SystemExit("no gauntlet here: name its folder in CHORUS_GAUNTLET")
    return folder


def held(folder: Path) -> dict[str, tuple[list[Call], dict[str, int], bool]]:
    """Table -> its calls in the lake, what is told of it, and whether it counts as reviewed whole."""
    from chorus.adapters import own
    from chorus.lake import Lake
    from chorus.lake.ingest import ingest
    from chorus.lake.layout import Layout

    mapping = "\n".join(["[recordings]", *(f'"{name}.txt" = "{name}.wav"' for name in EXPECTED)])
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "mapping.toml"
        file.write_text(mapping, encoding="utf-8")
        layout = Layout(Path(temporary) / "lake")
        ingest(layout, own.adapter("raven", "gauntlet", file), folder)
        lake = Lake(layout.root)
        calls = lake.query("1=1 ORDER BY start_s").rows()
        issues = lake.query("SELECT * FROM issues").rows()
        annotated = {row["path"]: row["annotated"] for row in lake.query("SELECT * FROM recordings").rows()}
    return {name: _of(name, calls, issues, annotated) for name in EXPECTED}


def _of(
    name: str, calls: list[dict[str, Any]], issues: list[dict[str, Any]], annotated: dict[str, str]
) -> tuple[list[Call], dict[str, int], bool]:
    mine = [row for row in calls if Path(row["origin_file"]).stem == name]
    told = [row["reason"] for row in issues if Path(row["origin_file"]).stem == name]
    told += [flag for row in mine for flag in row["flags"] if flag != NOT_ODD]
    found = [(row["start_s"], row["end_s"], row["label"], row["low_hz"], row["high_hz"]) for row in mine]
    reviewed = any(Path(path).stem == name and state == "full" for path, state in annotated.items())
    return found, {what: told.count(what) for what in told}, reviewed


def main() -> list[str]:
    """Read them; returns a line for each table and the sum."""
    found = held(gauntlet())
    lines = []
    passed = 0
    for name, (calls, told) in EXPECTED.items():
        good = found[name][:2] == (calls, told) and (bool(calls) or found[name][2])
        passed += good
        odd = ", ".join(f"{what} {n}" for what, n in found[name][1].items()) or "nothing odd"
        labels = ", ".join(repr(call[2]) for call in found[name][0]) or "no calls, reviewed"
        lines.append(f"{name:<15} {'pass' if good else 'FAIL'}  {labels}; {odd}")
    return [*lines, f"{passed} of {len(EXPECTED)} tables pass (best peer: 10)"]
