"""Getting the released files of a source: plan what is missing, fetch it so that it can be resumed, unpack it safely.

>>> from chorus.download import download, make_plan
>>> plan = make_plan(card, folder)                  # doctest: +SKIP
>>> download(plan)                                  # doctest: +SKIP

pooch keeps the registry and checks the hashes; what it lacks (resuming, retries, room, hostile archives) is here.
"""

from __future__ import annotations

from chorus.download.fetch import Patience
from chorus.download.marker import Marker, state
from chorus.download.plan import Plan, by_hand, make_plan, needs_acceptance
from chorus.download.run import Report, download

__all__ = ["Marker", "Patience", "Plan", "Report", "by_hand", "download", "make_plan", "needs_acceptance", "state"]
