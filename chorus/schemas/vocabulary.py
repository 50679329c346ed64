"""Closed vocabularies. A value outside its list is an error: a query never meets a spelling that nobody declared."""

from enum import StrEnum


class Kind(StrEnum):
    """What makes the sound."""

    animal = "animal"
    human = "human"
    noise = "noise"
    silence = "silence"
    unknown = "unknown"


class Strength(StrEnum):
    """strong: start and end were marked. weak: the label holds somewhere inside the span."""

    strong = "strong"
    weak = "weak"


class Presence(StrEnum):
    """absent: someone checked and the labelled taxon is NOT in this span. uncertain: the annotator was not sure."""

    present = "present"
    absent = "absent"
    uncertain = "uncertain"


class Annotated(StrEnum):
    """How much of a recording was listened to. full: outside its calls there is nothing that its source annotates;
    which animals those are its notes tell."""

    full = "full"
    partial = "partial"
    weak = "weak"
    none = "none"


class AudioState(StrEnum):
    """Whether the sound was at hand at ingest."""

    present = "present"
    missing = "missing"
    unreadable = "unreadable"


class Environment(StrEnum):
    """Where the recordings were made."""

    terrestrial = "terrestrial"
    marine = "marine"
    captive = "captive"
    mixed = "mixed"
    synthetic = "synthetic"


class Role(StrEnum):
    """held_out sources are for evaluation and never enter training unless asked for by name."""

    training = "training"
    held_out = "held_out"


class SourceStrength(StrEnum):
    """Strength of a release's labels as a whole."""

    strong = "strong"
    weak = "weak"
    mixed = "mixed"
    none = "none"


class Layout(StrEnum):
    """How the release's file layout is known. confirmed: read in real files. reported: described by others."""

    confirmed = "confirmed"
    reported = "reported"
    unconfirmed = "unconfirmed"


class Split(StrEnum):
    """The parts of a shard set."""

    train = "train"
    valid = "valid"
    test = "test"


class Sex(StrEnum):
    """Sex of the calling individual."""

    female = "female"
    male = "male"


class Rank(StrEnum):
    """Taxonomic ranks in use."""

    species = "species"
    species_complex = "species complex"
    genus = "genus"
    subfamily = "subfamily"
    family = "family"
    parvorder = "parvorder"
    infraorder = "infraorder"
    suborder = "suborder"
    order = "order"
    clade = "clade"
    taxon_class = "class"
    phylum = "phylum"
    kingdom = "kingdom"


class Flag(StrEnum):
    """What is odd about a call that is kept."""

    zero_length = "zero_length"
    past_end = "past_end"
    above_nyquist = "above_nyquist"
    no_such_channel = "no_such_channel"
    unresolved_label = "unresolved_label"
