"""Where a statement compares the columns `species` and `taxon` with values: by =, IN, a list, ANY, LIKE, or in a row
with other columns; under lower() or a collation too. Statements are trees as DuckDB serialises them to JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Node = dict[str, Any]
NAMED = ("species", "taxon")
#: Kind of comparison -> whether it holds for what is not equal.
EQUAL = {
    "COMPARE_EQUAL": False,
    "COMPARE_NOTEQUAL": True,
    "COMPARE_NOT_DISTINCT_FROM": False,
    "COMPARE_DISTINCT_FROM": True,
}
IN = {"COMPARE_IN": False, "COMPARE_NOT_IN": True}
#: Functions of a list and of what may be in it.
HOLDS = {"contains", "list_contains", "list_has", "array_contains", "array_has"}
#: What makes a regular expression more than a text.
REGEX = r"\.^$*+?()[]{}|"
#: Comparisons with a pattern -> what makes that more than a name, and whether they hold for what is not like it.
PATTERNS = {
    "~~": ("%_", False),
    "!~~": ("%_", True),
    "~~*": ("%_", False),
    "!~~*": ("%_", True),
    "~~~": ("*?[", False),
    "regexp_full_match": (REGEX, False),
}
#: Functions of a text and of what may be a part of it.
PARTS = {"contains", "regexp_matches", "starts_with", "prefix", "^@", "ends_with", "suffix"}
#: Functions under which a name is the same name.
COVERS = {"lower", "lcase", "upper", "ucase", "trim"}


@dataclass(frozen=True)
class Compared:
    """A side that is a name column with the values on the other. `negate`: the comparison holds for what is none of
    them; None: for something else."""

    side: Node
    values: list[Node]
    negate: bool | None


def compared(node: Node) -> Iterator[Compared]:
    """The comparisons of name columns that a node itself makes."""
    kind = node.get("type")
    if not isinstance(kind, str):
        return  # the type of a column, or of a sample
    if kind in EQUAL and isinstance(node.get("left"), dict):
        yield from _sides(node["left"], [node["right"]], EQUAL[kind])
        yield from _sides(node["right"], [node["left"]], EQUAL[kind])
    elif kind in IN:
        yield from _sides(node["children"][0], node["children"][1:], IN[kind])
    elif kind == "SUBQUERY" and node["subquery_type"] == "ANY":
        if values := _constants(node["subquery"]["node"]):
            yield from _sides(node["child"], values, False if node["comparison_type"] == "COMPARE_EQUAL" else None)
    elif kind == "FUNCTION":
        yield from _by_function(str(node["function_name"]), arguments(node))


def _by_function(function: str, given: Sequence[Node]) -> Iterator[Compared]:
    """The same of a function, or of an operator that is one."""
    if len(given) != 2:
        return
    if function in HOLDS and _calls(given[0], "list_value"):
        yield from _sides(given[1], arguments(bare(given[0])), False)
    if function in PATTERNS:
        wild, negate = PATTERNS[function]
        if not set(string(given[1]) or "") & set(wild):
            yield from _sides(given[0], [given[1]], negate)


def _sides(side: Node, values: list[Node], negate: bool | None) -> Iterator[Compared]:
    """A side that is a name column, or of a row of columns each that is one."""
    if column(side):
        yield Compared(side, values, negate)
    elif _calls(side, "row"):
        rows = [arguments(value) for value in values if _calls(value, "row")]
        for place, part in enumerate(arguments(side)):
            if column(part):
                yield Compared(part, [row[place] for row in rows if len(row) > place], None)


def _constants(select: Node) -> list[Node]:
    """The values of a subquery that has no table: of a list, of VALUES; none of any other."""
    table = select.get("from_table") or {}
    if table.get("type") == "EXPRESSION_LIST":
        return [row[0] for row in table["values"] if len(row) == 1]
    found: list[Node] = []
    for item in select["select_list"] if table.get("type") == "EMPTY" else ():
        listed = arguments(item)[0] if _calls(item, "unnest") else item
        found += arguments(bare(listed)) if _calls(listed, "list_value") else [item]
    return found


def part_of(node: Node) -> tuple[Node, str] | None:
    """The name column and the plain text that a node looks for in it; None for any other node."""
    if node.get("type") == "FUNCTION" and node["function_name"] in PARTS and len(given := arguments(node)) == 2:
        text = string(given[1])
        if column(given[0]) and text and not set(text) & set(REGEX):
            return given[0], text
    return None


def arguments(node: Node) -> list[Node]:
    """The arguments of a function."""
    if "arguments" in node:  # DuckDB 2; 1 has children
        return [argument["expression"] for argument in node["arguments"]]
    return list(node.get("children") or ())


def bare(node: Node) -> Node:
    """What stands inside casts, collations and functions that only change the case."""
    if node.get("type") in ("COLLATE", "OPERATOR_CAST"):
        return bare(node["child"])
    if node.get("type") == "FUNCTION" and node["function_name"] in COVERS and len(arguments(node)) == 1:
        return bare(arguments(node)[0])
    return node


def column(node: Node) -> str | None:
    """'species' or 'taxon' for a reference to that column."""
    inside = bare(node)
    if inside.get("type") != "COLUMN_REF":
        return None
    name = str(inside["column_names"][-1]).casefold()
    return name if name in NAMED else None


def string(node: Node) -> str | None:
    """The text of a constant that is one."""
    facts = _constant(node)
    if facts.get("kind") == "STRING":
        return str(facts["text"])
    return str(facts["value"]) if _type(facts) == "VARCHAR" and not facts["is_null"] else None


def put(node: Node, text: str) -> None:
    """Give a constant that is a text another one."""
    facts = _constant(node)
    facts["text" if "kind" in facts else "value"] = text


def is_null(node: Node) -> bool:
    """Whether it is NULL as written."""
    facts = _constant(node)
    return facts.get("kind") == "NULL_LITERAL" or _type(facts) == "NULL"


def _constant(node: Node) -> Node:
    """What is told of a constant: its `kind` and `text` by DuckDB 2, its `type` and `value` by DuckDB 1."""
    inside = bare(node)
    found: Node = inside.get("literal") or inside.get("value") or {}
    return found if inside.get("type") == "VALUE_CONSTANT" else {}


def _type(facts: Node) -> str | None:
    return (facts.get("type") or {}).get("id")


def _calls(node: Node, function: str) -> bool:
    inside = bare(node)
    return inside.get("type") == "FUNCTION" and inside["function_name"] == function
