"""`python -m chorus.schemas` writes the JSON Schema of every model beside this file."""

from __future__ import annotations

import json
from pathlib import Path

from chorus.schemas import MODELS, SCHEMA_VERSION


def render() -> dict[str, str]:
    """File name -> text of each JSON Schema."""
    texts = {}
    for model in MODELS:
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "version": SCHEMA_VERSION}
        schema |= model.model_json_schema()
        texts[f"{model.__name__.lower()}.schema.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return texts


def main() -> None:
    for name, text in render().items():
        (Path(__file__).parent / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
