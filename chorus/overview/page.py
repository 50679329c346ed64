"""The overview as one HTML page that needs nothing else: pictures inside, no script, no address it would ask.

Every text of the lake goes through `escape` on its way in.
"""

from __future__ import annotations

import re
import struct
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape as escaped

from chorus._version import __version__
from chorus.overview.charts import Chart, by_calls, hours
from chorus.overview.company import DRAWN
from chorus.overview.examples import Example, drawn
from chorus.overview.figures import DARK, LIGHT, Theme
from chorus.overview.numbers import Numbers, SourceRow, Totals

#: What the paper says of its collection: abstract, Figure 1 and section 3.
PAPER = {"calls": "over 1 million", "species": "500+", "genera": "30", "hours": "more than 7,000"}


CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def page(
    numbers: Numbers,
    charts: Sequence[tuple[Chart, Mapping[str, bytes]]],
    examples: Sequence[tuple[Example, bytes]],
    company: Sequence[tuple[Example, bytes]],
) -> str:
    """The whole page. `charts`: each with its PNG by the name of the theme; `examples` of groups and of classes of
    company: each with its PNG."""
    below = {"contexts": company_examples(numbers, company)}
    sections = {c.slug: chart_section(c, pictures, below.get(c.slug, "")) for c, pictures in charts}
    parts = [
        header(numbers),
        sections.pop("groups", ""),
        example_section(numbers, examples),
        *sections.values(),
        table_one(numbers),
        notes(numbers.totals),
    ]
    return HEAD.replace("{style}", STYLE) + "\n".join(part for part in parts if part) + FOOT


def header(numbers: Numbers) -> str:
    """Title and the figures of the lake as a whole, each beside the paper's."""
    t = numbers.totals
    tiles = [
        ("calls", f"{t.calls:,}", f"paper: {PAPER['calls']}"),
        ("species", f"{t.species:,}", f"paper: {PAPER['species']}"),
        ("genera", f"{t.genera:,}", f"paper: {PAPER['genera']}"),
        ("hours", hours(t.hours), f"paper: {PAPER['hours']}"),
        ("recordings", f"{t.recordings:,}", f"{t.with_sound:,} with sound at hand"),
        ("sources", f"{t.sources:,}", f"{len(numbers.missing):,} more in the paper's Table 1"),
    ]
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value}<small>{escape(note)}</small></dd></div>" for name, value, note in tiles
    )
    day = escape(numbers.ingested_at[:10])
    return (
        "<header>\n<h1>What this lake holds</h1>\n"
        f"<p>Chorus {__version__}; the latest source was read on {day} (UTC).</p>\n"
        f'<dl class="tiles">{cells}</dl>\n</header>'
    )


def chart_section(chart: Chart, pictures: Mapping[str, bytes], examples: str = "") -> str:
    """A chart with its text, examples, its words explained and, for who cannot see it, its numbers as a table."""
    rows = [[bar.label, *bar.cells] for bar in chart.rows]
    explained = definitions(chart.meanings_title, chart.meanings)
    numbers = f"<details><summary>As a table</summary>{table(['', *chart.heads], rows)}</details>"
    alt = f"Bar chart of {chart.unit}: " + "; ".join(f"{bar.label} {bar.value:,}" for bar in chart.rows)
    return (
        f'<section id="{chart.slug}">\n<h2>{escape(chart.title)}</h2>\n<p>{escape(chart.text)}</p>\n'
        f"<figure>{themed(pictures, alt)}</figure>\n{examples}{explained}{numbers}\n</section>"
    )


def example_section(numbers: Numbers, examples: Sequence[tuple[Example, bytes]]) -> str:
    """A spectrogram of each group, and the groups of which no sound is at hand."""
    shown = {example.title for example, _ in examples}
    can_show = {group.name for group in drawn()}
    without = [s.name for s in by_calls(numbers.groups) if s.name in can_show and s.name not in shown]
    if not examples and not without:
        return ""
    order = [share.name for share in by_calls(numbers.groups)]
    shown_first = sorted(examples, key=lambda pair: order.index(pair[0].title))
    return (
        '<section id="samples">\n<h2>What it looks like</h2>\n'
        "<p>A stretch of each group, with the calls as they are marked: boxes where a frequency band is given, else "
        "the full height; dashed where another group calls. Colours run from the noise to the loudest sound.</p>\n"
        f"{gallery(shown_first)}{no_sound_of(without)}</section>"
    )


