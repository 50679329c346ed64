"""Arrow schemas and JSON Schemas are derived from the models, and the files in the repository are up to date."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

import chorus.schemas
from chorus.schemas import MODELS, Call, Recording, Sample, arrow_schema
from chorus.schemas.__main__ import render


@pytest.mark.parametrize("name", sorted(render()))
def test_json_schema_file_is_what_the_model_gives(name: str) -> None:
    path = Path(chorus.schemas.__file__).parent / name
    assert path.read_text(encoding="utf-8") == render()[name], "run: python -m chorus.schemas"


@pytest.mark.parametrize("model", [m for m in MODELS if m is not Sample])
def test_arrow_schema_has_a_column_per_field_with_its_description(model: type) -> None:
    schema = arrow_schema(model)
    assert schema.names == list(model.model_fields)
    for field in schema:
        assert field.metadata[b"description"].decode() == model.model_fields[field.name].description


def test_column_types() -> None:
    schema = arrow_schema(Call)
    assert schema.field("start_s").type == pa.float64()
    assert not schema.field("start_s").nullable
    assert schema.field("low_hz").nullable
    assert pa.types.is_list(schema.field("flags").type)
    interval = arrow_schema(Recording).field("annotated_intervals").type.value_type
    assert [f.name for f in interval] == ["start_s", "end_s"]
    assert arrow_schema(Recording).field("recorded_at").type == pa.timestamp("us")
