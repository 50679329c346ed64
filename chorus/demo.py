"""The whole job on a bare machine: `make demo`, or `python -m chorus.demo [--home DIR]`.

synth -> ingest -> query -> shard --augment -> train nano -> evaluate on held-out recordings -> annotate -> pictures,
each step the very command a person would type. Run again it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from pathlib import Path

from chorus import cli

BY_FAMILY = (
    "SELECT label, count(*) AS calls, round(avg(snr_db), 1) AS mean_snr_db "
    "FROM calls GROUP BY label ORDER BY calls DESC"
)
HELD_OUT = "source='synth' AND split='test'"


def main() -> None:
    """Run every step; stops with its exit code at the first that fails."""
    parser = argparse.ArgumentParser(description="Chorus end to end on synthetic soundscapes.")
    parser.add_argument("--home", default="demo", help="workspace to use (default: ./demo)")
    parser.add_argument("--hours", type=float, default=0.6, help="hours of sound to make (default: 0.6)")
    options = parser.parse_args()
    home = Path(options.home)
    started = time.monotonic()
    for title, command in steps(options.hours):
        step(title, command, home)
    annotated = home / "annotated"
    recordings = held_out_recordings(home, 4)
    step(
        "Let the model annotate recordings it has not seen, and draw them",
        ["annotate", *map(str, recordings), "--out", str(annotated), "--picture"],
        home,
    )
    pictures = sorted([*annotated.rglob("*.png"), *(home / "runs").rglob("*.png")])
    print(f"\nDone in {time.monotonic() - started:.0f} s. Pictures to look at:")
    for picture in pictures:
        print(f"  {picture}")
    print(f"Selection tables for Raven lie in {annotated}")


def steps(hours: float) -> list[tuple[str, list[str]]]:
    """Title and arguments of each command up to the trained and measured model."""
    return [
        (
            "Make synthetic soundscapes with exact truth, and read them like any dataset",
            ["ingest", "synth", "--hours", f"{hours:g}"],
        ),
        (
            "Ask what is there",
            [
                "query",
                BY_FAMILY,
                "--format",
                "table",
            ],
        ),
        (
            "Cut clips, split them without leaks, augment, write shards",
            ["shard", "--where", "source='synth'", "--augment"],
        ),
        ("Pre-train a masked autoencoder, then fine-tune the detector", ["train", "--recipe", "nano"]),
        (
            "Measure it on held-out recordings, calls at 6 dB and above",
            ["evaluate", "--where", f"{HELD_OUT} AND snr_db >= 6"],
        ),
        ("The same at all levels, faint calls included", ["evaluate", "--where", HELD_OUT]),
    ]


def step(title: str, arguments: list[str], home: Path) -> None:
    """Print a command, run it, print how long it took."""
    print(f"\n== {title}\n$ chorus {shlex.join(arguments)}", flush=True)
    started = time.monotonic()
    code = cli.run([*arguments, "--home", str(home)])
    if code:
        sys.exit(code)
    print(f"   {time.monotonic() - started:.1f} s", flush=True)


def held_out_recordings(home: Path, count: int) -> list[Path]:
    """Sound files of the held-out part with the most calls, one per sample rate first."""
    from chorus.lake import Lake
    from chorus.workspace import Workspace

    rows = Lake(Workspace.at(home).lake).query(
        "SELECT any_value(s.root || '/' || r.path) AS path FROM recordings r JOIN sources s ON s.id = r.source "
        "JOIN calls c USING (recording_id) WHERE r.source = 'synth' AND r.split = 'test' "
        "GROUP BY r.recording_id, r.sample_rate "
        "ORDER BY row_number() OVER (PARTITION BY r.sample_rate ORDER BY count(*) DESC, r.recording_id), r.sample_rate "
        f"LIMIT {count}"
    )
    return [Path(row["path"]) for row in rows.rows()]


if __name__ == "__main__":
    main()
