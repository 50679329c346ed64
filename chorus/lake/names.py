"""Names in queries: `species='killer whale'` and `taxon='Cetacea'` mean the animals, whatever they are called.

DuckDB's own parser turns the statement into JSON; comparisons of the columns `species` and `taxon` with text (see
`chorus.lake.compared`) are replaced in that tree, and DuckDB turns it back into SQL. Nothing else in the statement is
touched.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chorus.errors import UsageError
from chorus.lake.compared import Compared, Node, bare, column, compared, is_null, part_of, put, string
from chorus.lake.quoting import listed, quoted
from chorus.taxonomy.near import near, words
from chorus.taxonomy.plural import singulars
from chorus.taxonomy.tables import clades, fold

if TYPE_CHECKING:
    import duckdb

RANK_COLUMN = {
    "species": "scientific_name",
    "species complex": "scientific_name",
    "genus": "genus",
    "family": "family",
    "order": "taxon_order",
    "class": "taxon_class",
}


#: Taxa and names that an error lists.
SHOWN = 3
#: What to write, where `taxon` stands beside something that is no name.
TAXON = (
    "taxon is no column, it only stands beside names: taxon='frog', taxon<>'frog', taxon IN ('frog', 'bird'); "
    "columns are species, scientific_name, genus, family, taxon_order and taxon_class"
)


@dataclass(frozen=True)
class Named:
    """A taxon that a name in a query stands for; `by_code`: the name is an eBird or banding code of it."""

    scientific_name: str
    rank: str
    species: str | None
    by_code: bool = False

    def __str__(self) -> str:
        kind = f"{self.species}, a species" if self.species else self.rank
        return f"'{self.scientific_name}' ({kind}{', by its code' if self.by_code else ''})"


class Names:
    """Looks names up in the lake's `taxa` table."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self.db = db

    def find(self, name: str) -> list[Named]:
        """Taxa that go by a name, or by the one that it is the plural of."""
        return self._called(name) or self._plural(name)

    def _plural(self, name: str) -> list[Named]:
        """Taxa that go by what a name is the plural of; codes have none."""
        found = ([taxon for taxon in self._called(one) if not taxon.by_code] for one in singulars(fold(name)))
        return next(filter(None, found), [])

    def _called(self, name: str) -> list[Named]:
        """Taxa whose main name it is, else all that have it. In capitals a code counts as much as a main name: PUMA is
        a purple martin, or a puma. Else words go before codes: 'fish' is no FISH."""
        rows = self.db.execute(
            "SELECT scientific_name, rank, species, common_name, other_names FROM taxa WHERE list_contains(names, ?)",
            [fold(name)],
        ).fetchall()
        main: list[Named] = []
        others: list[Named] = []
        for scientific, rank, species, common, other_names in rows:
            is_main = fold(name) in {fold(n) for n in (scientific, species, common) if n}
            by_code = not (is_main or " " in name or fold(name) in map(fold, other_names))
            found = Named(scientific, rank, species, by_code)
            (main if is_main or (by_code and name.isupper()) else others).append(found)
        words_only = [taxon for taxon in others if not taxon.by_code]
        return main or (others if name.isupper() else words_only or others)

    def candidates(self, name: str) -> list[Named]:
        """Every taxon that `taxon='name'` may stand for: of those in the table, else groups known from lineages."""
        return self._called(name) or self._groups(name) or self._plural(name)

    def _groups(self, name: str) -> list[Named]:
        """Genera, families, orders and classes that are known only as part of some species' lineage."""
        found = []
        for rank in ("genus", "family", "order", "class"):
            column = RANK_COLUMN[rank]
            query = f"SELECT DISTINCT {column} FROM taxa WHERE lower({column}) = ?"
            found += [Named(row[0], rank, None) for row in self.db.execute(query, [fold(name)]).fetchall()]
        return found

    def unknown(self, name: str, asked: str) -> UsageError:
        """The error for a name nobody knows, with the nearest known names; `asked` is how it was written."""
        codes = singulars(fold(name))  # names they are not, or this were the plural of one
        known = [one for one in self._known() if one not in codes]
        return UsageError(f"{asked}: nobody by that name{_listed('; nearest: ', near(fold(name), known))}")

    def _known(self) -> list[str]:
        return [row[0] for row in self.db.execute("SELECT DISTINCT unnest(names) FROM taxa").fetchall()]

    def the_one(self, found: list[Named], name: str, asked: str) -> Named:
        """The only taxon that was found. Raises UsageError where there are several, or none, and for a code in small
        letters that is a word of other animals' names: 'wren' is no WREN."""
        if not found:
            raise self.unknown(name, asked)
        if len(found) > 1:
            raise UsageError(f"{asked} may be {' or '.join(map(str, found))}: write the scientific name")
        if found[0].by_code and not name.isupper():
            own = self.db.execute("SELECT names FROM taxa WHERE scientific_name = ?", [found[0].scientific_name])
            mine = set(own.fetchall()[0][0])
            others = [known for known in self._known() if fold(name) in words(known) and known not in mine]
            if others:
                raise UsageError(
                    f"{asked} may be {found[0]}{_listed(' or ', near(fold(name), others))}: "
                    f"write the code in capitals ('{name.upper()}') or the whole name"
                )
        return found[0]

    def species(self, name: str) -> str:
        """The value of `calls.species` for a name. Raises UsageError when it is unknown, ambiguous or no species."""
        found, asked = self.find(name), f"species={quoted(name)}"
        if not any(taxon.species for taxon in found):
            if self.db.execute("SELECT 1 FROM calls WHERE species = ? LIMIT 1", [name]).fetchall():
                return name
            if found:
                rank = f"{found[0].scientific_name} is of rank {found[0].rank}, no species"
                raise UsageError(f"{asked}: {rank}: use taxon={quoted(name)}")
        return str(self.the_one(found, name, asked).species)

    def in_a_species(self, part: str) -> bool:
        """Whether the name of any species, as it stands in tables, has a part."""
        return bool(self.db.execute("SELECT 1 FROM taxa WHERE contains(species, ?) LIMIT 1", [part]).fetchall())

    def taxon(self, name: str, prefix: str) -> str:
        """An SQL predicate for everything at or below a taxon; `prefix` qualifies the columns ('c.' or '')."""
        return self.below(self.the_one(self.candidates(name), name, f"taxon={quoted(name)}"), prefix)

    def below(self, taxon: Named, prefix: str) -> str:
        """An SQL predicate for the calls of a taxon and of everything below it."""
        name = taxon.scientific_name
        if taxon.rank in RANK_COLUMN:
            return f"{prefix}{RANK_COLUMN[taxon.rank]} = {quoted(name)}"
        if taxon.rank == "kingdom":
            return f"{prefix}scientific_name IS NOT NULL"
        if taxon.rank == "phylum":
            classes = self.db.execute("SELECT DISTINCT taxon_class FROM taxa WHERE phylum = ?", [name]).fetchall()
            members = [row[0] for row in classes if row[0]]
            return f"({prefix}taxon_class IN ({listed(members)}) OR {prefix}scientific_name = {quoted(name)})"
        members = list(clades().get(name, ()))
        groups = [c for c, inner in clades().items() if set(inner) <= set(members)] or [name]
        inside = f"{prefix}family IN ({listed(members)}) OR {prefix}genus IN ({listed(members)})"
        return f"({inside} OR {prefix}scientific_name IN ({listed(groups)}))"


