"""The lake at hand as a page: the paper's Figure 1 and Table 1, counted and drawn from what was ingested.

Where what is:

    counted         numbers, groups (of sound makers), contexts (in what company calls are heard)
    chosen          examples (a sound of each group), company (of each class of company)
    shown           charts, figures (PNG), page (HTML); make does it all
"""

from chorus.overview.make import Made, make
from chorus.overview.numbers import Numbers, count

__all__ = ["Made", "Numbers", "count", "make"]
