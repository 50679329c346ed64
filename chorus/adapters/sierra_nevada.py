"""Southern Sierra Nevada: fully annotated soundscapes of high lakes, boxes with eBird codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chorus.adapters.card import read_card
from chorus.adapters.formats.cornell import collection

CARD = read_card("sierra_nevada")


def place(site: str | None, stamp: dt.datetime | None) -> dict[str, Any]:
    return {"utc_offset_min": -420, "device": "Song Meter SM2+"}


ADAPTER = collection(CARD, "HSN", place)
