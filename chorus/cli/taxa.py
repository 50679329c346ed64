"""`chorus taxa`: what a name stands for, and how the labels of the lake were resolved."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chorus.cli.options import Debug, Home, Json

if TYPE_CHECKING:
    from chorus.lake.taxa import Holdings
    from chorus.taxonomy.explain import Explained

#: Species and labels that are shown by name; the JSON holds all.
SHOWN = 8
#: What became of a label -> in words.
WORDS = {
    "species": "to species",
    "higher": "to a higher taxon",
    "none": "without taxon",
    "ambiguous": "ambiguous",
    "unknown": "unknown",
}


def taxa(
    name: Annotated[
        str | None,
        typer.Argument(help="A species or group: 'orca', 'Orcinus orca', NOCA, frog.", show_default=False),
    ] = None,
    home: Home = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Explain a name: its taxon, lineage, other names, and how many calls the lake holds under it.

    Names mean what they mean in chorus query. Without a name: how the labels of each source in
    the lake were resolved, and those that nobody knows.
    """
    from chorus.lake.layout import Layout
    from chorus.workspace import Workspace

    layout = Layout(Workspace.at(home).lake)
    layout.check_version()
    if name is None:
        print(_resolution(layout, json))
        return
    explained, held = _explain(layout, name)
    if json:
        print(dumps(explained.as_dict() | {"asked": name, "lake": held and held.as_dict()}, indent=1))
        return
    print(_text(explained, name))
    print(_held(held) if held else f"calls         no lake at {layout.root} yet: only names can be explained")


def _explain(layout: Any, name: str) -> tuple[Explained, Holdings | None]:
    """The taxon behind a name and what the lake holds of it; None where there is no lake."""
    from chorus.lake import Lake
    from chorus.lake.names import Names
    from chorus.lake.taxa import holdings, look_up, packaged
    from chorus.taxonomy.explain import explain

    filled = bool(layout.sources())
    names = Names(Lake(layout.root).connect() if filled else packaged())
    taxon = look_up(names, name)
    return explain(taxon.scientific_name, taxon.rank, name), holdings(names, taxon) if filled else None


def _text(found: Explained, name: str) -> str:
    """Facts of a taxon, one a line."""
    title = f"{found.scientific_name}, {found.rank}"
    english = [found.common_name, *found.other_names]
    facts = {
        "asked for": f"'{name}', {found.matched}",
        "in queries": clause("species", found.species) if found.species else clause("taxon", found.scientific_name),
        "English": ", ".join(n for n in english if n),
        "also": ", ".join(found.synonyms),
        "eBird": ", ".join(found.ebird_codes),
        "banding": ", ".join(found.alpha4_codes),
        "lineage": " > ".join(name for _, name in found.lineage),
    }
    return "\n".join([title, *(f"{key:<12}  {value}" for key, value in facts.items() if value)])


def clause(column: str, name: str) -> str:
    """A clause that asks for a name."""
    from chorus.lake.quoting import quoted

    return f"{column}={quoted(name)}"


def _held(held: Holdings) -> str:
    """The lake's share, as a line and a table by source."""
    from chorus.cli.table import render

    if not held.by_source:
        return "calls         none in the lake"
    lines = [f"calls         {held.calls:,} in {held.recordings:,} recording{'s' if held.recordings != 1 else ''}"]
    if len(held.by_species) > 1:
        top = ", ".join(f"{name} {n:,}" for name, n in list(held.by_species.items())[:SHOWN])
        more = f" and {len(held.by_species) - SHOWN:,} more" if len(held.by_species) > SHOWN else ""
        lines.append(f"of            {top}{more}")
    names = ["source", "calls", "uncertain", "ruled out", "recordings"]
    rows = [[h.source, h.calls, h.uncertain, h.absent, h.recordings] for h in held.by_source]
    return "\n".join([*lines, "", render(names, rows)])


def _resolution(layout: Any, json: bool) -> str:
    """How each source's labels came out. Raises ChorusError for a lake without sources."""
    from chorus.cli.table import render
    from chorus.errors import ChorusError
    from chorus.lake.taxa import OUTCOMES, resolution

    rows = resolution(layout)
    if not rows:
        raise ChorusError(f"the lake at {layout.root} holds no source yet: chorus ingest SOURCE --root DIR")
    if json:
        return dumps(rows, indent=1)
    names = ["source", "calls", "species", "higher taxon", "without taxon", "ambiguous", "unknown"]
    table = render(names, [[r["source"], r["labels"], *(share(r[o], r["labels"]) for o in OUTCOMES)] for r in rows])
    lines = []
    for row in rows:
        if row["unresolved"]:
            top = ", ".join(f"'{label}' {n:,}" for label, n in list(row["unresolved"].items())[:SHOWN])
            lines.append(f"{row['source']}: labels without a taxon: {top}")
    return "\n".join([table, *(lines or ["every label has its taxon, or has none on purpose"])])


def share(n: int, whole: int) -> str:
    """A share in percent that says 0 and 100 only of none and all."""
    if n in (0, whole):
        return "100 %" if n else ""
    return f"{min(max(100 * n / whole, 0.1), 99.9):.1f} %"


def resolved(counts: dict[str, int]) -> str:
    """Calls by what became of their labels: '14 to species (32.6 %), 10 to a higher taxon (23.3 %)'."""
    whole = sum(counts.values())
    found = {word: counts[name] for name, word in WORDS.items() if counts.get(name)}
    parts = [f"{n:,} {word}" + (f" ({share(n, whole)})" if len(found) > 1 else "") for word, n in found.items()]
    return ", ".join(parts)
