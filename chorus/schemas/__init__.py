"""The vocabulary: Source, Recording, Call, Taxon, Sample, Issue and Duplicate. One concept, one file.

The pydantic models are the contract. `arrow_schema(Model)` gives the column types, `check_table(Model, table)` runs
the same rules column by column, and `python -m chorus.schemas` writes the JSON Schemas beside this file: all three
are derived from the models, never written twice.
"""

from chorus.schemas.arrow import arrow_schema
from chorus.schemas.bulk import Violation, check_table
from chorus.schemas.call import Call
from chorus.schemas.duplicate import Duplicate, How
from chorus.schemas.issue import Action, Issue
from chorus.schemas.recording import Interval, Recording
from chorus.schemas.sample import AugmentStep, Event, Sample
from chorus.schemas.source import ReleaseFile, Source
from chorus.schemas.taxon import Taxon
from chorus.schemas.vocabulary import (
    Annotated,
    AudioState,
    Environment,
    Flag,
    Kind,
    Layout,
    Presence,
    Rank,
    Role,
    Sex,
    Split,
    Strength,
)

#: Goes up when a column changes its name, its type or its meaning. An older lake is migrated or refused.
SCHEMA_VERSION = 2

MODELS = (Source, Recording, Call, Taxon, Issue, Duplicate, Sample)

__all__ = [
    "MODELS",
    "SCHEMA_VERSION",
    "Action",
    "Annotated",
    "AudioState",
    "AugmentStep",
    "Call",
    "Duplicate",
    "Environment",
    "Event",
    "Flag",
    "How",
    "Interval",
    "Issue",
    "Kind",
    "Layout",
    "Presence",
    "Rank",
    "Recording",
    "ReleaseFile",
    "Role",
    "Sample",
    "Sex",
    "Source",
    "Split",
    "Strength",
    "Taxon",
    "Violation",
    "arrow_schema",
    "check_table",
]
