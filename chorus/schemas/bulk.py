"""The models' rules, run column by column: the same verdicts as pydantic at the speed of Arrow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import annotated_types as at
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from chorus.schemas.arrow import arrow_schema, split_optional

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Violation:
    """A rule and the rows that break it: `mask` is a boolean Arrow array as long as the table."""

    rule: str
    mask: Any


def check_table(model: type[BaseModel], table: pa.Table) -> list[Violation]:
    """Check a table with the model's Arrow schema; returns one Violation per broken rule, in the fields' order.

    A row that no violation marks is one that `model.model_validate` accepts. Raises ValueError when the table's
    columns or types are not the model's (that is a programming error, not bad data).
    """
    import pyarrow.compute as pc

    expected = arrow_schema(model)
    if not table.schema.equals(expected, check_metadata=False):
        raise ValueError(f"table of {model.__name__} has schema {table.schema}, expected {expected}")
    found = []
    for name, info in model.model_fields.items():
        for rule, mask in _field_checks(name, info, table[name]):
            if pc.any(mask).as_py():
                found.append(Violation(rule, mask))
    for rule in getattr(model, "rules", ()):
        mask = rule.broken(table)
        if pc.any(mask).as_py():
            found.append(Violation(rule.name, mask))
    return found


def _field_checks(name: str, info: FieldInfo, column: Any) -> list[tuple[str, Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, nullable = split_optional(info.annotation)
    checks: list[tuple[str, Any]] = []
    if not nullable and column.null_count:
        checks.append((f"{name} is missing", pc.is_null(column)))
    if column.null_count == len(column):
        return checks
    for test, mask in _value_checks(kind, _constraints(info), column):
        checks.append((f"{name} {test}", pc.fill_null(mask, False)))
    if get_origin(kind) is list and len(column):
        item, _ = split_optional(get_args(kind)[0])
        if isinstance(item, type) and issubclass(item, BaseModel):
            checks.append((f"{name} holds a bad item", _bad_structs(item, column)))
        else:
            flat, parents = _flatten(column)
            for test, mask in _value_checks(item, [], flat):
                bad = pc.unique(parents.filter(pc.fill_null(mask, False)))
                checks.append((f"{name} {test}", pc.is_in(pa.array(range(len(column)), pa.int64()), value_set=bad)))
    return checks


def _value_checks(kind: Any, constraints: list[Any], column: Any) -> list[tuple[str, Any]]:
    """Checks of single values: finite, bounds, lengths, closed vocabularies. Nulls come out as null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    checks: list[tuple[str, Any]] = []
    if isinstance(kind, type) and issubclass(kind, Enum):
        known = pa.array([e.value for e in kind])
        checks.append(
            (f"is none of {', '.join(known.to_pylist())}", pc.and_not(pc.is_valid(column), pc.is_in(column, known)))
        )
    bounds = {
        at.Ge: (pc.less, "<"),
        at.Gt: (pc.less_equal, "<="),
        at.Le: (pc.greater, ">"),
        at.Lt: (pc.greater_equal, ">="),
    }
    for c in constraints:
        if type(c) in bounds:
            compare, sign = bounds[type(c)]
            limit = next(iter(vars(c).values())) if hasattr(c, "__dict__") else getattr(c, type(c).__name__.lower())
            checks.append((f"{sign} {limit}", compare(column, pa.scalar(limit, column.type))))
        elif isinstance(c, at.MinLen):
            checks.append(("is empty", pc.less(_least_length(column, c.min_length), c.min_length)))
        elif getattr(c, "allow_inf_nan", None) is False:
            checks.append(("is not finite", pc.invert(pc.is_finite(column))))
    return checks


def _least_length(column: Any, wanted: int) -> Any:
    """Length of each text: in bytes where only empty ones matter, which is quicker to tell than in characters."""
    import pyarrow.compute as pc

    return pc.binary_length(column) if wanted == 1 else pc.utf8_length(column)


def _constraints(info: FieldInfo) -> list[Any]:
    """Constraints of a field, those inside `X | None` too."""
    found = list(info.metadata)
    stack = [info.annotation]
    while stack:
        annotation = stack.pop()
        if get_origin(annotation) is Annotated:
            for meta in get_args(annotation)[1:]:
                found += meta.metadata if isinstance(meta, FieldInfo) else [meta]
            stack.append(get_args(annotation)[0])
        elif get_origin(annotation) is not list:
            stack += get_args(annotation)
    return found


def _flatten(column: Any) -> tuple[Any, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pc.list_flatten(whole), pc.cast(pc.list_parent_indices(whole), pa.int64())


def _bad_structs(item: type[BaseModel], column: Any) -> Any:
    """True where a list of structs holds a struct that its model refuses."""
    import pyarrow as pa
    import pyarrow.compute as pc

    flat, parents = _flatten(column)
    bad = pa.array([], pa.int64())
    if len(flat):
        inner = pa.Table.from_arrays(flat.flatten(), schema=arrow_schema(item))
        for violation in check_table(item, inner):
            bad = pa.concat_arrays([bad, parents.filter(_plain(violation.mask))])
    return pc.is_in(pa.array(range(len(column)), pa.int64()), value_set=pc.unique(bad))


def _plain(mask: Any) -> Any:
    import pyarrow as pa

    return mask.combine_chunks() if isinstance(mask, pa.ChunkedArray) else mask
