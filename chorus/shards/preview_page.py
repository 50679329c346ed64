"""Before and after: pairs of spectrograms with the calls in boxes, and the page that holds them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chorus._version import __version__
from chorus.overview.examples import Box
from chorus.overview.figures import DARK, SILENT, cut, shown_top
from chorus.overview.figures import _figure as canvas
from chorus.overview.figures import _write as write_above
from chorus.overview.page import FOOT, HEAD, STYLE, escape, image
from chorus.schemas.sample import AugmentStep, Event
from chorus.schemas.vocabulary import Presence, Strength
from chorus.shards.augment import Clip, Recipe
from chorus.shards.augment.step import Step
from chorus.telling import counted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from chorus.shards.preview import Base, Shown

    Levels = npt.NDArray[np.float64]

#: Inches and dots per inch of a picture; columns of one of its spectrograms, at most.
SIZE, DPI, COLUMNS = (11.0, 3.0), 110, 480
#: Left, bottom, width and height of the two panels and of the scale beside them, as parts of the picture.
PANELS = ((0.052, 0.15, 0.42, 0.72), (0.508, 0.15, 0.42, 0.72))
SCALE = (0.939, 0.15, 0.012, 0.72)
#: Decibels from the darkest to the brightest colour, at least and at most.
LEAST_DB, MOST_DB = 20.0, 90.0
#: The noise floor of a picture is this percentile of its levels.
FLOOR = 40
#: Boxes have thick lines up to this many, thin ones beyond.
FEW = 16
#: Clips of which one is this many times longer than the other have a scale of time of their own each.
MUCH_LONGER = 2.5

#: Units by the last word of a parameter's name.
UNITS = {"c": " °C", "db": " dB", "hz": " Hz", "km": " km", "m": " m", "percent": " %", "s": " s"}

TITLES = {
    "amplitude": "Gain",
    "channel": "Channel",
    "clipping": "Clipping",
    "distance": "Distance",
    "filter": "Filter",
    "mix": "Mixing",
    "n_fft": "FFT window",
    "noise": "Noise",
    "recipe": "The whole recipe",
    "reduce": "Noise reduction",
    "reverb": "Reverberation",
    "shift": "Time shift",
    "stitch": "Stitching",
    "stretch": "Pitch and time",
}


# Pictures -------------------------------------------------------------------------------------------------------------


def picture(name: str, before: Clip, after: Clip) -> bytes:
    """A clip before and after the step of this name: two spectrograms side by side as PNG, with one scale of frequency,
    of level and, unless one is much longer, of time. Boxes are marked calls, dashed those that the step brought in;
    labels without times are not drawn."""
    own = {(event.call_id, event.recording_id) for event in before.events}
    pairs = [(clip, [_box(event, own) for event in _drawn(clip)]) for clip in (before, after)]
    top_hz = max(shown_top([box for _, boxes in pairs for box in boxes], before.rate), before.rate / 8)
    usual = window(before)
    shown = [levels(clip, usual) for clip in (before, after)]
    low_db, high_db = limits(shown)
    longest = max(before.seconds, after.seconds)
    titles = ("before", f"after: {TITLES.get(name, name)}")
    with canvas(DARK, SIZE, DPI) as figure:
        for place, title, level, (clip, boxes) in zip(PANELS, titles, shown, pairs, strict=True):
            axis = figure.add_axes(place)
            axis.set_facecolor("black")
            extent = (0, clip.seconds, 0, clip.rate / 2000)
            if level.size:
                drawn = axis.imshow(
                    level, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=low_db, vmax=high_db
                )
            end_s = longest if longest < MUCH_LONGER * clip.seconds else clip.seconds
            held = f"{clip.seconds:.4g} s, {counted(len(clip.events), 'event')}"
            _frame(axis, f"{title}  ({held})", end_s, top_hz, place is PANELS[0])
            _mark(axis, figure, boxes, top_hz)
        if any(level.size for level in shown):
            _scale(figure, drawn)
        return as_png(figure)


def window(clip: Clip) -> int:
    """Samples of the FFT window: about a 200th of the clip, a power of two between 128 and 2,048."""
    import numpy as np

    return int(2 ** min(max(round(np.log2(max(clip.frames / 200, 1))), 7), 11))


def levels(clip: Clip, usual: int) -> Levels:
    """Spectrogram (frequencies, about COLUMNS) in dB to full scale, from windows that are centred on times from the
    clip's start to its end; (0, 0) for less than one window, which has the usual samples times the clip's scale."""
    import numpy as np

    size = max(round(usual * (clip.n_fft_scale or 1.0)), 32)
    if clip.frames < size:
        return np.zeros((0, 0))
    step = max(size // 8, clip.frames // COLUMNS + 1)
    padded = np.pad(clip.samples, size // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::step]
    taper = np.hanning(size)
    power = np.abs(np.fft.rfft(windows * taper, axis=1)).T ** 2 * 4 / np.sum(taper) ** 2
    return 10 * np.log10(power + SILENT**2)


def limits(shown: Sequence[Levels]) -> tuple[float, float]:
    """Darkest and brightest level of both pictures, dB: from the lower of their noise floors to the loudest sound."""
    import numpy as np

    told = [level[:, level.max(axis=0) > 10 * np.log10(SILENT)] for level in shown if level.size]
    told = [level for level in told if level.size]
    if not told:
        return -LEAST_DB, 0.0
    high_db = max(float(np.percentile(level, 99.9)) for level in told)
    floor_db = min(float(np.percentile(level, FLOOR)) for level in told)
    return min(max(floor_db, high_db - MOST_DB), high_db - LEAST_DB), high_db


def _drawn(clip: Clip) -> list[Event]:
    return [e for e in clip.events if e.strength is Strength.strong and e.presence is not Presence.absent]


def _box(event: Event, own: set[tuple[str, str | None]]) -> Box:
    name = event.species or event.scientific_name or event.label or ""
    mine = (event.call_id, event.recording_id) in own
    return Box(event.start_s, event.end_s, event.low_hz, event.high_hz, name, mine)


def _frame(axis: Any, title: str, seconds: float, top_hz: float, first: bool) -> None:
    axis.set(xlim=(0, seconds or 1.0), ylim=(0, top_hz / 1000))
    axis.set_title(title, loc="left", color=DARK.ink, fontsize=10, pad=5)
    axis.set_xlabel("time (s)", color=DARK.faint, fontsize=9)
    if first:
        axis.set_ylabel("frequency (kHz)", color=DARK.faint, fontsize=9)
    axis.tick_params(colors=DARK.faint, labelsize=8.5, length=3)
    axis.spines[:].set_visible(False)


def _mark(axis: Any, figure: Any, boxes: Sequence[Box], top_hz: float) -> None:
    """A box for every call, and its text where that does not run into another."""
    from matplotlib.patches import Rectangle

    taken: list[Any] = []
    named = {box.text for box in boxes}
    for box in sorted(boxes, key=lambda box: box.end_s - box.start_s):
        low, high = (box.low_hz or 0) / 1000, min(box.high_hz or top_hz, top_hz) / 1000
        frame = Rectangle((box.start_s, low), box.end_s - box.start_s, high - low, fill=False, edgecolor="white")
        frame.set(linewidth=1.1 if len(boxes) <= FEW else 0.6, linestyle="-" if box.of_group else "--")
        axis.add_patch(frame)
        if len(named) < 2 and taken:
            continue
        text = write_above(axis, cut(box.text), (box.start_s + box.end_s) / 2, high, top_hz / 1000)
        place = text.get_window_extent(figure.canvas.get_renderer()).padded(2)
        if any(place.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(place)


def _scale(figure: Any, drawn: Any) -> None:
    axis = figure.add_axes(SCALE)
    bar = figure.colorbar(drawn, cax=axis)
    bar.outline.set_visible(False)
    axis.set_title("dB FS", color=DARK.faint, fontsize=8.5, pad=5)
    axis.tick_params(colors=DARK.faint, labelsize=8, length=2)


def as_png(figure: Any) -> bytes:
    """The figure in 256 colours: those of the levels, and greys for all else."""
    import numpy as np
    from matplotlib import colormaps
    from PIL import Image

    figure.set_facecolor(DARK.paper)
    figure.canvas.draw()
    colours = [tuple(round(255 * part) for part in colormaps["magma"](k / 207)[:3]) for k in range(208)]
    paper = tuple(int(DARK.paper[k : k + 2], 16) for k in (1, 3, 5))
    greys = [tuple(round(dark + (255 - dark) * k / 47) for dark in paper) for k in range(48)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours + greys for part in colour])
    whole = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    png = io.BytesIO()
    whole.quantize(palette=palette, dither=Image.Dither.NONE).save(png, format="png", optimize=True)
    return png.getvalue()


# Page -----------------------------------------------------------------------------------------------------------------


def page(recipe: Recipe, sections: Mapping[str, Sequence[tuple[Base, Shown, bytes]]]) -> str:
    """The whole page: a section for each step in the recipe's order, and one for all of them."""
    bases = [base for base, _, _ in sections.get("recipe", ())]
    links = " · ".join(f'<a href="#{name}">{escape(TITLES.get(name, name))}</a>' for name in sections)
    clips = "clip" if len(bases) == 1 else f"{len(bases)} clips"
    parts = [
        "<header>\n<h1>What augmentation does</h1>\n"
        f"<p>Chorus {__version__}. Each step of the recipe on {clips} of this lake, each step alone and always "
        "applied; last, the recipe as it is. Boxes are the labels of the events, dashed those that the step brought "
        f"in. Both pictures of a pair have the same colours.</p>\n<p>{links}</p>\n</header>",
        *(section(recipe, name, entries) for name, entries in sections.items()),
    ]
    head = HEAD.replace("Chorus: what this lake holds", "Chorus: what augmentation does")
    return head.replace("{style}", STYLE + MORE_STYLE) + "\n".join(parts) + FOOT


