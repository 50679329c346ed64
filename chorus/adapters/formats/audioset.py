"""AudioSet's tables: segments (one row per clip, several labels each) and strong labels (one row per event).

Two million rows: read as Arrow columns, every line matched against the form of its table by one pattern, so that line
numbers stay true and a line of another form is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chorus.adapters.base import Problem
from chorus.errors import ReadError
from chorus.schemas import Kind

if TYPE_CHECKING:
    import pyarrow as pa

#: YTID, start_seconds, end_seconds, positive_labels; re-saved copies drop the blanks.
NUMBER = r"[0-9]+(?:\.[0-9]*)?"
SEGMENT = rf'^(?P<clip>[A-Za-z0-9_-]{{11}}), *(?P<start>{NUMBER}), *(?P<end>{NUMBER}), *"?(?P<labels>[^"\s]+)"?\s*$'
#: segment_id, start_time_seconds, end_time_seconds, label, and in the framed table `present`.
EVENT = (
    rf"^(?P<clip>[A-Za-z0-9_-]{{11}})_(?P<offset>[0-9]+)\t(?P<start>{NUMBER})\t(?P<end>{NUMBER})\t(?P<labels>[^\t]+?)"
    r"(?P<present>\t[A-Z_]+)?\s*$"
)
#: Lines that are no rows: comments and headers.
OTHER = r"^(?:#\s|#$|YTID,|segment_id\t|\s*$)"
#: Bytes that are read at a time.
PART = 6 << 20
#: At most so many bad lines are told one by one.
TELL = 1000
SILENCE = "/m/028v0c"


def _ids(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: 'Animal' and 'Human sounds' of the ontology with all below them; cowbells, and voices made by machines, are neither.
ANIMALS = _ids("""
/m/0jbk /m/068hy /m/0bt9lr /m/05tny_ /m/07r_k2n /m/07qf0zm /m/07rc7d9 /m/0ghcn6 /t/dd00136 /m/07srf8z /m/01yrx
/m/02yds9 /m/07qrkrw /m/07rjwbb /m/0f25s6 /m/07r81j2 /m/0ch8v /m/03k3r /m/07rv9rh /m/07q5rw0 /t/dd00139 /t/dd00140
/m/0ffhf /m/01xq0k1 /m/07rpkh9 /m/01hhp3 /m/068zj /t/dd00018 /m/03fwl /m/07q0h5t /m/07bgp /m/025rv6n /m/09b5t
/m/07st89h /m/07qn5dc /m/01rd7k /m/07svc2k /m/09ddx /m/07qdb04 /m/0dbvp /m/07qwf61 /m/01280g /m/0cdnk /m/04cvmfc
/m/015p6 /m/020bb7 /m/07pggtn /m/07sx8x_ /m/0h0rv /m/07r_25d /m/04s8yn /m/07r5c2p /m/09d5_ /m/07r_80w /m/01dwxx
/m/05_wcq /m/01z5f /m/06hps /m/04rmv /m/02021 /m/07r4gkf /m/03vt0 /m/09xqv /m/09f96 /m/0h2mp /m/07pjwq1 /m/01h3n
/m/09ld4 /m/07st88b /m/078jl /m/07qn4z3 /m/032n05
""")
HUMANS = _ids("""
/m/0dgw9r /m/09l8g /m/09x0r /m/05zppz /m/02zsn /m/0ytgt /m/01h8n0 /m/02qldy /m/0261r1 /m/07p6fty /m/07q4ntr
/m/07rwj3x /m/07sr1lc /m/04gy_2 /t/dd00135 /m/03qc9zr /m/02rtxlg /m/01j3sz /t/dd00001 /m/07r660_ /m/07s04w4
/m/07sq110 /m/07rgt08 /m/0463cq4 /t/dd00002 /m/07qz6j3 /m/07qw_06 /m/07plz5l /m/015lz1 /m/0l14jd /m/01swy6 /m/02bk07
/m/01c194 /t/dd00003 /t/dd00004 /t/dd00005 /m/06bxc /m/02fxyj /m/07s2xch /m/07r4k75 /m/01j423 /m/01w250 /m/079vc8
/m/09hlz4 /m/0lyf6 /m/07mzm6 /m/01d3sd /m/07s0dtb /m/07pyy8b /m/07q0yl5 /m/01b_21 /m/0dl9sf8 /m/01hsr_ /m/07ppn3j
/m/0bpl036 /m/06h7j /m/07qv_x_ /m/07pbtc8 /m/0160x5 /m/03cczk /m/07pdhp0 /m/0939n_ /m/01g90h /m/03q5_w /m/02p3nc
/m/02_nn /m/0k65p /m/025_jnm /m/0l15bq /m/01jg02 /m/01jg1z /t/dd00012 /m/053hz1 /m/028ght /m/07rkbfh /m/03qtwd
/m/07qfr4h /m/04v5dt /t/dd00013
""")


def kind_of(mid: str) -> Kind:
    """What makes the sound of a class: an animal, a person, nothing, or something else (music, things, weather); what
    is no id of a class tells nothing."""
    if not mid.startswith(("/m/", "/t/")):
        return Kind.unknown
    if mid in ANIMALS:
        return Kind.animal
    if mid in HUMANS:
        return Kind.human
    return Kind.silence if mid == SILENCE else Kind.noise


STEM = re.compile(r"Y?(?P<clip>[A-Za-z0-9_-]{11})(?:_\d+(?:\.\d+)?)?")


def clip_of(stem: str) -> str | None:
    """The YouTube id in a file name: 'Y--PJHxphWEs' and '--PJHxphWEs_30.000' -> '--PJHxphWEs'."""
    if len(stem) == 11:
        return stem if STEM.fullmatch(stem) else None
    found = STEM.fullmatch(stem)
    return found["clip"] if found else None


def read_lines(data: bytes, origin: str, pattern: str) -> Iterator[tuple[pa.Table, list[Problem]]]:
    """The rows of a table that fit `pattern`, part by part: its groups as text, and `line`, counted from 1.

    Raises ReadError when not one line fits. Lines that do not are left out with a Problem each (after a thousand, one
    for each part), ids that a spreadsheet program has turned into '#NAME?' among them.
    """
    rows, told, first_bad = 0, 0, ""
    held: list[Problem] = []
    for first, lines in _parts(data, origin):
        table, raws, places = _match(lines, first, pattern)
        rows += len(table)
        first_bad = first_bad or (raws[0] if raws else "")
        some = list(zip(raws, places, strict=True))[: max(0, TELL - told)]
        problems = [Problem(origin, *_why(raw), line, raw[:500]) for raw, line in some]
        if len(raws) > len(some):
            message = f"{len(raws) - len(some)} more lines do not have the form of this table"
            problems.append(Problem(origin, "bad_line", message, places[len(some)], raws[len(some)][:500]))
        told += len(raws)
        held += problems
        if rows:
            yield table, held
            held = []
    if not rows:
        shown = f": {first_bad[:60]!r}" if first_bad else ""
        raise ReadError(f"not one line has the form of this table of AudioSet{shown}", origin)


def _match(lines: pa.Array, first: int, pattern: str) -> tuple[pa.Table, list[str], list[int]]:
    """Rows that fit, and the lines (with their numbers) that do not and should."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.extract_regex(lines, pattern)
    numbers = pa.array(range(first, first + len(lines)), pa.int64())
    if not found.null_count:
        return pa.Table.from_struct_array(found).append_column("line", numbers), [], []
    fits = pc.is_valid(found)
    table = pa.Table.from_struct_array(found.filter(fits)).append_column("line", numbers.filter(fits))
    bad = pc.and_not(pc.invert(fits), pc.match_substring_regex(lines, OTHER))
    return table, lines.filter(bad).to_pylist(), numbers.filter(bad).to_pylist()


