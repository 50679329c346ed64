"""A lake in object storage: put there as a whole, and read through a copy of its tables on this machine.

Object storage has no links and no renames, so a lake is not changed there: it is made in a folder and put. Its objects
lie as `lake.json`, `taxa.parquet`, `duplicates.parquet` and `sources/<id>/<generation>/<table>.parquet`; `index.json`,
written last, names them with the generation of each source in force. A reader that has the index sees one state.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from chorus.errors import ChorusError
from chorus.lake.layout import TABLES, Layout
from chorus.lake.query import DUPLICATES
from chorus.storage import Bucket

INDEX = "index.json"
#: Tables of the whole lake.
SHARED = ("lake.json", "taxa.parquet", DUPLICATES)


def put(layout: Layout, place: str) -> int:
    """Bring a lake to an address; what is there already is not sent again. Returns the number of objects sent.

    Raises ChorusError when the lake holds no source, or the storage refuses.
    """
    sources = layout.sources()
    if not sources:
        raise ChorusError(f"the lake at {layout.root} holds no source yet: chorus ingest SOURCE --root DIR")
    bucket = Bucket(place)
    there = bucket.listing()
    sent = 0
    for source, folder in sources.items():
        for path in sorted(folder.iterdir()):
            name = f"sources/{source}/{folder.name}/{path.name}"
            if there.get(name) != path.stat().st_size:
                bucket.upload(name, path)
                sent += 1
    shared = {name: f"shared/{_generations(sources)}/{name}" for name in SHARED if (layout.root / name).exists()}
    for name, target in shared.items():
        bucket.upload(target, layout.root / name)
        sent += 1
    index = {"sources": {source: folder.name for source, folder in sources.items()}, "shared": shared}
    bucket.put(INDEX, (json.dumps(index, indent=1) + "\n").encode())
    return sent + 1


def _generations(sources: dict[str, Path]) -> str:
    """A name for the state of a lake."""
    import hashlib

    text = "\n".join(f"{source}/{folder.name}" for source, folder in sorted(sources.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def copy(place: str, root: Path) -> Layout:
    """Bring the tables of the lake at an address to `root`, those that changed only; returns their layout.

    Raises ChorusError when no lake is there.
    """
    bucket = Bucket(place)
    if INDEX not in bucket.listing():
        raise ChorusError(f"{place}: no lake there (no {INDEX}); chorus.lake.mirror.put brings one")
    index: dict[str, Any] = json.loads(bucket.read(INDEX))
    layout = Layout(root)
    there = bucket.listing()
    for source, generation in index["sources"].items():
        _copy_source(bucket, layout, source, generation, there)
    for source in layout.sources().keys() - index["sources"].keys():
        shutil.rmtree(layout.versions(source))
    for name, target in index["shared"].items():
        bucket.download(target, root / name)
    for name in set(SHARED) - index["shared"].keys():
        (root / name).unlink(missing_ok=True)
    return layout


def _copy_source(bucket: Bucket, layout: Layout, source: str, generation: str, there: dict[str, int]) -> None:
    """Bring one generation, and put it in force as an ingest would."""
    current = layout.current(source)
    if current is not None and current.name == generation:
        return
    prefix = f"sources/{source}/{generation}/"
    names = [name for name in there if name.startswith(prefix)]
    if not {f"{prefix}{table}.parquet" for table in TABLES} <= set(names):
        raise ChorusError(f"{bucket.address}: tables of {source} are missing; put the lake there again")
    with layout.staging(source) as staged:
        for name in names:
            bucket.download(name, staged / name.removeprefix(prefix))
        renamed = staged.with_name(f"new-{generation.removeprefix('g')}")
        staged.rename(renamed)
        layout.publish(source, renamed)
