"""AnuraSet, both products: the labels of 1,612 minutes (strong and weak), and 93,378 labelled windows of 3 s.

Known: minutes of each site, 16,069 strong lines, of which 2 have four fields and 1 has one, 406 empty files, of which
13 though the weak labels hear a frog, 393 weak rows of zeros, the number of windows (1 s apart, 58 a full minute), the
columns, one recording with an extra part in its name, site INCT04 for INCT4 in the weak labels, INCT17 names with 0001,
species_number twice the sum, six species in one subset only. Not known and made up: nights, which minute has how many
lines of which species and quality and when (the lines are even over the files), which minutes are empty, levels of
activity, which minutes have no or fewer windows (the last ones), the subsets (every third minute is test). A window is
marked where a strong line touches it, as the release says; so the number of its marks follows from the rest.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from benchmarks.replicas.common import deal, tiny_wav, write_text

#: Site -> minutes, first night.
SITES = {
    "INCT4": (420, dt.date(2020, 12, 20)), "INCT17": (354, dt.date(2019, 11, 10)),
    "INCT20955": (472, dt.date(2019, 11, 20)), "INCT41": (366, dt.date(2020, 1, 1)),
}  # fmt: skip
ODD = "INCT20955_20191123_041500"  # its name goes on with _000
LINES, EMPTY, HEARD_IN_EMPTY, WINDOWS = 16_069, 406, 13, 93_378
MALFORMED = ("5.000000\t6.000000\tSPHSUR_L\tx", "5.000000\t6.000000\tSPHSUR_L\tx", "SPHSUR_L")
WINDOW_S, IN_A_MINUTE = 3, 58
#: Species in the order of metadata.csv.
SPECIES = (
    "SPHSUR,BOABIS,SCIPER,DENNAH,LEPLAT,RHIICT,BOALEP,BOAFAB,PHYCUV,DENMIN,ELABIC,BOAPRA,DENCRU,BOALUN,"
    "BOAALB,PHYMAR,PITAZU,PHYSAU,LEPFUS,DENNAN,PHYALB,LEPLAB,SCIFUS,BOARAN,SCIFUV,AMEPIC,LEPPOD,ADEDIP,"
    "ELAMAT,PHYNAT,LEPELE,RHISCI,SCINAS,LEPNOT,ADEMAR,BOAALM,PHYDIS,RHIORN,LEPFLA,SCIRIZ,DENELE,SCIALT"
)
CODES = SPECIES.split(",")
ONE_SUBSET = {"SCIFUS", "LEPELE", "RHISCI", "SCINAS", "LEPFLA", "SCIRIZ"}
IN_BOTH = [code for code in CODES if code not in ONE_SUBSET]


class Minute(NamedTuple):
    """A minute: its site and start, the stem of its files, its strong lines as (start, end, species), its subset."""

    site: str
    at: dt.datetime
    stem: str
    lines: list[tuple[float, float, str]]
    subset: str


def write(root: Path, audio: bool = False) -> None:
    """Strong labels, both tables, the list of species; with `audio` tiny sounds for the first two minutes."""
    rng = random.Random(0)
    minutes = all_minutes(rng)
    bad = iter(MALFORMED)
    for minute in minutes:
        lines = [f"{start:.6f}\t{end:.6f}\t{code}_{rng.choice('LMH')}" for start, end, code in minute.lines]
        if lines and (odd := next(bad, None)):
            lines[-1] = odd
        write_text(root / "strong_labels" / minute.site / f"{minute.stem}.txt", "".join(f"{line}\n" for line in lines))
    write_text(root / "weak_labels.csv", "\n".join([*weak_rows(rng, minutes), ""]))
    write_text(root / "anuraset" / "metadata.csv", "\n".join([*window_rows(minutes), ""]))
    write_text(root / "species.csv", "\n".join(["FAMILY,SPECIES,CODE", *species(), ""]))
    for minute in minutes[: 2 * audio]:
        tiny_wav(root / "raw_data" / minute.site / f"{minute.stem}.wav", 22_050)


def all_minutes(rng: random.Random) -> list[Minute]:
    """Every minute with its lines, which are dealt evenly over those that have any."""
    places = [(site, at) for site, (n, night) in SITES.items() for at in times(night, n)]
    empty = set(rng.sample(range(len(places)), EMPTY))
    shares = iter(deal(LINES, len(places) - EMPTY))
    found = []
    for k, (site, at) in enumerate(places):
        subset = "train" if k % 3 else "test"
        lines = [] if k in empty else strong_lines(rng, next(shares), IN_BOTH if subset == "test" else CODES)
        stem = f"{site}_{at:%Y%m%d_%H%M%S}"
        found.append(Minute(site, at, f"{stem}_000" if stem == ODD else stem, lines, subset))
    return [late(minute) if minute.site == "INCT17" and minute.at.minute == 0 else minute for minute in found]


def times(night: dt.date, n: int) -> Iterator[dt.datetime]:
    """A minute every quarter of an hour from 17:00 to 05:00, night after night."""
    evening = dt.datetime.combine(night, dt.time(17))
    for k in range(n):
        nights, quarters = divmod(k, 48)
        yield evening + dt.timedelta(days=nights, minutes=15 * quarters)


def late(minute: Minute) -> Minute:
    """Started a second late: '..._040001'."""
    return minute._replace(at=minute.at + dt.timedelta(seconds=1), stem=f"{minute.stem[:-1]}1")


def strong_lines(rng: random.Random, n: int, codes: list[str]) -> list[tuple[float, float, str]]:
    """Bouts of up to four species in order of start."""
    heard = rng.sample(codes, rng.randint(1, 4))
    starts = sorted(rng.uniform(0, 55) for _ in range(n))
    return [(start, min(start + rng.uniform(0.2, 4), 60.0), rng.choice(heard)) for start in starts]


def weak_rows(rng: random.Random, minutes: list[Minute]) -> Iterator[str]:
    """weak_labels.csv: the activity of each species, 1 to 3 where it has a strong line; 1 in some minutes without."""
    yield ",".join(["MONITORING_SITE", "AUDIO_FILE_ID", *(f"SPECIES_{code}" for code in CODES)])
    missed = HEARD_IN_EMPTY
    for minute in minutes:
        heard = {code: rng.randint(1, 3) for _, _, code in minute.lines}
        if not heard and missed:
            heard, missed = {"BOARAN": 1}, missed - 1
        levels = [str(heard.get(code, 0)) for code in CODES]
        yield ",".join(["INCT04" if minute.site == "INCT4" else minute.site, minute.stem, *levels])


def window_rows(minutes: list[Minute]) -> Iterator[str]:
    """metadata.csv: windows of each minute in turn, until all of them are there."""
    yield f"sample_name,fname,min_t,max_t,site,date,species_number,subset,{SPECIES}"
    patterns: dict[frozenset[str], str] = {}
    places = ((minute, start) for minute in minutes for start in range(IN_A_MINUTE))
    for number, (minute, start) in enumerate(islice(places, WINDOWS)):
        end = start + WINDOW_S
        heard = frozenset(code for a, b, code in minute.lines if a < end and b > start)
        if heard not in patterns:
            patterns[heard] = ",".join("1" if code in heard else "0" for code in CODES)
        head = f"SAMPLE_{number:05}.wav,{minute.stem},{start},{end},{minute.site},{minute.at},{2 * len(heard)}"
        yield f"{head},{minute.subset},{patterns[heard]}"


def species() -> list[str]:
    """Rows of species.csv, from the taxonomy."""
    from chorus.taxonomy import Resolver

    taxa = [(code, Resolver("anuraset").resolve(code).taxon) for code in CODES]
    return [f"{taxon.family},{taxon.scientific_name},{code}" for code, taxon in taxa if taxon]


def floor(root: Path) -> list[str]:
    """Strong lines, of which a few do not parse, and both tables."""
    strong = "auto_detect=false, delim='\\t', header=false, quote='', null_padding=true, strict_mode=false"
    columns = "{'start': 'VARCHAR', 'end': 'VARCHAR', 'label': 'VARCHAR', 'extra': 'VARCHAR'}"
    table = "delim=',', header=true, all_varchar=true"
    return [
        f"SELECT * FROM read_csv('{root}/strong_labels/*/*.txt', {strong}, filename=true, columns={columns})",
        f"SELECT * FROM read_csv('{root}/weak_labels.csv', {table})",
        f"SELECT * FROM read_csv('{root}/anuraset/metadata.csv', {table})",
    ]
