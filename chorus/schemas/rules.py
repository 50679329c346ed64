"""Cross-field rules, written once and run twice: on one row by pydantic, on whole columns by Arrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ordered:
    """`low <= high` wherever both are given; either may be absent alone."""

    low: str
    high: str

    @property
    def name(self) -> str:
        return f"{self.high} < {self.low}"

    def holds(self, row: Any) -> bool:
        """Whether one validated row keeps the rule."""
        low, high = getattr(row, self.low), getattr(row, self.high)
        return low is None or high is None or high >= low

    def broken(self, table: Any) -> Any:
        """A boolean Arrow array: True where the rule is broken."""
        import pyarrow.compute as pc

        return pc.fill_null(pc.less(table[self.high], table[self.low]), False)


def check_rules(row: Any, rules: tuple[Ordered, ...]) -> None:
    """Raise ValueError naming the first broken rule, for use in a pydantic model validator."""
    for rule in rules:
        if not rule.holds(row):
            raise ValueError(rule.name)
