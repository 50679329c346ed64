"""AudioSet, the tables of 2017: 2,084,320 clips with 4,124,898 labels.

Known: clips and labels of each table (its second comment line), the 527 classes, how many labels clips have (first
rows of each table). Not known and made up: which clip has which labels (music and speech lead, the others are even),
ids, starts, and how many clips are shorter than ten seconds. The strong tables of 2021 are left out: their number of
events is not known for all of them.
"""

from __future__ import annotations

import random
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from benchmarks.replicas.common import tiny_wav, write_text


class Table(NamedTuple):
    """A table as its comment lines describe it; `many` holds, of a thousand clips, those with 3, 4, 5 ... labels, as
    counted in its first rows (1,000, 500 and 965)."""

    name: str
    created: str
    clips: int
    labels: int
    many: tuple[int, ...]


TABLES = (
    Table("balanced_train_segments", "10:54:31", 22_160, 52_882, (226, 83, 27, 20, 9, 2, 1)),
    Table("eval_segments", "10:54:25", 20_371, 51_804, (238, 74, 42, 14, 16, 4, 2)),
    Table("unbalanced_train_segments", "10:56:58", 2_041_789, 4_020_212, (107, 49, 28, 12, 7, 3, 1)),
)
HEAD = (
    "# Segments csv created Sun Mar  5 {0.created} 2017\n"
    "# num_ytids={0.clips}, num_segs={0.clips}, num_unique_labels=527, num_positive_labels={0.labels}\n"
    "# YTID, start_seconds, end_seconds, positive_labels\n"
)
#: Music and speech are on half of the clips each (first rows of the unbalanced table); the others have weight 1.
FREQUENT = {"/m/04rlf": 300, "/m/09x0r": 300}
#: What a YouTube id is made of, in the order of the tables.
LETTERS = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
#: Lists of labels that are drawn from, for each number of labels.
LISTS = 3_000
CLASSES = """
/m/09x0r /m/05zppz /m/02zsn /m/0ytgt /m/01h8n0 /m/02qldy /m/0261r1 /m/0brhx /m/07p6fty /m/07q4ntr /m/07rwj3x /m/07sr1lc
/m/04gy_2 /t/dd00135 /m/03qc9zr /m/02rtxlg /m/01j3sz /t/dd00001 /m/07r660_ /m/07s04w4 /m/07sq110 /m/07rgt08 /m/0463cq4
/t/dd00002 /m/07qz6j3 /m/07qw_06 /m/07plz5l /m/015lz1 /m/0l14jd /m/01swy6 /m/02bk07 /m/01c194 /t/dd00003 /t/dd00004
/t/dd00005 /t/dd00006 /m/06bxc /m/02fxyj /m/07s2xch /m/07r4k75 /m/01w250 /m/0lyf6 /m/07mzm6 /m/01d3sd /m/07s0dtb
/m/07pyy8b /m/07q0yl5 /m/01b_21 /m/0dl9sf8 /m/01hsr_ /m/07ppn3j /m/06h7j /m/07qv_x_ /m/07pbtc8 /m/03cczk /m/07pdhp0
/m/0939n_ /m/01g90h /m/03q5_w /m/02p3nc /m/02_nn /m/0k65p /m/025_jnm /m/0l15bq /m/01jg02 /m/01jg1z /m/053hz1 /m/028ght
/m/07rkbfh /m/03qtwd /m/07qfr4h /t/dd00013 /m/0jbk /m/068hy /m/0bt9lr /m/05tny_ /m/07r_k2n /m/07qf0zm /m/07rc7d9
/m/0ghcn6 /t/dd00136 /m/01yrx /m/02yds9 /m/07qrkrw /m/07rjwbb /m/07r81j2 /m/0ch8v /m/03k3r /m/07rv9rh /m/07q5rw0
/m/01xq0k1 /m/07rpkh9 /m/0239kh /m/068zj /t/dd00018 /m/03fwl /m/07q0h5t /m/07bgp /m/025rv6n /m/09b5t /m/07st89h
/m/07qn5dc /m/01rd7k /m/07svc2k /m/09ddx /m/07qdb04 /m/0dbvp /m/07qwf61 /m/01280g /m/0cdnk /m/04cvmfc /m/015p6 /m/020bb7
/m/07pggtn /m/07sx8x_ /m/0h0rv /m/07r_25d /m/04s8yn /m/07r5c2p /m/09d5_ /m/07r_80w /m/05_wcq /m/01z5f /m/06hps /m/04rmv
/m/07r4gkf /m/03vt0 /m/09xqv /m/09f96 /m/0h2mp /m/07pjwq1 /m/01h3n /m/09ld4 /m/07st88b /m/078jl /m/07qn4z3 /m/032n05
/m/04rlf /m/04szw /m/0fx80y /m/0342h /m/02sgy /m/018vs /m/042v_gx /m/06w87 /m/01glhc /m/07s0s5r /m/018j2 /m/0jtg0
/m/04rzd /m/01bns_ /m/07xzm /m/05148p4 /m/05r5c /m/01s0ps /m/013y1f /m/03xq_f /m/03gvt /m/0l14qv /m/01v1d8 /m/03q5t
/m/0l14md /m/02hnl /m/0cfdd /m/026t6 /m/06rvn /m/03t3fj /m/02k_mr /m/0bm02 /m/011k_j /m/01p970 /m/01qbl /m/03qtq
/m/01sm1g /m/07brj /m/05r5wn /m/0xzly /m/0mbct /m/016622 /m/0j45pbj /m/0dwsp /m/0dwtp /m/0dwt5 /m/0l156b /m/05pd6
/m/01kcd /m/0319l /m/07gql /m/07c6l /m/0l14_3 /m/02qmj0d /m/07y_7 /m/0d8_n /m/01xqw /m/02fsn /m/085jw /m/0l14j_ /m/06ncr
/m/01wy6 /m/03m5k /m/0395lw /m/03w41f /m/027m70_ /m/0gy1t2s /m/07n_g /m/0f8s22 /m/026fgl /m/0150b9 /m/03qjg /m/0mkg
/m/0192l /m/02bxd /m/0l14l2 /m/07kc_ /m/0l14t7 /m/01hgjl /m/064t9 /m/0glt670 /m/02cz_7 /m/06by7 /m/03lty /m/05r6t
/m/0dls3 /m/0dl5d /m/07sbbz2 /m/05w3f /m/06j6l /m/0gywn /m/06cqb /m/01lyv /m/015y_n /m/0gg8l /m/02x8m /m/02w4v /m/06j64v
/m/03_d0 /m/026z9 /m/0ggq0m /m/05lls /m/02lkt /m/03mb9 /m/07gxw /m/07s72n /m/0283d /m/0m0jc /m/08cyft /m/0fd3y /m/07lnk
/m/0g293 /m/0ln16 /m/0326g /m/0155w /m/05fw6t /m/02v2lh /m/0y4f8 /m/0z9c /m/0164x2 /m/0145m /m/02mscn /m/016cjb
/m/028sqc /m/015vgc /m/0dq0md /m/06rqw /m/02p0sh1 /m/05rwpb /m/074ft /m/025td0t /m/02cjck /m/03r5q_ /m/0l14gg /m/07pkxdp
/m/01z7dr /m/0140xf /m/0ggx5q /m/04wptg /t/dd00031 /t/dd00032 /t/dd00033 /t/dd00034 /t/dd00035 /t/dd00036 /t/dd00037
/m/03m9d0z /m/09t49 /t/dd00092 /m/0jb2l /m/0ngt1 /m/0838f /m/06mb1 /m/07r10fb /t/dd00038 /m/0j6m2 /m/0j2kx /m/05kq4
/m/034srq /m/06wzb /m/07swgks /m/02_41 /m/07pzfmf /m/07yv9 /m/019jd /m/0hsrw /m/056ks2 /m/02rlv9 /m/06q74 /m/012f08
/m/0k4j /m/0912c9 /m/07qv_d5 /m/02mfyn /m/04gxbd /m/07rknqz /m/0h9mv /t/dd00134 /m/0ltv /m/07r04 /m/0gvgw0 /m/05x_td
/m/02rhddq /m/03cl9h /m/01bjv /m/03j1ly /m/04qvtq /m/012n7d /m/012ndj /m/04_sv /m/0btp2 /m/06d_3 /m/07jdr /m/04zmvq
/m/0284vy3 /m/01g50p /t/dd00048 /m/0195fx /m/0k5j /m/014yck /m/04229 /m/02l6bg /m/09ct_ /m/0cmf2 /m/0199g /m/06_fw
/m/02mk9 /t/dd00065 /m/08j51y /m/01yg9g /m/01j4z9 /t/dd00066 /t/dd00067 /m/01h82_ /t/dd00130 /m/07pb8fc /m/07q2z82
/m/02dgv /m/03wwcy /m/07r67yg /m/02y_763 /m/07rjzl8 /m/07r4wb8 /m/07qcpgn /m/07q6cd_ /m/0642b4 /m/0fqfqc /m/04brg2
/m/023pjk /m/07pn_8q /m/0dxrf /m/0fx9l /m/02pjr4 /m/02jz0l /m/0130jx /m/03dnzn /m/03wvsk /m/01jt3m /m/012xff /m/04fgwm
/m/0d31p /m/01s0vc /m/03v3yw /m/0242l /m/01lsmm /m/02g901 /m/05rj2 /m/0316dw /m/0c2wf /m/01m2v /m/081rb /m/07pp_mv
/m/07cx4 /m/07pp8cl /m/01hnzm /m/02c8p /m/015jpf /m/01z47d /m/046dlr /m/03kmc9 /m/0dgbq /m/030rvx /m/01y3hg /m/0c3f7m
/m/04fq5q /m/0l156k /m/06hck5 /t/dd00077 /m/02bm9n /m/01x3z /m/07qjznt /m/07qjznl /m/0l7xg /m/05zc1 /m/0llzx /m/02x984l
/m/025wky1 /m/024dl /m/01m4t /m/0dv5r /m/07bjf /m/07k1x /m/03l9g /m/03p19w /m/01b82r /m/02p01q /m/023vsd /m/0_ksk
/m/01d380 /m/014zdl /m/032s66 /m/04zjc /m/02z32qm /m/0_1c /m/073cg4 /m/0g6b5 /g/122z_qxw /m/07qsvvw /m/07pxg6y
/m/07qqyl4 /m/083vt /m/07pczhz /m/07pl1bw /m/07qs1cx /m/039jq /m/07q7njn /m/07rn7sz /m/04k94 /m/07rrlb6 /m/07p6mqd
/m/07qlwh6 /m/07r5v4s /m/07prgkl /m/07pqc89 /t/dd00088 /m/07p7b8y /m/07qlf79 /m/07ptzwd /m/07ptfmf /m/0dv3j /m/0790c
/m/0dl83 /m/07rqsjt /m/07qnq_y /m/07rrh0c /m/0b_fwt /m/02rr_ /m/07m2kt /m/018w8 /m/07pws3f /m/07ryjzk /m/07rdhzs
/m/07pjjrj /m/07pc8lb /m/07pqn27 /m/07rbp7_ /m/07pyf11 /m/07qb_dv /m/07qv4k0 /m/07pdjhy /m/07s8j8t /m/07plct2 /t/dd00112
/m/07qcx4z /m/02fs_r /m/07qwdck /m/07phxs1 /m/07rv4dm /m/07s02z0 /m/07qh7jl /m/07qwyj0 /m/07s34ls /m/07qmpdm /m/07p9k1k
/m/07qc9xj /m/07rwm0c /m/07phhsh /m/07qyrcz /m/07qfgpx /m/07rcgpl /m/07p78v5 /t/dd00121 /m/07s12q4 /m/028v0c /m/01v_m0
/m/0b9m1 /m/0hdsk /m/0c1dj /m/07pt_g0 /t/dd00125 /t/dd00126 /t/dd00127 /t/dd00128 /t/dd00129 /m/01b9nn /m/01jnbd
/m/096m7z /m/06_y0by /m/07rgkc5 /m/06xkwv /m/0g12c5 /m/08p9q4 /m/07szfh9 /m/0chx_ /m/0cj0r /m/07p_0gm /m/01jwx6 /m/07c52
/m/06bz3 /m/07hvw1
"""


