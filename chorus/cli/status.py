"""`chorus status`: what is done, and what is left after a crash."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.cli.options import Debug, Home, Json

if TYPE_CHECKING:
    from chorus.workspace import Workspace


def status(home: Home = None, json: Json = False, debug: Debug = False) -> None:
    """Show what the workspace holds, stage by stage, and what was interrupted and how to go on."""
    from chorus.workspace import Workspace

    workspace = Workspace.at(home)
    rows = [*sources(workspace), *shard_sets(workspace), *runs(workspace)]
    if json:
        print(jsonlib.dumps({"home": str(workspace.home), "stages": rows}, indent=1))
        return
    from chorus.cli.table import render

    print(f"workspace {workspace.home}")
    if not rows:
        print("nothing yet: chorus ingest SOURCE --root DIR")
        return
    names = ["stage", "name", "state", "detail", "next"]
    print(render(names, [[row[name] for name in names] for row in rows]))


def _row(stage: str, name: str, state: str, detail: str, next_step: str = "") -> dict[str, Any]:
    return {"stage": stage, "name": name, "state": state, "detail": detail, "next": next_step}


def sources(workspace: Workspace) -> list[dict[str, Any]]:
    """Ingested sources, and ingests that were cut off."""
    from chorus.lake.layout import Layout

    layout = Layout(workspace.lake)
    layout.check_version()
    base = layout.root / ".versions"
    rows = []
    for folder in sorted(base.glob("source=*")) if base.is_dir() else []:
        source = folder.name.removeprefix("source=")
        report = layout.report(source)
        if report:
            detail = f"{report['recordings']:,} recordings, {report['calls']:,} calls, {report['ingested_at']}"
            rows.append(_row("ingest", source, "done", detail))
        if layout.leftovers(source):
            note = "an ingest did not finish; what was there before is untouched"
            rows.append(_row("ingest", source, "interrupted", note, f"chorus ingest {source}"))
    return rows


def shard_sets(workspace: Workspace) -> list[dict[str, Any]]:
    """Shard sets, finished or not."""
    rows = []
    for folder in _folders(workspace.shards):
        manifest = _json(folder / "manifest.json")
        done = len(list(folder.glob("*/shard-*.json")))
        if manifest:
            clips = sum(part.get("samples", 0) for part in manifest.get("splits", {}).values())
            rows.append(_row("shard", folder.name, "done", f"{done:,} shards, {clips:,} clips"))
        else:
            rows.append(
                _row("shard", folder.name, "interrupted", f"{done:,} shards written", "the same chorus shard again")
            )
    return rows


def runs(workspace: Workspace) -> list[dict[str, Any]]:
    """Training runs, finished or not."""
    rows = []
    for folder in _folders(workspace.runs):
        if (folder / "detector.safetensors").exists():
            rows.append(_row("train", folder.name, "done", "detector exported"))
        else:
            phases = sorted(p.parent.name for p in folder.glob("*/checkpoint.pt"))
            detail = f"checkpoints: {', '.join(phases)}" if phases else "no checkpoint yet"
            rows.append(_row("train", folder.name, "interrupted", detail, f"chorus train --resume --out {folder}"))
    return rows


def _folders(parent: Path) -> list[Path]:
    return sorted(p for p in parent.iterdir() if p.is_dir() and not p.name.startswith(".")) if parent.is_dir() else []


def _json(path: Path) -> dict[str, Any] | None:
    try:
        value: dict[str, Any] = jsonlib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value
