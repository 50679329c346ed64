"""The lake at hand as a page: the paper's Figure 1 and Table 1, counted and drawn from what was ingested."""

from chorus.overview.make import Made, make
from chorus.overview.numbers import Numbers, count

__all__ = ["Made", "Numbers", "count", "make"]
