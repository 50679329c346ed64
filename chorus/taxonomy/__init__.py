"""Any label -> taxon, offline: scientific and English names, synonyms, eBird and banding codes, per-dataset labels."""

from chorus.taxonomy.resolver import NO_TAXON, Match, Resolver
from chorus.taxonomy.tables import clades, fold, species_name, taxa

__all__ = ["NO_TAXON", "Match", "Resolver", "clades", "fold", "species_name", "taxa"]
