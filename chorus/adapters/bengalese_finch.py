"""Bengalese Finch Song Repository: songs of four birds, every syllable marked; two flavours of the same songs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.notmat import read_notmat
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated, ReleaseFile

#: bird, day: figshare id and md5 of the .cbin.not.mat archive, then of the .wav.csv archive.
ARCHIVES = """
bl26lb16.041912 37681698 d5e36654143b6b37c3380e4dae3ed83b 41669016 1f53121f607ca813c90fd8b111cc7688
bl26lb16.042012 37681695 17384a42212df0015ab91b77d8697911 41669013 114fd832827dace47fe3613ab6b9504d
bl26lb16.042112 37681686 a8bca39024743049e87ac1f397df995c 41669010 faf8bdec9e094a5937f84817892eeaa7
gr41rd51.061912 37681668 b7e7618504a87549ed11b2efa88b291d 41669001 fa1934c7bd6aad999aa038d61afbcf7f
gr41rd51.062012 37681668 875e9e9337b81417b4522090c22c1476 41668998 ed85fdf19d9b32874d3ad213cee9cac1
gr41rd51.062112 37681665 80ad804687b91cdd705be064d10e573c 41668995 64ab266c1fb15349fb7c1e2be7e65177
gr41rd51.062212 37681680 acabe51bd18a36ecfa855abfe47c4c47 41669004 6b8574ff8652a94b114a3abc7c8ca4f6
gr41rd51.062312 37681683 f0fa7716368362647681a9300142257f 41669007 52800a771e454cd8d876ed37534ce789
gy6or6.032212 37681650 e4d13209e13b5893c0c08cc4455c82ff 41668980 9cff3aefc45607617e61f7447dbc8800
gy6or6.032312 37681653 6ec59517b74d8d9eb2843c957db4ecad 41668983 522daef2ae6fa07998103827a8afe0a0
gy6or6.032412 37681656 622533fd6104f00e43ff9bd3a0bdd4d4 41668986 2ba9145141afea4707d3cfa491d31c84
gy6or6.032512 37681659 de3b000c358a27ce30ad145f1c58edd0 41668989 d5b1834b6bb93f0c2b72876f37e96a2b
gy6or6.032612 37681662 09ebed03a8241bec1b5265707ffb22db 41668992 4441c716563965db4c1522346f99a064
or60yw70.092712 37681641 a778b40e3437250cd2052fb3c6716f4a 41668971 ee5a2c62c5c1bca8b9b9cb45f96c02e1
or60yw70.092812 37681644 b6bb447ec9836e1caa7077fa812aee43 41668974 e0da7d4da6719c6b76b1c638f062c338
or60yw70.092912 37681635 13aab045a7f9e4752807683e0ef176e0 41668965 641c92011db8cdd92aec950ccdf7ac48
or60yw70.093012 37681647 858727ffbb89ea4ee86fefecd729d864 41668977 0fa33d10f8d5a33469e29dd7ee09249e
or60yw70.100112 37681638 709b78b76b0a56db6798be4febf03bf0 41668968 af3c1725f94a32cb159479e2e1f29a03
"""


def _archives() -> Iterator[ReleaseFile]:
    for row in map(str.split, ARCHIVES.strip().splitlines()):
        for flavour, (number, md5) in {"cbin.not.mat": row[1:3], "wav.csv": row[3:5]}.items():
            url = f"https://figshare.com/ndownloader/files/{number}"
            yield ReleaseFile(name=f"sober.repo1.{row[0]}.{flavour}.tar.gz", url=url, md5=md5)


CARD = read_card("bengalese_finch")

#: label file suffix, sound file suffix; the first flavour goes before the second.
FLAVOURS = ((".cbin.not.mat", ".cbin"), (".wav.csv", ".wav"))
STEM = re.compile(r"(?P<bird>[^_]+)_(?:.+_)?(?P<day>\d{6})_(?P<time>\d{4})\.\d+")
CREATED = re.compile(r"^File created: \w+, (\w+ \d+, \d+, \d+:\d+:\d+)", re.MULTILINE)


def units(release: Release) -> list[str]:
    found: dict[str, str] = {}
    for suffix in [labels for labels, _ in FLAVOURS] + [sound for _, sound in FLAVOURS]:
        for path in release.glob(f"*{suffix}"):
            stem = path.rpartition("/")[2][: -len(suffix)]
            if STEM.fullmatch(stem):
                found.setdefault(stem, path)
    return sorted(found.values())


def read(release: Release, unit: str) -> Iterator[Item]:
    folder, _, name = unit.rpartition("/")
    stem, labels, sound = split_name(name)
    song = STEM.fullmatch(stem)
    bird = song["bird"] if song else stem
    facts = {"individual": bird} | when(release, f"{folder}/{stem}.rec".lstrip("/"), song)
    if labels is None:
        yield Rec(unit, Annotated.none, facts)
        return
    own = f"{folder}/{stem}{sound}".lstrip("/")
    path = own if own in release.files else release.audio(stem, default=own, near=folder)
    lines, columns, problems = syllables(release.bytes(unit), unit)
    if lines:
        facts["annotated_intervals"] = [{"start_s": min(columns["start_s"]), "end_s": max(columns["end_s"])}]
    yield Rec(path, Annotated.partial, facts)
    yield from problems
    columns |= {"individual": bird, "channel": 1, "taxon_key": "Lonchura striata"}
    columns["call_type"] = [f"{bird}:{label}" if label else None for label in columns["label"]]
    yield Calls(path, unit, lines, columns)


def split_name(name: str) -> tuple[str, str | None, str]:
    """A file name as (stem, label suffix or None for a sound file, sound suffix)."""
    for labels, sound in FLAVOURS:
        if name.casefold().endswith(labels):
            return name[: -len(labels)], labels, sound
    stem, _, suffix = name.rpartition(".")
    return stem, None, f".{suffix}"


def syllables(data: bytes, unit: str) -> tuple[list[int] | range, dict[str, Any], list[Problem]]:
    """Lines, times and labels of a song in either flavour."""
    if unit.casefold().endswith(".not.mat"):
        found = read_notmat(data, unit)
        return found.records, {"start_s": found.start_s, "end_s": found.end_s, "label": list(found.label)}, []
    table = read_table(data, unit, ("onset_s", "offset_s", "label"), numeric=("onset_s", "offset_s"))
    times = {"start_s": table.numbers("onset_s"), "end_s": table.numbers("offset_s")}
    return table.lines, times | {"label": table.column("label")}, table.problems


def when(release: Release, rec: str, song: re.Match[str] | None) -> dict[str, Any]:
    """Session (bird and day) and local time of a song, from its .rec where there is one, else from its name."""
    if not song:
        return {}
    day, month, year = (song["day"][i : i + 2] for i in (0, 2, 4))
    created = CREATED.search(release.bytes(rec).decode("latin-1")) if rec in release.files else None
    start = local_time(created[1], "%b %d, %Y, %H:%M:%S") if created else None
    start = start or local_time(song["day"] + song["time"], "%d%m%y%H%M")
    return {"session": f"{song['bird']}/{month}{day}{year}", "recorded_at": start}


ADAPTER = Adapter(
    CARD,
    anchors=tuple(
        f"{folders}*{suffix}"
        for folders in (
            "sober.repo1.*/*/*/",
            "*/[0-9][0-9][0-9][0-9][0-9][0-9]/",
            "[0-9][0-9][0-9][0-9][0-9][0-9]/",
            "",
        )
        for suffix, _ in FLAVOURS
    ),
    units=units,
    read=read,
)