def write(root: Path, audio: bool = False) -> None:
    """The three tables; with `audio` the first two clips of each, where many copies have them."""
    rng = random.Random(0)
    names = CLASSES.split()
    weights = list(accumulate(FREQUENT.get(name, 1) for name in names))
    lists = {size: [label_list(rng, names, weights, size) for _ in range(LISTS)] for size in range(1, 10)}
    for place, table in enumerate(TABLES):
        clips = ids(rng, table.clips, place)
        labels = [rng.choices(lists[size], k=n) for size, n in sizes(table).items()]
        flat = [text for part in labels for text in part]
        rng.shuffle(flat)
        spans = rng.choices(times(rng), k=table.clips)
        rows = [f'{clip}, {span}, "{text}"\n' for clip, span, text in zip(clips, spans, flat, strict=True)]
        write_text(root / f"{table.name}.csv", HEAD.format(table) + "".join(rows))
        for clip in clips[: 2 * audio]:
            tiny_wav(root / "audio_files" / table.name / f"{clip}.wav", 16_000)


def label_list(rng: random.Random, names: list[str], weights: list[int], size: int) -> str:
    """`size` different classes, in order, drawn with cumulative `weights`."""
    found: set[str] = set()
    while len(found) < size:
        found.update(rng.choices(names, cum_weights=weights, k=size - len(found)))
    return ",".join(sorted(found))


