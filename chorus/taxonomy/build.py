"""Turn a folder of taxonomy tables into the packaged data: `python -m chorus.taxonomy.build FOLDER`.

The folder holds taxa.csv, synonyms.csv, alpha4_codes.csv, ebird_code_aliases.csv and dataset_labels.csv. What is kept:
names, codes, lineages and labels (facts); data/README.md names the lists they were taken from and their terms.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

DATA = Path(__file__).parent / "data"

KEEP = {
    "taxa.csv": [
        *("scientific_name", "rank", "common_name_en", "other_common_names", "ebird_code", "alpha4_code"),
        *("kingdom", "phylum", "class", "order", "family", "genus", "source"),
    ],
    "synonyms.csv": ["name", "accepted_scientific_name"],
    "alpha4_codes.csv": ["alpha4_code", "scientific_name"],
    "ebird_code_aliases.csv": ["ebird_code", "scientific_name"],
    "dataset_labels.csv": ["dataset", "label", "scientific_name", "call_type"],
}


def build(folder: Path) -> dict[str, int]:
    """Write the packaged tables; returns the rows of each. Repeated and nameless rows are left out."""
    counts = {}
    for name, columns in KEEP.items():
        with (folder / name).open(encoding="utf-8", newline="") as file:
            rows = [[row[c] for c in columns] for row in csv.DictReader(file)]
        if name == "alpha4_codes.csv":
            rows = [row for row in rows if row[1]]
        unique = list(dict.fromkeys(map(tuple, rows)))
        with (DATA / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(unique)
        counts[name] = len(unique)
    return counts


if __name__ == "__main__":
    for table, n in build(Path(sys.argv[1])).items():
        print(f"{table}: {n} rows")
