"""croissant.json: the shard set as Croissant 1.1 JSON-LD (mlcommons.org/croissant), for search engines and loaders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chorus.lake import licence

#: The terms of Croissant that the context names one by one.
TERMS = (
    *("arrayShape", "annotation", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract"),
    *("field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath"),
    *("key", "md5", "parentField", "path", "readLines", "recordSet", "references", "regex", "repeated", "replace"),
    *("samplingRate", "separator", "source", "subField", "transform", "unArchive", "value"),
)
SPECIFICATION = "http://mlcommons.org/croissant/1.1"
#: The terms of the specification, as its appendix recommends them.
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in TERMS},
}
#: Fields of a clip's JSON: name, type, path in it, what it is.
CLIP_FIELDS = (
    ("key", "sc:Text", "$.key", "Name of the clip, and of its pair of files in the tar"),
    ("split", "sc:Text", "$.split", "train, valid or test"),
    ("source", "sc:Text", "$.source", "Data set that the clip was cut from"),
    ("recording_id", "sc:Text", "$.recording_id", "Recording that the clip was cut from"),
    ("group", "sc:Text", "$.group", "Split group; no group is in two splits"),
    ("start_s", "sc:Float", "$.start_s", "Start in the recording, seconds"),
    ("duration_s", "sc:Float", "$.duration_s", "Length, seconds"),
    ("sample_rate", "sc:Integer", "$.sample_rate", "Samples per second"),
    ("licence", "sc:Text", "$.licence", "Licence of the recordings whose sound is in the clip"),
)
EVENT_FIELDS = (
    ("species", "sc:Text", "$.events[*].species", "Species of each event"),
    ("label", "sc:Text", "$.events[*].label", "Label of each event, as released"),
    ("event_start_s", "sc:Float", "$.events[*].start_s", "Start of each event in the clip, seconds"),
    ("event_end_s", "sc:Float", "$.events[*].end_s", "End of each event in the clip, seconds"),
    ("strength", "sc:Text", "$.events[*].strength", "strong: the times were marked; weak: somewhere inside them"),
)
RECORDING_FIELDS = ("recording_id", "source", "split", "group", "site", "session", "day", "licence")


def croissant(content: Mapping[str, Any], sources: list[dict[str, Any]], files: Mapping[str, str]) -> dict[str, Any]:
    """JSON-LD of a shard set: `content` is its manifest, `files` the SHA-256 of other files beside the shards.

    Nothing in it depends on the time or the machine; so it has no date of publication, which whoever publishes the set
    adds, with its address.
    """
    used = [row for row in sources if row["id"] in content["sources"]]
    tars = [shard for split in content["splits"].values() for shard in split["shards"]]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": SPECIFICATION,
        "name": f"chorus-shards-{content['seed']}",
        "description": description(content),
        "license": [licence.url(name) or name for name in content["licences"]],
        "citeAs": " ".join(row["citation"] for row in used),
        "creator": [{"@type": "sc:Organization", "name": row["title"]} for row in used],
        "keywords": ["bioacoustics", "WebDataset", *content["sources"]],
        "version": f"{content['version']}.0.0",
        "isLiveDataset": False,
        "distribution": [*(_tar(shard) for shard in tars), *_file_sets(tars), *_tables(files)],
        "recordSet": [_clips(), _sounds(), _recordings()],
    }


def description(content: Mapping[str, Any]) -> str:
    """One sentence on what the set holds."""
    clips = ", ".join(f"{name} {split['samples']:,}" for name, split in content["splits"].items())
    return f"Audio clips with annotated animal sounds cut from {len(content['sources'])} data sets; clips: {clips}."


# Files ----------------------------------------------------------------------------------------------------------------


def _tar(shard: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": shard["file"],
        "name": shard["file"],
        "contentUrl": shard["file"],
        "contentSize": f"{shard['bytes']} B",
        "encodingFormat": "application/x-tar",
        "sha256": shard["sha256"],
    }


def _file_sets(tars: list[Any]) -> list[dict[str, Any]]:
    kinds = (("json-files", "application/json", "*.json"), ("flac-files", "audio/flac", "*.flac"))
    inside = [{"@id": shard["file"]} for shard in tars]
    return [
        {
            "@type": "cr:FileSet",
            "@id": name,
            "name": name,
            "containedIn": inside,
            "encodingFormat": kind,
            "includes": pattern,
        }
        for name, kind, pattern in kinds
    ]


def _tables(files: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "encodingFormat": "application/x-parquet",
            "sha256": sha256,
        }
        for name, sha256 in files.items()
    ]


# Records --------------------------------------------------------------------------------------------------------------


def _clips() -> dict[str, Any]:
    once = [_field("clips", name, kind, text, {"jsonPath": path}) for name, kind, path, text in CLIP_FIELDS]
    many = [
        _field("clips", name, kind, text, {"jsonPath": path}) | {"repeated": True}
        for name, kind, path, text in EVENT_FIELDS
    ]
    return _record_set("clips", "One clip, its recording and its events", "clips/key", [*once, *many])


def _sounds() -> dict[str, Any]:
    content = _field(
        "sounds", "audio", "sc:AudioObject", "Sound of the clip: one channel, FLAC", {"fileProperty": "content"}
    )
    name = _field("sounds", "key", "sc:Text", "Name of the clip", {"fileProperty": "filename"})
    for field in (content, name):
        field["source"]["fileSet"] = {"@id": "flac-files"}
    name["source"]["transform"] = {"regex": r"^(.*)\.flac$"}
    name["references"] = {"field": {"@id": "clips/key"}}
    return _record_set("sounds", "The sound of each clip", "sounds/key", [name, content])


def _recordings() -> dict[str, Any]:
    fields = [_field("recordings", name, "sc:Text", name, {"column": name}) for name in RECORDING_FIELDS]
    for field in fields:
        field["source"] = {"fileObject": {"@id": "recordings.parquet"}, "extract": field["source"]["extract"]}
    return _record_set("recordings", "Every recording used", "recordings/recording_id", fields)


def _record_set(name: str, text: str, key: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": text,
        "key": {"@id": key},
        "field": fields,
    }


def _field(record_set: str, name: str, kind: str, text: str, extract: dict[str, str]) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{name}",
        "name": name,
        "description": text,
        "dataType": kind,
        "source": {"fileSet": {"@id": "json-files"}, "extract": extract},
    }
