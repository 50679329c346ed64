"""Colombia and Costa Rica: fully annotated soundscapes of coffee farms, boxes with eBird codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chorus.adapters.card import read_card
from chorus.adapters.formats.cornell import collection

CARD = read_card("columbia_costa_rica")

#: Clock and region of the sites that are known.
SITES = {
    "S01": {"utc_offset_min": -300, "latitude": 5.59, "longitude": -75.85},
    "S02": {"utc_offset_min": -360, "latitude": 10.11, "longitude": -84.52},
}


def place(site: str | None, stamp: dt.datetime | None) -> dict[str, Any]:
    return {"device": "SWIFT", **SITES.get(site or "", {})}


ADAPTER = collection(CARD, "NES", place)
