"""The commands by what they are for, as `chorus --help` lists them: the way from released files to a model first."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

#: Heading -> commands, in the order in which they are needed.
GROUPS = {
    "From datasets to a model, in this order": ("ingest", "query", "shard", "train"),
    "With a trained model": ("annotate", "evaluate"),
    "Getting data, and trusting them": ("sources", "download", "verify", "doctor", "duplicates"),
    "Looking at what is there": ("status", "overview", "taxa", "put", "forget"),
}


class Grouped(TyperGroup):
    """A group whose help lists its commands by GROUPS."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        width = max(map(len, self.commands))
        for heading, names in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), self.commands[name].get_short_help_str(100)) for name in names])