def company_examples(numbers: Numbers, examples: Sequence[tuple[Example, bytes]]) -> str:
    """A spectrogram of each class of company, and the classes of which no sound is at hand."""
    shown = {example.title for example, _ in examples}
    without = [c.name for c in numbers.contexts if c.recordings and c.name in DRAWN and c.name not in shown]
    return gallery(examples) + no_sound_of(without)


def no_sound_of(names: Sequence[str]) -> str:
    """What cannot be shown; nothing for none."""
    return f"<p>No sound at hand of: {escape(', '.join(names))}.</p>\n" if names else ""


def gallery(examples: Sequence[tuple[Example, bytes]]) -> str:
    """Spectrograms side by side; nothing for none."""
    figures = "\n".join(example_figure(example, png) for example, png in examples)
    return f'<div class="samples">\n{figures}\n</div>\n' if examples else ""


def example_figure(example: Example, png: bytes) -> str:
    """One spectrogram with its caption."""
    names = ", ".join(example.names[:4]) + (" …" if len(example.names) > 4 else "")
    times = "" if example.strong else " Weak label: somewhere in the recording."
    alt = f"Spectrogram of {names}, {len(example.boxes)} calls marked"
    where = f"{example.recording_id}, {example.start_s:.2f} to {example.end_s:.2f} s"
    return (
        f"<figure>{image(png, alt)}<figcaption><b>{escape(example.title)}</b>: {escape(names)}."
        f"{times}<small>{escape(where)} · {escape(example.licence)}</small></figcaption></figure>"
    )


def table_one(numbers: Numbers) -> str:
    """One row per source beside the paper's Table 1; below it what explains the differences, and how to cite."""
    heads = ["source", "paper, calls", "here", "share", "paper, h", "here, h", "recordings", "no sound", "species"]
    heads += ["rows", "labels", "licence"]
    whys = {s.id: s.explanation for s in numbers.sources if s.explanation}
    cites = {s.id: s.citation + (f" doi:{s.doi}" if s.doi else "") for s in numbers.sources}
    lacking = f"<p>In Table 1, not in this lake: {escape(', '.join(numbers.missing))}.</p>\n" if numbers.missing else ""
    return (
        '<section id="table-1">\n<h2>Table 1, source by source</h2>\n'
        "<p>Here stand the calls that the paper's Table 1 counts, by the rule of each source's card; rows are all "
        "that the lake holds of it, noise, silence and ruled-out species too.</p>\n"
        f"{table(heads, [source_cells(s) for s in numbers.sources])}\n{lacking}"
        f"{definitions('How the counts come about', whys)}{definitions('How to cite', cites)}\n</section>"
    )


def source_cells(s: SourceRow) -> list[str]:
    """A source as a row of the table."""
    percent = 100 * s.counted / s.paper_calls if s.paper_calls else None
    share = "" if percent is None else f"{percent:.1f} %" if percent >= 0.05 or not s.counted else "<0.1 %"
    paper_calls = "" if s.paper_calls is None else f"{s.paper_calls:,}"
    paper_hours = "" if s.paper_hours is None else f"{s.paper_hours:,.0f}"
    counts = [f"{n:,}" for n in (s.recordings, s.without_sound, s.species, s.rows)]
    return [s.id, paper_calls, f"{s.counted:,}", share, paper_hours, hours(s.hours), *counts, s.strength, s.licence]


