"""The bulk validation and pydantic accept and reject exactly the same rows."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Any, get_args, get_origin

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from chorus.schemas import MODELS, Call, Recording, Source, Taxon, arrow_schema, check_table
from chorus.schemas.arrow import split_optional
from chorus.schemas.issue import Issue
from chorus.schemas.vocabulary import Flag

NUMBERS = st.one_of(
    st.floats(-2, 4),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, -0.0, 1.0, 90.0, 180.0, float("nan"), float("inf"), -float("inf")]),
)
TEXTS = st.one_of(st.just(""), st.text(st.characters(codec="utf-8"), max_size=6))


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a field's column type, many of which its rules refuse."""
    kind, nullable = split_optional(annotation)
    base: st.SearchStrategy[Any]
    if get_origin(kind) is list:
        base = st.lists(values(get_args(kind)[0]), max_size=2)
    elif issubclass(kind, Enum):
        base = st.sampled_from([e.value for e in kind] * 3 + ["nonsense", ""])
    elif issubclass(kind, BaseModel):
        base = rows(kind)
    elif kind is dt.datetime:
        base = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2030, 1, 1))
    else:
        base = {str: TEXTS, int: st.integers(-1, 3), float: NUMBERS, bool: st.booleans()}[kind]
    return st.none() | base if nullable else base


def rows(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: values(info.annotation) for name, info in model.model_fields.items()})


def valid_call() -> dict[str, Any]:
    row = dict.fromkeys(Call.model_fields)
    return row | {
        "call_id": "x:0:1", "recording_id": "x/a.wav", "source": "x", "start_s": 1.0, "end_s": 2.0, "kind": "animal",
        "strength": "strong", "presence": "present", "flags": [], "origin_file": "a.txt",
    }  # fmt: skip


def pydantic_accepts(model: type[BaseModel], row: dict[str, Any]) -> bool:
    try:
        model.model_validate(row)
    except ValidationError:
        return False
    return True


def bulk_accepts(model: type[BaseModel], batch: list[dict[str, Any]]) -> list[bool]:
    schema = arrow_schema(model)
    table = pa.Table.from_pylist(batch, schema=pa.schema([f.with_nullable(True) for f in schema]))
    table = pa.Table.from_arrays([c.combine_chunks() for c in table.columns], schema=schema.remove_metadata())
    refused = [False] * len(batch)
    for violation in check_table(model, table):
        refused = [a or bool(b) for a, b in zip(refused, violation.mask.to_pylist(), strict=True)]
    return [not r for r in refused]


@pytest.mark.parametrize("model", [Call, Recording, Taxon, Issue, Source])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_random_rows_get_the_same_verdict(model: type[BaseModel], data: st.DataObject) -> None:
    batch = data.draw(st.lists(rows(model), min_size=1, max_size=5))
    assert bulk_accepts(model, batch) == [pydantic_accepts(model, row) for row in batch]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_calls_one_field_away_from_valid_get_the_same_verdict(data: st.DataObject) -> None:
    row = valid_call()
    for name in data.draw(st.lists(st.sampled_from(list(Call.model_fields)), max_size=2)):
        row[name] = data.draw(values(Call.model_fields[name].annotation))
    for name in ("start_s", "end_s", "low_hz", "high_hz"):
        if data.draw(st.booleans()):
            row[name] = data.draw(values(Call.model_fields[name].annotation) if "hz" in name else NUMBERS)
    assert bulk_accepts(Call, [row, valid_call()]) == [pydantic_accepts(Call, row), True]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"start_s": 3.0}, "end_s < start_s"),
        ({"start_s": float("nan")}, "start_s is not finite"),
        ({"end_s": float("inf")}, "end_s is not finite"),
        ({"start_s": -0.1}, "start_s < 0"),
        ({"low_hz": 5.0, "high_hz": 4.0}, "high_hz < low_hz"),
        ({"kind": "fish"}, "kind is none of animal, human, noise, silence, unknown"),
        ({"call_id": ""}, "call_id is empty"),
        ({"flags": ["odd"]}, f"flags is none of {', '.join(Flag)}"),
        ({"confidence": 1.5}, "confidence > 1"),
    ],
)
def test_a_broken_rule_is_named(change: dict[str, Any], rule: str) -> None:
    table = pa.Table.from_pylist([valid_call() | change], schema=arrow_schema(Call).remove_metadata())
    assert rule in [violation.rule for violation in check_table(Call, table)]


@pytest.mark.parametrize("one", ["low_hz", "high_hz"])
def test_either_frequency_bound_may_be_absent_alone(one: str) -> None:
    assert bulk_accepts(Call, [valid_call() | {one: 1000.0}]) == [True]
    assert pydantic_accepts(Call, valid_call() | {one: 1000.0})


def test_a_table_of_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        check_table(Call, pa.table({"a": [1]}))


def test_every_field_of_every_model_has_a_description() -> None:
    bare = [f"{m.__name__}.{n}" for m in MODELS for n, f in m.model_fields.items() if not f.description]
    assert bare == []
