"""The lake: one table of calls from all sources, in Parquet, queried through DuckDB.

Where what is:

    files           layout (where they lie, how a source is replaced whole), writer, migrate (older schemas), mirror
                    (object storage)
    an ingest       ingest, together (several sources); run takes what reading got from the adapter, gather makes one
                    table of it, with call_ids, repeats tells of equal rows, rows adds taxonomy and flags and keeps the
                    rules, probing looks at the sounds, report counts; forget takes a source out
    a query         query, names (species=, taxon=), compared (where a statement does so), asking (errors, Ctrl-C),
                    quoting
    what is held    catalogue (sources, taxa), taxa (of one of them), ledger (beside what was published)
    licences        licence, attribution
    copies          duplicates, fingerprints (remembered), clusters, copies (once a source has left)
"""

from chorus.lake.query import Lake, Result

__all__ = ["Lake", "Result"]
