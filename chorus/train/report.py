"""The report of a run: one HTML page that needs nothing else, with its figures, curves, reconstructions and recipe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chorus.atomic import write_bytes
from chorus.overview.page import FOOT, HEAD, STYLE, definitions, escape, image, table
from chorus.train import card
from chorus.train.config import STAGES
from chorus.train.device import PEAKS

REPORT = "report.html"
NOTE = "MFU is the share of the device's dense bfloat16 peak, in TFLOP/s: "


def write_report(run: Path) -> None:
    """Write report.html from what lies in the run folder; pictures that are not there are left out."""
    start = json.loads((run / "run.json").read_text(encoding="utf-8"))
    body = "\n".join(sections(run, start))
    head = HEAD.replace("Chorus: what this lake holds", escape(f"Chorus: {start['recipe']['name']}, {run.name}"))
    write_bytes(run / REPORT, (head.replace("{style}", STYLE) + body + FOOT).encode())


def sections(run: Path, start: dict[str, Any]) -> Iterator[str]:
    """The parts of the page."""
    facts = card.held(run)
    yield f"<header>\n<h1>{escape(start['recipe']['name'])}</h1>\n<p>Chorus {escape(start['chorus'])}; run "
    yield f"{escape(run.name)}, seed {start['seed']}.</p>\n{tiles(facts)}</header>"
    for phase in STAGES:
        records = read_records(run / "logs" / f"{phase}.jsonl")
        if records:
            yield phase_section(phase, records, run)
    yield picture(run / "reconstruction.png", "Reconstruction", "What pretraining sees and fills in")
    yield data_section(facts)
    recipe = {name: json.dumps(part, indent=1) for name, part in start["recipe"].items() if name != "name"}
    yield f"<section>\n<h2>Recipe</h2>\n{definitions('Every setting', recipe)}\n</section>"


def tiles(facts: dict[str, Any]) -> str:
    """The few figures that matter most."""
    score = facts.get("valid_f1")
    shown = {name: f"{count:,}" for name, count in facts.get("parameters", {}).items()}
    cells = [(f"parameters, {name}", count) for name, count in shown.items()]
    cells += [("event F1, validation clips", f"{score:.3f}")] if score is not None else []
    return '<dl class="tiles">' + "".join(f"<div><dt>{escape(n)}</dt><dd>{v}</dd></div>" for n, v in cells) + "</dl>\n"


def phase_section(phase: str, records: list[dict[str, Any]], run: Path) -> str:
    """Figures of a phase at its start, in the middle and at its end, over its curves."""
    logged = [r for r in records if "loss" in r]
    looked = [r for r in records if r.get("valid_loss") is not None]
    rows = [row(record) for record in spread(logged)]
    heads = ["step", "loss", "gradient", "clips/s", "audio-s/s", "TFLOP/s", "MFU", "GB", "skipped"]
    valid = f"<p>Validation loss at the end: {looked[-1]['valid_loss']:.4f}.</p>\n" if looked else ""
    peaks = ", ".join(f"{name} {peak / 1e12:g}" for name, peak in PEAKS.items())
    note = f"<p>{NOTE}{peaks}.</p>\n" if any("mfu" in r for r in logged) else "<p>MFU: none, no peak is known.</p>\n"
    curves = picture(run / f"curves-{phase}.png", "", f"Curves of {phase}")
    return f"<section>\n<h2>{phase}</h2>\n{valid}{table(heads, rows)}\n{note}{curves}</section>"


def spread(records: list[dict[str, Any]], most: int = 6) -> list[dict[str, Any]]:
    """At most so many records, the first and the last among them."""
    last = len(records) - 1
    chosen = sorted({round(last * i / (most - 1)) for i in range(most)})
    return [records[i] for i in chosen]


def row(record: dict[str, Any]) -> list[str]:
    """A record as a line of the table."""
    mfu = f"{100 * record['mfu']:.1f} %" if "mfu" in record else "-"
    loss, norm = (f"{record[k]:.4f}" if record[k] is not None else "not finite" for k in ("loss", "gradient_norm"))
    speeds = [f"{record[k]:,.1f}" for k in ("clips_per_s", "audio_s_per_s")] + [f"{record['tflop_per_s']:.3g}"]
    return [
        f"{record['step']:,.0f}",
        loss,
        norm,
        *speeds,
        mfu,
        f"{record['memory_gb']:.2f}",
        f"{record['skipped']:.0f}",
    ]


def data_section(facts: dict[str, Any]) -> str:
    """The splits of the shard set, and its licences."""
    if not facts:
        return ""
    rows = [
        [name, f"{s['samples']:,}", "" if s["hours"] is None else f"{s['hours']:.2f}", f"{s['recordings']:,}"]
        for name, s in facts["splits"].items()
    ]
    licences = {name: f"{count:,} clips" for name, count in facts.get("licences", {}).items()}
    digest = f"<p>Manifest SHA-256 {facts['manifest_sha256']}</p>\n"
    shown = table(["split", "clips", "hours", "recordings"], rows)
    return f"<section>\n<h2>Data</h2>\n{digest}{shown}\n{definitions('Licences', licences)}</section>"


def picture(path: Path, title: str, alt: str) -> str:
    """A PNG of the run folder, under its title; nothing where it is not there."""
    if not path.exists():
        return ""
    heading = f"<h2>{escape(title)}</h2>\n" if title else ""
    return f"{heading}<figure>{image(path.read_bytes(), alt)}</figure>\n"


def read_records(path: Path) -> list[dict[str, Any]]:
    """The records of a phase; none where it was not run. A last line that was cut by a kill is left out."""
    if not path.exists():
        return []
    found = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in found[:-1]]
