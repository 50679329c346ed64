"""`chorus duplicates`: recordings that stand in the lake more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chorus.cli.options import CORES, Debug, Home, Jobs, Json, Quiet
from chorus.telling import counted

if TYPE_CHECKING:
    from chorus.lake.duplicates import Found

#: Columns of the table for people.
COLUMNS = ("recording_id", "how", "match", "similarity", "offset_s", "shared_s", "band")


def duplicates(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Sources to read; else all in the lake.", show_default=False)
    ] = None,
    jobs: Jobs = CORES,
    home: Home = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Find the same recording in two sources, or twice in one: equal files, and equal sound in another format, sample
    rate or level, lossily coded, trimmed, cut out of a longer recording, or one channel (of the first eight) alone.

    Writes the table duplicates, for chorus query and chorus shard. Run it again after an ingest: what has not changed
    is not read again. With sources named, they are compared with each other and with all that earlier runs read.
    """
    from chorus.lake import Lake
    from chorus.lake.duplicates import find_duplicates
    from chorus.workspace import Workspace

    found = find_duplicates(Lake(Workspace.at(home).lake), sources or (), jobs=jobs, quiet=quiet or json)
    if json:
        from json import dumps

        print(dumps(found.as_dict(), indent=1))
        return
    print(_text(found))


def _text(found: Found) -> str:
    """The whole table, and what it means."""
    from chorus.cli.table import render

    clusters = found.clusters()
    lines = []
    if clusters:
        rows = [[k, *(row[name] for name in COLUMNS)] for k, key in enumerate(clusters, 1) for row in clusters[key]]
        lines += [render(["cluster", *COLUMNS], rows), ""]
    among = sorted({row["source"] for row in found.rows})
    copied = f"{len(found.rows):,} of {found.compared:,} compared recordings have a copy"
    lines.append(f"{counted(len(clusters), 'cluster')}: {copied}" + (f", in {', '.join(among)}" if among else ""))
    lines += [f"{count:,} recordings: {reason}" for reason, count in found.left_out.most_common()]
    if clusters:
        lines += [
            "A cluster is one recording that is there several times, whole or in part. bytes: the files are equal; "
            "sound: the fingerprints agree",
            "(similarity 1: in every bit, 0: as chance has it). chorus shard keeps a cluster in one split.",
            'chorus query "SELECT * FROM duplicates" asks for this table again.',
        ]
    return "\n".join(lines)