def _parts(data: bytes, origin: str) -> Iterator[tuple[int, pa.Array]]:
    """Lines of a text in parts of some megabytes: (number of the first line, lines)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    line = 1
    while at < len(data):
        cut = data.find(b"\n", at + PART)
        end = len(data) if cut < 0 else cut
        text = pa.array([memoryview(data)[at:end]], pa.binary())
        try:
            lines = pc.list_flatten(pc.split_pattern(text.cast(pa.string()), "\n"))
        except pa.ArrowInvalid as error:
            raise ReadError(f"not UTF-8 text: {str(error).splitlines()[0]}", origin) from None
        yield line, lines
        line += len(lines)
        at = end + 1


def _why(raw: str) -> tuple[str, str]:
    if raw.startswith("#NAME?"):
        return "damaged_id", "a spreadsheet program has replaced the id of this clip by #NAME?"
    return "bad_line", "expected a YouTube id of 11 characters, start, end and labels"


def column_of(table: pa.Table, name: str) -> pa.Array:
    """A column in one piece."""
    import pyarrow as pa

    column = table[name]
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])


def spans(table: pa.Table) -> pa.Array:
    """Length of each clip in seconds."""
    import pyarrow.compute as pc

    start, end = (pc.cast(column_of(table, name), "float64") for name in ("start", "end"))
    return pc.round(pc.subtract(end, start), 6)


def labels_of(mids: pa.Array) -> dict[str, Any]:
    """Label, kind and what to look up, of each class id."""
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = pc.dictionary_encode(mids)
    classes = coded.dictionary.to_pylist()
    kinds = [kind_of(mid) for mid in classes]
    keys = [{Kind.animal: mid, Kind.human: "Homo sapiens"}.get(k) for mid, k in zip(classes, kinds, strict=True)]
    return {
        "label": mids,
        "kind": pa.array([kind.value for kind in kinds], pa.string()).take(coded.indices),
        "taxon_key": pa.array(keys, pa.string()).take(coded.indices),
    }
