"""Southwest Amazon: fully annotated dawn soundscapes of Inkaterra, Peru, boxes with eBird codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chorus.adapters.card import read_card
from chorus.adapters.formats.cornell import collection

CARD = read_card("southwest_amazon")


def place(site: str | None, stamp: dt.datetime | None) -> dict[str, Any]:
    return {"utc_offset_min": -300}


ADAPTER = collection(CARD, "PER", place)
