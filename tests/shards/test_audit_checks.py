"""Every kind of leak is found in tars that say of themselves what they hold."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from chorus.cli import run
from chorus.shards.audit import audit
from tests.shards.helpers import flac, leaks, tar


def test_every_kind_of_leak_in_tars_made_elsewhere(tmp_path: Path) -> None:
    base = {"source": "s", "site": "pond", "individual": "ann", "group": "g", "recording_id": "s/1.wav"}
    alone = {"source": "s", "site": "lake", "individual": "bob", "group": "h", "recording_id": "s/2.wav"}
    held = {"source": "dcase", "recording_id": "dcase/3.wav", "split": "valid"}
    tar(tmp_path / "a-train-000.tar", {"a": (base, flac(1)), "b": (alone, flac(2)), "c": (held, flac(3))})
    tar(tmp_path / "a-test-000.tar", {"d": (base, flac(1)), "e": ({"recording_id": "s/9.wav"}, flac(4))})
    found = audit(tmp_path)
    assert leaks(found) == {
        "recordings": 1,
        "groups of recordings": 1,
        "individuals": 1,
        "sites": 1,
        "identical sound": 1,
        "clips in another split than they state": 1,
        "held-out sources in training": 1,
    }
    assert "s/1.wav: train 1, test 1" in found.table() and "the sound of a: train 1, test 1" in found.table()
    assert run(["shard", "--audit", str(tmp_path), "--home", str(tmp_path / "none")]) == 1


def test_mixed_in_recordings_and_events_of_others_count(tmp_path: Path) -> None:
    one = {"recording_id": "s/1.wav", "parents": ["s/1.wav", "s/2.wav"]}
    other = {"recording_id": "s/3.wav", "events": [{"recording_id": "s/2.wav"}]}
    tar(tmp_path / "train" / "0.tar", {"a": (one, flac(1))})
    tar(tmp_path / "valid" / "0.tar", {"b": (other, flac(2))})
    assert leaks(audit(tmp_path)) == {"recordings": 1}


def sites(folder: Path, rows: list[tuple[str, str, bool, str | None]]) -> dict[str, int]:
    """The leaks of a set with a clip of each recording: its split, site, whether anything calls, released split."""
    facts = {"source": "s", "individuals": [], "duplicates": None}
    columns = ("site", "calling", "released_split")
    table = []
    for k, (split, *values) in enumerate(rows):
        name = f"s/{k}.wav"
        tar(folder / split / f"{k}.tar", {f"k{k}": ({"recording_id": name}, flac(k))})
        table.append(facts | dict(zip(columns, values, strict=True)) | {"recording_id": name, "group": name})
    pq.write_table(pa.Table.from_pylist(table), folder / "recordings.parquet")
    return leaks(audit(folder))


def test_sites_count_where_animals_call(tmp_path: Path) -> None:
    calling = [(split, "pond", True, None) for split in ("train", "valid", "test")]
    quiet = [("train", "lake", False, None), ("test", "lake", False, None)]
    quiet += [("train", f"site {k}", False, None) for k in range(3)]
    assert sites(tmp_path / "one pond", calling + quiet) == {}
    assert sites(tmp_path / "nothing calls", quiet) == {"sites": 1}
    two = [("train", "pond", True, None), ("test", "pond", True, None)]
    assert sites(tmp_path / "two", two + quiet) == {"sites": 2}
    told = [(split, site, calls, split if calls else None) for split, site, calls, _ in two + quiet]
    assert sites(tmp_path / "released", told) == {}


def test_copies_of_held_out_recordings(tmp_path: Path) -> None:
    tar(tmp_path / "train" / "0.tar", {"a": ({"recording_id": "s/1.wav"}, flac(1))})
    tar(tmp_path / "test" / "0.tar", {"b": ({"recording_id": "dcase/2.wav"}, flac(2))})
    names = ("s/1.wav", "dcase/2.wav")
    facts = {"site": None, "individuals": [], "released_split": None, "calling": True, "group": "g"}
    rows = [facts | {"recording_id": n, "source": n.partition("/")[0], "duplicates": "s/1.wav"} for n in names]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "recordings.parquet")
    assert leaks(audit(tmp_path)) == {"copies of one recording": 1, "copies of held-out recordings in training": 1}
