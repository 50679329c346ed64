"""ESC-50: meta/esc50.csv, 2,000 clips of 50 classes in five folds.

Known, counted in the file: 40 clips a class, 8 of them in each fold, the ten classes of ESC-10, and how many clips are
take A, B ... H of their source. Not known here and made up: the Freesound ids, and which classes the sources of several
takes belong to (three sources of the real file have two takes A; here every source has one).
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.replicas.common import tiny_wav, write_text

CLASSES = """dog rooster pig cow frog cat hen insects sheep crow rain sea_waves crackling_fire crickets chirping_birds
water_drops wind pouring_water toilet_flush thunderstorm crying_baby sneezing clapping breathing coughing footsteps
laughing brushing_teeth snoring drinking_sipping door_wood_knock mouse_click keyboard_typing door_wood_creaks
can_opening washing_machine vacuum_cleaner clock_alarm clock_tick glass_breaking helicopter chainsaw siren car_horn
engine train church_bells airplane fireworks hand_saw"""
ESC_10 = "dog rooster rain sea_waves crackling_fire crying_baby sneezing clock_tick helicopter chainsaw"
#: Clips that are take A, B ... H.
TAKES = (1527, 317, 88, 38, 15, 7, 5, 3)
FOLDS, CLIPS = 5, 8


def write(root: Path, audio: bool = False) -> None:
    """The table; with `audio` its first two clips."""
    ten, names = ESC_10.split(), CLASSES.split()
    rows = []
    for (fold, target), sources in sorted(places().items()):
        for source, takes in sources.items():
            for take in "ABCDEFGH"[:takes]:
                file = f"{fold}-{source}-{take}-{target}.wav"
                rows.append(f"{file},{fold},{target},{names[target]},{names[target] in ten},{source},{take}\n")
    rows.sort()
    write_text(root / "meta" / "esc50.csv", "filename,fold,target,category,esc10,src_file,take\n" + "".join(rows))
    for row in rows[: 2 * audio]:
        tiny_wav(root / "audio" / row.partition(",")[0], 44_100)


def places() -> dict[tuple[int, int], dict[int, int]]:
    """(fold, target) -> Freesound id -> takes; the sources of most takes first, each where there is room."""
    found: dict[tuple[int, int], dict[int, int]] = {
        (fold, target): {} for target in range(len(CLASSES.split())) for fold in range(1, FOLDS + 1)
    }
    source = 100_000
    for takes in range(len(TAKES), 0, -1):
        exactly = TAKES[takes - 1] - (TAKES[takes] if takes < len(TAKES) else 0)
        for _ in range(exactly):
            source += 7
            place = next(place for place in found.values() if sum(place.values()) + takes <= CLIPS)
            place[source] = takes
    return found


def floor(root: Path) -> list[str]:
    """The table."""
    return [f"SELECT * FROM read_csv('{root}/meta/esc50.csv', header=true, delim=',')"]
