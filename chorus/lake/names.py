"""Names in queries: `species='killer whale'` and `taxon='Cetacea'` mean the animals, whatever they are called.

DuckDB's own parser turns the statement into JSON; comparisons of the columns `species` and `taxon` with text are
replaced in that tree, and DuckDB turns it back into SQL. Nothing else in the statement is touched.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chorus.errors import UsageError, nearest
from chorus.taxonomy.tables import clades, fold

if TYPE_CHECKING:
    import duckdb

Node = dict[str, Any]
EQUAL = {"COMPARE_EQUAL": False, "COMPARE_NOTEQUAL": True}
IN = {"COMPARE_IN": False, "COMPARE_NOT_IN": True}
RANK_COLUMN = {
    "species": "scientific_name",
    "species complex": "scientific_name",
    "genus": "genus",
    "family": "family",
    "order": "taxon_order",
    "class": "taxon_class",
}


@dataclass(frozen=True)
class Named:
    """A taxon that a name in a query stands for."""

    scientific_name: str
    rank: str
    species: str | None
    names: tuple[str, ...]


class Names:
    """Looks names up in the lake's `taxa` table."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self.db = db

    def find(self, name: str) -> list[Named]:
        """Taxa that go by a name: those whose main name it is, else all that have it."""
        rows = self.db.execute(
            "SELECT scientific_name, rank, species, common_name, names FROM taxa WHERE list_contains(names, ?)",
            [fold(name)],
        ).fetchall()
        main = [r for r in rows if fold(name) in {fold(n) for n in r[:4] if n}]
        return [Named(r[0], r[1], r[2], tuple(r[4])) for r in (main or rows)]

    def candidates(self, name: str) -> list[Named]:
        """Every taxon that `taxon='name'` may stand for: of those in the table, else groups known from lineages."""
        return self.find(name) or self._groups(name)

    def _groups(self, name: str) -> list[Named]:
        """Genera, families, orders and classes that are known only as part of some species' lineage."""
        found = []
        for rank in ("genus", "family", "order", "class"):
            column = RANK_COLUMN[rank]
            query = f"SELECT DISTINCT {column} FROM taxa WHERE lower({column}) = ?"
            found += [Named(row[0], rank, None, ()) for row in self.db.execute(query, [fold(name)]).fetchall()]
        return found

    def unknown(self, name: str, column: str) -> UsageError:
        """The error for a name nobody knows, with the nearest known names."""
        known = [row[0] for row in self.db.execute("SELECT DISTINCT unnest(names) FROM taxa").fetchall()]
        return UsageError(f"{column}='{name}': nobody by that name{nearest(fold(name), known)}")

    def species(self, name: str) -> str:
        """The value of `calls.species` for a name. Raises UsageError when it is unknown, ambiguous or no species."""
        found = self.find(name)
        species = [t for t in found if t.species]
        if len(species) == 1:
            return str(species[0].species)
        if len(species) > 1:
            options = " or ".join(f"'{t.scientific_name}'" for t in species)
            raise UsageError(f"species='{name}' may be {options}: write the scientific name")
        if self.db.execute("SELECT 1 FROM calls WHERE species = ? LIMIT 1", [name]).fetchall():
            return name
        if found:
            rank = f"{found[0].scientific_name} is of rank {found[0].rank}, no species"
            raise UsageError(f"species='{name}': {rank}: use taxon='{name}'")
        raise self.unknown(name, "species")

    def taxon(self, name: str, prefix: str) -> str:
        """An SQL predicate for everything at or below a taxon; `prefix` qualifies the columns ('c.' or '')."""
        found = self.candidates(name)
        if not found:
            raise self.unknown(name, "taxon")
        if len(found) > 1:
            options = " or ".join(f"'{t.scientific_name}'" for t in found)
            raise UsageError(f"taxon='{name}' may be {options}: write the scientific name")
        return self.below(found[0], prefix)

    def below(self, taxon: Named, prefix: str) -> str:
        """An SQL predicate for the calls of a taxon and of everything below it."""
        name = taxon.scientific_name
        if taxon.rank in RANK_COLUMN:
            return f"{prefix}{RANK_COLUMN[taxon.rank]} = {_text(name)}"
        if taxon.rank == "kingdom":
            return f"{prefix}scientific_name IS NOT NULL"
        if taxon.rank == "phylum":
            classes = self.db.execute("SELECT DISTINCT taxon_class FROM taxa WHERE phylum = ?", [name]).fetchall()
            members = [row[0] for row in classes if row[0]]
            return f"({prefix}taxon_class IN ({_list(members)}) OR {prefix}scientific_name = {_text(name)})"
        members = list(clades().get(name, ()))
        groups = [c for c, inner in clades().items() if set(inner) <= set(members)] or [name]
        inside = f"{prefix}family IN ({_list(members)}) OR {prefix}genus IN ({_list(members)})"
        return f"({inside} OR {prefix}scientific_name IN ({_list(groups)}))"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _list(values: list[str]) -> str:
    return ", ".join(map(_text, values)) or "NULL"


def rewrite(db: duckdb.DuckDBPyConnection, tree: Node) -> bool:
    """Replace names in a serialised statement, in place. Returns whether anything changed."""
    names = Names(db)
    changed = False

    def visit(node: Any) -> Any:
        nonlocal changed
        if isinstance(node, list):
            return [visit(item) for item in node]
        if not isinstance(node, dict):
            return node
        replaced = _comparison(node, names, db)
        if replaced is not None:
            changed = True
            return replaced
        return {key: visit(value) for key, value in node.items()}

    tree["statements"] = visit(tree["statements"])
    return changed


def _comparison(node: Node, names: Names, db: duckdb.DuckDBPyConnection) -> Node | None:
    """The replacement of `species = 'x'`, `taxon IN ('x', ...)` and their negations; None for any other node."""
    kind = node.get("type")
    if kind in EQUAL and isinstance(node.get("left"), dict):
        sides = (node["left"], node["right"])
        column, constant = sides if _column(sides[0]) else sides[::-1]
        if _column(column) and (text := _string(constant)) is not None:
            if _column(column) == "species":
                constant["literal"]["text"] = names.species(text)
                return node
            return _parse(db, names.taxon(text, _prefix(column)), EQUAL[kind])
    if kind in IN and node.get("children") and (name := _column(node["children"][0])):
        column, *constants = node["children"]
        texts = [_string(c) for c in constants]
        if all(t is not None for t in texts):
            if name == "species":
                for constant, text in zip(constants, texts, strict=True):
                    constant["literal"]["text"] = names.species(str(text))
                return node
            predicates = [names.taxon(str(text), _prefix(column)) for text in texts]
            return _parse(db, " OR ".join(f"({p})" for p in predicates), IN[kind])
    return None


def _column(node: Any) -> str | None:
    """'species' or 'taxon' for a reference to that column."""
    if isinstance(node, dict) and node.get("type") == "COLUMN_REF":
        name = str(node["column_names"][-1]).casefold()
        return name if name in ("species", "taxon") else None
    return None


def _string(node: Any) -> str | None:
    if isinstance(node, dict) and node.get("type") == "VALUE_CONSTANT":
        literal = node.get("literal", {})
        return literal["text"] if literal.get("kind") == "STRING" else None
    return None


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