def section(recipe: Recipe, name: str, entries: Sequence[tuple[Base, Shown, bytes]]) -> str:
    """A step with its pictures."""
    step = getattr(recipe, name, None)
    if isinstance(step, Step):
        text = (type(step).__doc__ or "").strip().split("\n\n")[0]
        drawn = [named(field, value) for field, value in step if field != "probability" and value is not None]
        text = f"{' '.join(text.split())} Applied to {step.probability:.0%} of augmented clips" + (
            f", with {'; '.join(drawn)}." if drawn else "."
        )
    else:
        text = f"The steps in their order ({', '.join(recipe.order)}), each with its own probability."
    figures = "\n".join(_entry(*entry) for entry in entries) or "<p>None of these clips can show it.</p>"
    return (
        f'<section id="{escape(name)}">\n<h2>{escape(TITLES.get(name, name))}</h2>\n<p>{escape(text)}</p>\n'
        f"{figures}\n</section>"
    )


def _entry(base: Base, shown: Shown, png: bytes) -> str:
    log = "; ".join(logged(step) for step in shown.log) or "no step was drawn"
    where = f"{base.recording_id}, from {base.start_s:.2f} s, {shown.before.rate:,} Hz"
    alt = f"Spectrograms before and after; {log}"
    small = escape(f"{where} · {' AND '.join(shown.after.licences)}")
    return f"<figure>{image(png, alt)}<figcaption>{escape(log)}<small>{small}</small></figcaption></figure>"


def logged(step: AugmentStep) -> str:
    """A step of the log as text."""
    drawn = ", ".join(named(name, value) for name, value in step.params.items() if value != [])
    return f"{step.name}: {drawn}" if drawn else step.name


def named(name: str, value: Any) -> str:
    """A parameter as text, with the unit that its name ends with behind the value."""
    words = name.split("_")
    unit = UNITS.get(words[-1], "") if len(words) > 1 else ""
    return f"{' '.join(words[:-1] if unit else words)} {told(value)}{unit}"


def told(value: Any) -> str:
    """A value as text: numbers to four digits, a range as low to high."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, int | float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
        return f"{told(value[0])} to {told(value[1])}"
    if isinstance(value, Mapping):
        return "(" + ", ".join(named(str(name), inner) for name, inner in value.items()) + ")"
    if isinstance(value, list | tuple):
        return ", ".join(told(inner) for inner in value)
    return str(getattr(value, "value", value))


MORE_STYLE = """
figure { margin: 1rem 0 1.6rem; }
img { max-width: none; border-radius: 4px; }
main { max-width: 70rem; }
header a { color: inherit; }
"""
