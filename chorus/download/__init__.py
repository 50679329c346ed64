"""Getting the released files of a source: plan what is missing, fetch it so that it can be resumed, unpack it safely.

>>> from chorus.download import download, make_plan
>>> plan = make_plan(card, folder)                  # doctest: +SKIP
>>> download(plan)                                  # doctest: +SKIP

Where what is:

    a download      plan, run, marker (what is there), place (what a person changed is kept), bar
    a file          fetch, body (of an answer), paths (names that came from elsewhere)
    an archive      unpack, member, tar, budget (how large it may become)

pooch keeps the registry and checks the hashes; what it lacks (resuming, retries, room, hostile archives) is here.
"""

from __future__ import annotations

from chorus.download.fetch import Patience
from chorus.download.marker import Marker, state
from chorus.download.plan import Plan, by_hand, make_plan, needs_acceptance
from chorus.download.run import Report, download

__all__ = ["Marker", "Patience", "Plan", "Report", "by_hand", "download", "make_plan", "needs_acceptance", "state"]
