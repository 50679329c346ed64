"""SSW60, its audio part: audio_ml.csv with 3,861 clips, and taxa.csv with 60 species.

Known (README of the release): 2,597 clips for training and 1,264 for tests, every clip 10 s at 22,050 Hz, the columns
of both tables, the quoted families, the first three species. Not known: the other 57 species, for which 57 birds of
the same woods stand (the codes of `northeast_us`), their iNaturalist and NABirds numbers, the clips of each species
(spread evenly), asset numbers, whether seconds are written 10 or 10.0.
"""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

from benchmarks.replicas._family import species
from benchmarks.replicas.common import tiny_wav, write_text
from chorus.taxonomy import taxa

TRAIN, TEST, SPECIES = 2597, 1264, 60
CLIP = "22050,1,220500,10.0"
FIRST = (
    ("cangoo", "7089", "3226", "57 457", "Canada Goose", "Branta canadensis"),
    ("wooduc", "7107", "3188", "81 314 613", "Wood Duck", "Aix sponsa"),
    ("mallar3", "6930", "3201", "102 317 616", "Mallard", "Anas platyrhynchos"),
)
DUCKS = ("Anatidae (Ducks, Geese, and Waterfowl)", "Anseriformes")
TAXA = "label,species_code,inat_taxon_id,inat2021_label,nabirds_labels,common_name,scientific_name,family,order"


def write(root: Path, audio: bool = False) -> None:
    """Both tables; with `audio` the first two clips."""
    rng = random.Random(0)
    assets = rng.sample(range(10_000_000, 400_000_000), TRAIN + TEST)
    splits = ["train"] * TRAIN + ["test"] * TEST
    rows = [
        f"{asset},{i % SPECIES},{split},{CLIP}\n" for i, (asset, split) in enumerate(zip(assets, splits, strict=True))
    ]
    head = "asset_id,label,split,samplerate,channels,samples,duration_seconds\n"
    write_text(root / "ssw60" / "audio_ml.csv", head + "".join(rows))
    write_text(root / "ssw60" / "taxa.csv", species_table())
    for asset in assets[: 2 * audio]:
        tiny_wav(root / "ssw60" / "audio_ml" / f"{asset}.wav", 22_050)


def species_table() -> str:
    """taxa.csv; a family stands with a list in brackets, so it is quoted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TAXA.split(","))
    writer.writerows([label, *row, *DUCKS] for label, row in enumerate(FIRST))
    for label, (code, name) in enumerate(others(), start=len(FIRST)):
        taxon = taxa()[name]
        family = f"{taxon.family} (Birds, such as {taxon.common_name})"
        writer.writerow(
            [label, code, 10_000 + label, 3_000 + label, label, taxon.common_name, name, family, taxon.taxon_order]
        )
    return text.getvalue()


def others() -> list[tuple[str, str]]:
    """eBird code and scientific name of the birds that stand for those nobody has listed."""
    known = {name for *_, name in FIRST}
    birds = [(code, name) for code, (name, _) in species("northeast_us").items() if name not in known]
    return [(code, name) for code, name in birds if taxa()[name].species][: SPECIES - len(FIRST)]


def floor(root: Path) -> list[str]:
    """Both tables."""
    read = "SELECT * FROM read_csv('{}/ssw60/{}.csv', header=true, delim=',', quote='\"')"
    return [read.format(root, name) for name in ("audio_ml", "taxa")]
