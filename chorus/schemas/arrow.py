"""Arrow column types, derived from a pydantic model."""

from __future__ import annotations

import datetime as dt
import types
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    import pyarrow as pa


@cache
def arrow_schema(model: type[BaseModel]) -> pa.Schema:
    """The Arrow schema of a model: one field per model field, its description kept as metadata.

    Raises TypeError for a field whose type has no column type.
    """
    import pyarrow as pa

    fields = []
    for name, info in model.model_fields.items():
        kind, nullable = split_optional(info.annotation)
        meta = {"description": info.description or ""}
        fields.append(pa.field(name, _arrow_type(kind), nullable=nullable, metadata=meta))
    return pa.schema(fields)


def split_optional(annotation: Any) -> tuple[Any, bool]:
    """`X | None` -> (X, True); `X` -> (X, False). `Annotated` is unwrapped."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [a for a in get_args(annotation) if a is not type(None)]
        if len(rest) == 1:
            return split_optional(rest[0])[0], True
        raise TypeError(f"no column type for {annotation}")
    return annotation, False


def _arrow_type(kind: Any) -> pa.DataType:
    import pyarrow as pa

    if get_origin(kind) is list:
        item, nullable = split_optional(get_args(kind)[0])
        return pa.list_(pa.field("item", _arrow_type(item), nullable=nullable))
    if isinstance(kind, type):
        if issubclass(kind, Enum | str):
            return pa.string()
        if issubclass(kind, bool):
            return pa.bool_()
        if issubclass(kind, BaseModel):
            return pa.struct(list(arrow_schema(kind)))
        plain = {int: pa.int64(), float: pa.float64(), dt.datetime: pa.timestamp("us")}
        if kind in plain:
            return plain[kind]
    raise TypeError(f"no column type for {kind}")
