"""README.md of a shard set: what it is, how it was made, what it must not be taken for, and how to read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: Species and reasons that the datasheet lists; manifest.json has all.
SHOWN = 20


def datasheet(content: Mapping[str, Any], sources: list[dict[str, Any]]) -> str:
    """Markdown made of the manifest's facts. Nothing in it depends on the time or the machine."""
    parts = (_head(content), _splits(content), _made(content), _balance(content), _licences(content, sources))
    lines = [line for part in (*parts, _limits(content, sources), _reading(content)) for line in (*part, "")]
    return "\n".join(lines)


def _head(content: Mapping[str, Any]) -> Iterator[str]:
    clips = sum(split["samples"] for split in content["splits"].values())
    hours = sum(split["hours"] for split in content["splits"].values())
    yield "# Shard set"
    yield ""
    yield (
        f"{clips:,} clips, {hours:,.2f} h of sound from {len(content['sources'])} data sets, for training and testing "
        "models of animal sound."
    )
    yield "Each clip is a FLAC file with one channel and a JSON file with its recording, its split and its events, in"
    yield "WebDataset tars. `manifest.json` has all numbers below and more, `plan.parquet` the place of each clip."


def _splits(content: Mapping[str, Any]) -> Iterator[str]:
    yield "## Splits"
    yield ""
    yield "| split | clips | hours | shards | recordings |"
    yield "|---|---:|---:|---:|---:|"
    for name, split in content["splits"].items():
        numbers = f"{split['samples']:,} | {split['hours']:,.2f} | {len(split['shards']):,}"
        yield f"| {name} | {numbers} | {len(split['recordings']):,} |"
    yield ""
    yield "No group of recordings is in two splits. `chorus shard --audit` of this folder checks it. By source:"
    yield ""
    for source, found in content["grouping"].items():
        groups = ", ".join(f"{count:,} by {kind}" for kind, count in found["groups"].items())
        released = found["recordings_with_released_split"]
        yield f"- {source}: groups {groups}" + (f"; {released:,} recordings with a released split" if released else "")


def _made(content: Mapping[str, Any]) -> Iterator[str]:
    from chorus.shards.manifest import changes

    settings = content["settings"]
    asked = f" for the calls `{content['query']}`" if content["query"] else ""
    over = "over whole recordings, calls or not" if settings["unlabelled"] else "around calls, and some free of calls"
    yield "## How it was made"
    yield ""
    yield f"`chorus shard` cut windows {over}{asked}. Sound: {changes(content)}."
    yield f"Seed {content['seed']}: the same lake and settings give the same bytes."
    lost = content["resampled"]
    if lost["clips"]:
        yield ""
        yield (
            f"Resampling changed {lost['clips']:,} clips ({lost['hours']:,.2f} h), {lost['to_lower_rates']:,} of them "
            f"to lower rates. There {lost['events_lost']:,} events above half of the new rate were lost, "
            f"{lost['events_cut']:,} reach above it, and of {lost['events_of_unknown_band']:,} the band is not known."
        )


def _balance(content: Mapping[str, Any]) -> Iterator[str]:
    found = content["balance"]
    before, after = found["before"], found["after"]
    yield "## Balance of the training clips"
    yield ""
    yield f"By: {found['by']}. Clips as they are, augmented copies not counted; before and after balancing."
    yield ""
    yield "| | clips before | clips after | events after |"
    yield "|---|---:|---:|---:|"
    none = {"clips": 0, "events": 0}
    for kind in ("sources", "species"):
        names = sorted(before[kind], key=lambda name: (-before[kind][name]["clips"], name))
        for name in names[:SHOWN]:
            now = after[kind].get(name, none)
            yield f"| {_cell(name)} | {before[kind][name]['clips']:,} | {now['clips']:,} | {now['events']:,} |"
        if len(names) > SHOWN:
            yield f"| {len(names) - SHOWN:,} more {kind} (manifest.json) | | | |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _licences(content: Mapping[str, Any], sources: list[dict[str, Any]]) -> Iterator[str]:
    yield "## Sources and licences"
    yield ""
    yield "Cite them as ATTRIBUTION.md says."
    yield ""
    for row in sources:
        if row["id"] in content["sources"]:
            yield f"- {row['title']} (`{row['id']}`): {content['sources'][row['id']]:,} clips, {row['licence']}"


def _limits(content: Mapping[str, Any], sources: list[dict[str, Any]]) -> Iterator[str]:
    settings = content["settings"]
    yield "## Known limits"
    yield ""
    yield "- Labels are those of the releases; an event with `strength: weak` lies somewhere inside its times, one with"
    yield "  `presence: absent` was ruled out. Outside its events a clip is known to be empty if `annotated` is full."
    yield "- Splits share no recording, but where a source has too few sites or individuals they may share these; the"
    yield "  audit names them."
    if settings["include_held_out"]:
        yield "- Held-out sources were included: results on them tell nothing about models trained with this set."
    if settings["clip_steps"] is None and not settings["sample_rate"]:
        yield "- Clips of different sample rates have different numbers of samples; shards hold one rate each."
    for entry in sorted(content["refused"], key=lambda entry: -entry["count"])[:SHOWN]:
        yield f"- Left out: {entry['count']:,} {entry['unit']}: {entry['reason']}"
    held = [row["id"] for row in sources if row["role"] == "held_out" and row["id"] not in content["sources"]]
    if held:
        yield f"- Kept for evaluation and not in here: {', '.join(held)}"


def _reading(content: Mapping[str, Any]) -> Iterator[str]:
    split = next(name for name, split in content["splits"].items() if split["shards"])
    last = len(content["splits"][split]["shards"]) - 1
    yield "## Reading"
    yield ""
    yield "```python"
    yield "import io, soundfile, webdataset"
    yield f'shards = "{split}/shard-{{000000..{last:06d}}}.tar"'
    yield "for sample in webdataset.WebDataset(shards, shardshuffle=False).decode():"
    yield '    sound, rate = soundfile.read(io.BytesIO(sample["flac"]))'
    yield '    events = sample["json"]["events"]'
    yield '    print(sample["__key__"], rate, len(sound), [event["species"] for event in events])'
    yield "```"
