"""Cards: what is known of each release, as TOML beside the adapters: `cards/<id>.toml`, with the fields of `Source`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from chorus.schemas import Source

CARDS = Path(__file__).parent / "cards"


def read_card(source: str) -> Source:
    """The card of a source. Raises pydantic's ValidationError for one that breaks the schema: a bug of the card."""
    return Source.model_validate(tomllib.loads((CARDS / f"{source}.toml").read_text(encoding="utf-8")))
