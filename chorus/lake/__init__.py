"""The lake: one table of calls from all sources, in Parquet, queried through DuckDB."""

from chorus.lake.query import Lake, Result

__all__ = ["Lake", "Result"]