def sizes(table: Table) -> dict[int, int]:
    """Number of labels -> clips that have so many; those with one and two make the total come out."""
    found = {size: table.clips * share // 1000 for size, share in enumerate(table.many, start=3)}
    clips = table.clips - sum(found.values())
    labels = table.labels - sum(size * n for size, n in found.items())
    return {1: 2 * clips - labels, 2: labels - clips} | found


def ids(rng: random.Random, n: int, place: int) -> list[str]:
    """`n` different ids in order, none of which is in a table of another `place`."""
    import numpy as np

    step = 64**5 // n // len(TABLES) * len(TABLES)
    first = np.arange(n, dtype=np.int64) * step + place
    head = first[:, None] >> np.arange(24, -1, -6) & 63
    tail = np.frombuffer(rng.randbytes(6 * n), np.uint8).reshape(n, 6) & 63
    letters = np.frombuffer(LETTERS.encode(), np.uint8)[np.hstack([head, tail])]
    return letters.view("S11").ravel().astype(str).tolist()


def times(rng: random.Random) -> list[str]:
    """A thousand starts and ends: most at full tens of seconds, some elsewhere, 13 of clips cut short."""
    tens = [10 * rng.randrange(60) for _ in range(900)]
    odd = [rng.randrange(6000) / 10 for _ in range(87)]
    whole = [f"{start:.3f}, {start + 10:.3f}" for start in (*tens, *odd)]
    return whole + [f"0.000, {end:.3f}" for end in rng.choices(range(4, 10), k=13)]


def floor(root: Path) -> list[str]:
    """A row for each label of each clip."""
    columns = "{'clip': 'VARCHAR', 'first': 'DOUBLE', 'last': 'DOUBLE', 'labels': 'VARCHAR'}"
    # DuckDB does not take a quote after a blank for one, so the blank belongs to the delimiter
    read = f"read_csv('{root}/*_segments.csv', delim=', ', quote='\"', header=false, skip=3, columns={columns})"
    return [
        f"SELECT clip, 0.0 AS start_s, last - first AS end_s, unnest(string_split(labels, ',')) AS label FROM {read}"
    ]
