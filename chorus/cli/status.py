"""`chorus status`: what is done, and what is left after a crash."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.cli.options import Debug, Home, Json
from chorus.telling import counted

if TYPE_CHECKING:
    from chorus.workspace import Workspace


def status(home: Home = None, json: Json = False, debug: Debug = False) -> None:
    """Show what the workspace holds, stage by stage, and what was interrupted and how to go on."""
    from chorus.workspace import Workspace

    workspace = Workspace.at(home)
    rows = [
        *downloads(workspace),
        *sources(workspace),
        *duplicates(workspace),
        *shard_sets(workspace),
        *runs(workspace),
    ]
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


def downloads(workspace: Workspace) -> list[dict[str, Any]]:
    """Downloads, finished or not, and what was put in their place by hand."""
    from chorus import adapters
    from chorus.download import Marker, state
    from chorus.errors import ChorusError

    rows = []
    for folder in _folders(workspace.downloads):
        source = folder.name
        if source in adapters.ids() and adapters.get(source).make:
            continue
        try:
            found, marker = state(folder), Marker.read(folder)
        except ChorusError as error:
            rows.append(_row("download", source, "damaged", str(error)))
            continue
        files = f"{len(marker.files):,} of {len(marker.wanted):,} files" if marker else f"files in {folder}"
        if found == "unfinished":
            rows.append(_row("download", source, "interrupted", files, f"chorus download {source}"))
        else:
            rows.append(_row("download", source, "done" if marker else "by hand", files))
    return rows


def sources(workspace: Workspace) -> list[dict[str, Any]]:
    """Ingested sources, the user's own among them, and ingests that were cut off."""
    from chorus import adapters
    from chorus.lake.layout import Layout

    layout = Layout(workspace.lake)
    layout.check_version()
    base = layout.root / ".versions"
    rows = []
    for folder in sorted(base.glob("source=*")) if base.is_dir() else []:
        source = folder.name.removeprefix("source=")
        own = source not in adapters.ids()
        report = layout.report(source)
        if report:
            of = "own data, " if own else ""
            held = f"{counted(report['recordings'], 'recording')}, {counted(report['calls'], 'call')}"
            detail = f"{of}{held}, {report['ingested_at']}"
            rows.append(_row("ingest", source, "done", detail))
        if layout.leftovers(source):
            note = "an ingest did not finish; what was there before is untouched"
            again = "the same chorus ingest --format again" if own else f"chorus ingest {source}"
            rows.append(_row("ingest", source, "interrupted", note, again))
    return rows


def duplicates(workspace: Workspace) -> list[dict[str, Any]]:
    """Whether recordings were compared since the last ingest: one row, none for an empty lake."""
    import datetime as dt

    from chorus.lake.layout import Layout
    from chorus.lake.query import DUPLICATES

    layout, table = Layout(workspace.lake), workspace.lake / DUPLICATES
    ingested = {source: (layout.report(source) or {}).get("ingested_at", "") for source in layout.sources()}
    if not ingested:
        return []
    if not table.exists():
        return [_row("duplicates", "", "not yet", "nobody has looked for copies of recordings", "chorus duplicates")]
    looked = dt.datetime.fromtimestamp(table.stat().st_mtime, dt.UTC).isoformat(timespec="seconds")
    newer = [source for source, at in ingested.items() if at > looked]
    if newer:
        return [_row("duplicates", "", "out of date", f"ingested since: {', '.join(newer)}", "chorus duplicates")]
    import pyarrow.parquet as pq

    copies = counted(pq.read_metadata(table).num_rows, "recording")
    return [_row("duplicates", "", "done", f"{copies} with a copy, {looked}")]


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
        asked = (_json(folder / "run.json") or {}).get("asked", {}).get("phase")
        if (folder / "detector.safetensors").exists():
            rows.append(_row("train", folder.name, "done", "detector exported"))
        elif (folder / "encoder.safetensors").exists() and asked == "pretrain":
            rows.append(_row("train", folder.name, "done", "encoder exported"))
        else:
            newest = {p.parent.name: p.name for p in sorted(folder.glob("*/step-????????"))}
            reached = [f"{phase} step {int(name.removeprefix('step-')):,}" for phase, name in newest.items()]
            detail = ", ".join(reached) or "no checkpoint yet"
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
