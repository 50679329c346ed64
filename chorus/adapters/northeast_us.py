"""Northeast US: fully annotated soundscapes of Sapsucker Woods, Ithaca, boxes with eBird codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chorus.adapters.card import read_card
from chorus.adapters.formats.cornell import collection

CARD = read_card("northeast_us")

#: When clocks in Ithaca went forward in 2017, in UTC; all recordings end before they went back.
SUMMER_TIME = dt.datetime(2017, 3, 12, 7)


def place(site: str | None, stamp: dt.datetime | None) -> dict[str, Any]:
    summer = stamp is not None and stamp >= SUMMER_TIME
    return {"utc_offset_min": -240 if summer else -300, "latitude": 42.4768, "longitude": -76.4527}


ADAPTER = collection(CARD, "SSW", place)
