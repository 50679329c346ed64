"""Hawaii birds: fully annotated soundscapes of the Island of Hawai'i, boxes with eBird codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chorus.adapters.card import read_card
from chorus.adapters.formats.cornell import collection

CARD = read_card("hawaii_birds")


def place(site: str | None, stamp: dt.datetime | None) -> dict[str, Any]:
    return {"utc_offset_min": -600}


ADAPTER = collection(CARD, "UHH", place)