def notes(t: Totals) -> str:
    """What is counted, and what is not."""
    return (
        '<section id="notes">\n<h2>What is counted</h2>\n<ul>\n'
        "<li>A call is a row of the lake that is marked as present, of any kind but noise and silence: "
        f"{t.calls:,} rows. Beside them the lake holds {t.noise:,} rows of noise and {t.silence:,} of silence.</li>\n"
        f"<li>{t.uncertain:,} rows of which the annotator was not sure, and {t.absent:,} that say that a species is "
        "not there, are no calls.</li>\n"
        "<li>Species are names of species rank, people left out in the total; a call known to be a bird or a frog adds "
        "none.</li>\n"
        f"<li>Hours are those of recordings; {t.unknown_length:,} of {t.recordings:,} recordings have no known length "
        "(their sound is not at hand) and add none.</li>\n</ul>\n</section>"
    )


def escape(text: str) -> str:
    """Text as HTML, in an element or in a quoted attribute; what HTML cannot hold becomes a blank."""
    return escaped(CONTROL.sub(" ", text))


def definitions(title: str, texts: Mapping[str, str]) -> str:
    """A list of names and texts to be opened; nothing for none."""
    if not texts:
        return ""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in texts.items())
    return f"<details><summary>{escape(title)}</summary><dl>{items}</dl></details>"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column names the row."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' if name else "<td></td>" for name in heads)
    lines = "\n".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>\n{lines}\n</tbody></table></div>'
    )


def themed(pictures: Mapping[str, bytes], alt: str) -> str:
    """A picture that follows the page's light or dark."""
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{data_uri(pictures[DARK.name])}">'
    return f"<picture>{dark}{image(pictures[LIGHT.name], alt)}</picture>"


def image(png: bytes, alt: str) -> str:
    """A PNG inside the page."""
    width, height = struct.unpack(">II", png[16:24])
    return f'<img src="{data_uri(png)}" alt="{escape(alt)}" width="{width}" height="{height}">'


def data_uri(png: bytes) -> str:
    """A PNG as an address."""
    return "data:image/png;base64," + b64encode(png).decode("ascii")


def _colours(theme: Theme) -> str:
    return f"--paper: {theme.paper}; --ink: {theme.ink}; --faint: {theme.faint}; --line: {theme.second};"


STYLE = f"""
:root {{ color-scheme: light dark; {_colours(LIGHT)} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_colours(DARK)} }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }}
main {{ max-width: 70rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }}
h1 {{ font-size: 2rem; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }}
h2 {{ font-size: 1.3rem; margin: 0 0 0.3rem; }}
header p, section > p, figcaption small, .tiles dt, .tiles small {{ color: var(--faint); }}
header p {{ margin: 0.3rem 0 1.5rem; }}
section {{ margin-top: 3rem; }}
section > p {{ max-width: 46rem; margin: 0 0 0.8rem; }}
figure {{ margin: 0.6rem 0; }}
img {{ display: block; width: 100%; max-width: 50rem; height: auto; }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: 1.2rem; margin: 0; }}
.tiles div {{ border-top: 2px solid var(--ink); padding-top: 0.4rem; }}
.tiles dd {{ margin: 0; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }}
.tiles dt, .tiles small, figcaption small {{ font-size: 0.85rem; }}
.tiles small, figcaption small {{ display: block; line-height: 1.35; }}
.samples {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 1.5rem; }}
figure + .samples {{ margin: 1.5rem 0; }}
.samples figure {{ margin: 0; min-width: 0; }}
.samples + p {{ margin-top: 1rem; }}
.samples img {{ border-radius: 4px; }}
figcaption {{ margin-top: 0.4rem; overflow-wrap: anywhere; }}
details {{ margin: 0.3rem 0; }}
summary {{ cursor: pointer; color: var(--faint); }}
details dt {{ font-weight: 600; margin-top: 0.4rem; }}
details dd {{ margin: 0 0 0 1rem; overflow-wrap: anywhere; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: 0.82rem; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 0.3rem 0.45rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid color-mix(in srgb, var(--line) 40%, transparent); }}
th:first-child, td:first-child {{ text-align: left; padding-left: 0; }}
#table-1 tr > :last-child {{ text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 7rem; }}
thead th {{ color: var(--faint); font-weight: 500; }}
tbody th {{ font-weight: 500; }}
"""

HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chorus: what this lake holds</title>
<style>{style}</style>
</head>
<body>
<main>
"""
FOOT = "\n</main>\n</body>\n</html>\n"
