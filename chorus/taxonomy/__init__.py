"""Any label -> taxon, offline: scientific and English names, synonyms, eBird and banding codes, per-dataset labels."""

from chorus.taxonomy.resolver import Match, Resolver
from chorus.taxonomy.tables import clades, fold, species_name, taxa

__all__ = ["Match", "Resolver", "clades", "fold", "species_name", "taxa"]
