"""Count a lake, draw it, and write the page with its pictures beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from chorus.atomic import write_bytes
from chorus.lake import Lake
from chorus.overview import figures
from chorus.overview.charts import charts
from chorus.overview.company import DRAWN, choose_company
from chorus.overview.examples import Example, choose, drawn
from chorus.overview.groups import slug
from chorus.overview.numbers import Numbers, count_tables, prepared
from chorus.overview.page import page
from chorus.progress import Progress

PAGE = "overview.html"


@dataclass(frozen=True)
class Made:
    """What was written: the page, and the pictures beside it."""

    page: Path
    pictures: list[Path]
    numbers: Numbers


def make(lake: Lake, out: Path, quiet: bool = False) -> Made:
    """Write `overview.html` and its pictures, `overview-*.png`, into the folder `out`.

    Pictures of an earlier overview that this one does not have are removed. Raises ChorusError for a lake without
    sources, or when the folder cannot be written.
    """
    import_module("matplotlib.figure")  # missing, it is told before the lake is counted
    with Progress("overview", 1 + len(drawn()) + len(DRAWN), "pictures", quiet) as progress:
        db = prepared(lake)
        numbers = count_tables(db)
        pictures: dict[str, bytes] = {}
        shown = []
        for chart in charts(numbers):
            by_theme = {theme.name: chart.draw(theme) for theme in (figures.LIGHT, figures.DARK)}
            pictures |= {f"{chart.slug}-{theme}": png for theme, png in by_theme.items()}
            shown.append((chart, by_theme))
        progress.advance()
        examples, company = (_draw(found, progress) for found in (choose(lake), choose_company(lake, db)))
    pictures |= {f"sample-{slug(example.title)}": png for example, png in examples}
    pictures |= {f"company-{slug(example.title)}": png for example, png in company}
    files = {out / f"overview-{name}.png": png for name, png in pictures.items()}
    for file, png in files.items():
        write_bytes(file, png)
    write_bytes(out / PAGE, page(numbers, shown, examples, company).encode())
    _remove_others(out, set(files))
    return Made(out / PAGE, list(files), numbers)


def _draw(found: Iterable[Example | None], progress: Progress) -> list[tuple[Example, bytes]]:
    """The examples that there are, each with its picture."""
    drawn_ones = []
    for example in found:
        if example:
            drawn_ones.append((example, figures.spectrogram(example)))
        progress.advance()
    return drawn_ones


def _remove_others(out: Path, kept: set[Path]) -> None:
    """Remove examples of groups and classes that had sound at an earlier run and have none now."""
    names = [f"sample-{slug(group.name)}" for group in drawn()] + [f"company-{slug(name)}" for name in DRAWN]
    for name in names:
        file = out / f"overview-{name}.png"
        if file not in kept:
            file.unlink(missing_ok=True)
