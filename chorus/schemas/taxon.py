"""Taxon: a species or a higher group, with the names and codes by which datasets call it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from chorus.schemas.fields import Name, Row
from chorus.schemas.rules import Ordered
from chorus.schemas.vocabulary import Rank


class Taxon(Row):
    """One row of the `taxa` table."""

    rules: ClassVar[tuple[Ordered, ...]] = ()

    scientific_name: Name = Field(description="Accepted name, unique")
    rank: Rank = Field(description="Rank of the taxon")
    species: str | None = Field(
        None, description="The value of calls.species: lower-case English name, else scientific"
    )
    common_name: str | None = Field(None, description="English name")
    other_names: list[str] = Field(default_factory=list, description="Other English names")
    ebird_code: str | None = Field(None, description="eBird/Clements species code")
    alpha4_code: str | None = Field(None, description="4-letter banding code (IBP, else BBL)")
    kingdom: str | None = Field(None, description="Kingdom")
    phylum: str | None = Field(None, description="Phylum")
    taxon_class: str | None = Field(None, description="Class")
    taxon_order: str | None = Field(None, description="Order")
    family: str | None = Field(None, description="Family")
    genus: str | None = Field(None, description="Genus")
    names: list[str] = Field(
        default_factory=list, description="Every name and code it is found by, case-folded: English, scientific, codes"
    )
    provenance: str | None = Field(None, description="The list(s) the row was taken from")
