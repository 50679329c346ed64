"""Which charts the overview shows, what each line of them says, and what its words mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from chorus.overview import figures
from chorus.overview.contexts import CLASSES
from chorus.overview.figures import Bar, Theme
from chorus.overview.groups import GROUPS, NOT_CALLS
from chorus.overview.numbers import Numbers, Share


@dataclass(frozen=True)
class Chart:
    """A chart with its text. `unit`: what the length of a bar stands for; `meanings`: lines to explain, under
    `meanings_title`; `upright`: drawn as columns."""

    slug: str
    title: str
    text: str
    unit: str
    heads: tuple[str, ...]
    rows: list[Bar]
    meanings: dict[str, str] = field(default_factory=dict)
    meanings_title: str = "What the words mean"
    upright: bool = False

    def draw(self, theme: Theme) -> bytes:
        """The chart as PNG."""
        return figures.columns(self.rows, theme) if self.upright else figures.bars(self.rows, self.heads, theme)


def charts(numbers: Numbers) -> list[Chart]:
    """The charts of a lake; one with nothing to show is left out."""
    makers: tuple[Callable[[Numbers], Chart], ...] = (
        _groups,
        _contexts,
        _environments,
        _strengths,
        _reviewed,
        _rates,
        _licences,
    )
    return [chart for chart in (make(numbers) for make in makers) if chart.rows]


SHARE_HEADS = ("calls", "species", "hours", "sources")


def _bars(shares: Iterable[Share]) -> list[Bar]:
    return [
        Bar(
            share.name,
            share.calls,
            (f"{share.calls:,}", f"{share.species:,}", hours(share.hours), f"{share.sources:,}"),
            share.name in NOT_CALLS,
        )
        for share in shares
    ]


def _groups(numbers: Numbers) -> Chart:
    meanings = {group.name: group.meaning for group in GROUPS}
    shown = by_calls(numbers.groups)
    return Chart(
        "groups",
        "Who calls",
        "Calls by the group that makes them. Noise and silence are annotated too, and are nobody's call. A group comes "
        "from the columns kind, taxon_class, taxon_order and family of a call; its hours are those of the recordings "
        "it is heard in.",
        "calls",
        SHARE_HEADS,
        _bars(shown),
        {share.name: meanings[share.name] for share in shown},
    )


def _contexts(numbers: Numbers) -> Chart:
    whole = numbers.totals.recordings or 1
    rows = [
        Bar(
            context.name,
            context.recordings,
            (
                f"{context.recordings:,}",
                f"{100 * context.recordings / whole:.1f} %",
                f"{context.calls:,}",
                hours(context.hours),
            ),
            context.name in ("weak labels only", "no calls"),
        )
        for context in numbers.contexts
    ]
    return Chart(
        "contexts",
        "In what company",
        "Every recording once, in the first class that holds. Two calls share a moment when one starts before the "
        "other ends; calls that only touch, and calls of no length, do not. Only calls with marked times are compared, "
        "and only calls with a species can be of two species. Where a recording is annotated in part, there may be "
        "more than is marked.",
        "recordings",
        ("recordings", "share", "calls", "hours"),
        rows if numbers.totals.recordings else [],
        CLASSES,
        "What the words mean, and after a colon what the paper's Figure 1 calls it",
    )


def _environments(numbers: Numbers) -> Chart:
    text = "Calls by where the recordings of their source were made; hours are those of all its recordings."
    return Chart("environments", "Where", text, "calls", SHARE_HEADS, _bars(numbers.environments))


def _strengths(numbers: Numbers) -> Chart:
    return Chart(
        "strengths",
        "How calls are marked",
        "Calls by the strength of their labels.",
        "calls",
        SHARE_HEADS,
        _bars(numbers.strengths),
        {"strong": "start and end were marked", "weak": "the label holds somewhere inside the span"},
    )


def _reviewed(numbers: Numbers) -> Chart:
    rows = [
        Bar(s.name, s.recordings, (f"{s.recordings:,}", f"{s.calls:,}", hours(s.hours), f"{s.sources:,}"))
        for s in sorted(numbers.reviewed, key=lambda s: -s.recordings)
    ]
    return Chart(
        "reviewed",
        "How much was listened to",
        "Recordings by how much of them was annotated.",
        "recordings",
        ("recordings", "calls", "hours", "sources"),
        rows,
        {
            "full": "all of it: outside its calls nothing calls",
            "partial": "parts of it, or some of its callers",
            "weak": "what is heard is told, not when",
            "none": "not annotated",
        },
    )


def _rates(numbers: Numbers) -> Chart:
    rows = [Bar(_octave(r.low_hz, r.high_hz), r.recordings, (f"{r.recordings:,}",)) for r in numbers.rates]
    unknown = f" The rate of {numbers.unknown_rate:,} recordings is not known." if numbers.unknown_rate else ""
    listed = {
        _octave(r.low_hz, r.high_hz): ", ".join(f"{rate:,}" for rate in r.rates[:12])
        + (f" and {len(r.rates) - 12:,} more" if len(r.rates) > 12 else "")
        + " Hz"
        for r in numbers.rates
        if r.rates
    }
    return Chart(
        "rates",
        "Sample rates",
        "Recordings by their own sample rate, in octaves. Rates are real ones: time expansion is undone." + unknown,
        "recordings",
        ("recordings",),
        rows,
        listed,
        "Which rates",
        upright=True,
    )


def by_calls(groups: Iterable[Share]) -> list[Share]:
    """Groups as they stand (most calls first), noise and silence last."""
    return sorted(groups, key=lambda share: share.name in NOT_CALLS)


def _octave(low_hz: int, high_hz: int) -> str:
    return f"{low_hz // 1000}–{high_hz // 1000} kHz" if low_hz else "below 1 kHz"


def _licences(numbers: Numbers) -> Chart:
    text = "Calls by the licence of their recording, else of their source. A licence that nobody states is unknown."
    return Chart("licences", "Under which licence", text, "calls", SHARE_HEADS, _bars(numbers.licences))


def hours(value: float) -> str:
    """Hours as a person would write them; a dash where there are none."""
    if not value:
        return "–"
    if value < 0.005:
        return "<0.01"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