def _listed(before: str, names: list[str]) -> str:
    """The first of some names and the number of the rest, after some words; '' for none."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return f"{before}{', '.join(names[:SHOWN])}{more}" if names else ""


def rewrite(db: duckdb.DuckDBPyConnection, tree: Node) -> bool:
    """Replace names in a serialised statement, in place. Returns whether anything changed. Raises UsageError for a
    name that is no one taxon, and for `taxon` beside anything but names."""
    names = Names(db)
    own_taxon = _gives(tree, "taxon")
    changed = False

    def visit(node: Any) -> Any:
        nonlocal changed
        if isinstance(node, list):
            return [visit(item) for item in node]
        if not isinstance(node, dict):
            return node
        for found in compared(node):
            if column(found.side) == "species":
                changed |= _resolve(found, names)
            elif (predicate := _predicate(found, names)) is not None:
                changed = True
                return _parse(db, predicate, bool(found.negate)) | {"alias": node.get("alias", "")}
        _check_part(node, names)
        if node.get("type") == "COLUMN_REF" and column(node) == "taxon" and not own_taxon:
            raise UsageError(TAXON)
        return {key: visit(value) for key, value in node.items()}

    tree["statements"] = visit(tree["statements"])
    return changed


def _resolve(found: Compared, names: Names) -> bool:
    """Put the stored names in place of those that `species` is compared with; whether there were any."""
    texts = [(value, text) for value in found.values if (text := string(value)) is not None]
    for value, text in texts:
        constant = bare(value)
        put(constant, names.species(text))
        _become(value, constant)
    if texts:
        _become(found.side, bare(found.side))
    return bool(texts)


def _become(node: Node, other: Node) -> None:
    """Make a node what stands inside it."""
    if node is not other:
        node.clear()
        node.update(other)


def _predicate(found: Compared, names: Names) -> str | None:
    """The SQL predicate of the taxa that `taxon` is compared with; None where that is not with names only."""
    texts = [string(value) for value in found.values if not is_null(value)]
    if found.negate is None or not texts or None in texts:
        return None
    prefix = _prefix(bare(found.side))
    return " OR ".join(f"({names.taxon(str(text), prefix)})" for text in texts)


def _check_part(node: Node, names: Names) -> None:
    """Raise UsageError for a whole name where a part of stored names is asked for, and none has it."""
    side, text = part_of(node) or (None, "")
    if side and column(side) == "species" and not names.in_a_species(text) and (found := names.find(text)):
        kind = "species" if any(taxon.species for taxon in found) else "taxon"
        raise UsageError(f"no species is written with {quoted(text)}, which is a name: write {kind}={quoted(text)}")


def _gives(node: Any, name: str) -> bool:
    """Whether a statement gives something of its own a name, as `AS taxon` does."""
    if isinstance(node, list):
        return any(_gives(item, name) for item in node)
    if isinstance(node, dict):
        return any(_gives(value, name) for key, value in node.items() if key != "column_names")
    return isinstance(node, str) and node.casefold() == name


def _prefix(column: Node) -> str:
    return "".join('"' + part.replace('"', '""') + '".' for part in column["column_names"][:-1])


def _parse(db: duckdb.DuckDBPyConnection, predicate: str, negate: bool) -> Node:
    """The tree of an SQL predicate. A row without taxon is not below any: NULL counts as false."""
    whole = f"coalesce({predicate}, false)"
    tree = serialise(db, f"SELECT 1 WHERE {'NOT ' if negate else ''}{whole}")
    node: Node = tree["statements"][0]["node"]["where_clause"]
    return node


def serialise(db: duckdb.DuckDBPyConnection, sql: str, fail: Callable[[Node], Exception] | None = None) -> Node:
    """A statement as DuckDB's JSON tree; `fail` turns DuckDB's error record into the exception to raise."""
    tree: Node = json.loads(db.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if tree.get("error"):
        raise fail(tree) if fail else ValueError(f"{sql}: {tree.get('error_message')}")
    return tree
