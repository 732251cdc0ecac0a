"""How workers are told to hurry: what takes days in the contract takes seconds here.

Every duration of the rules is divided by the time scale. Those that would still take minutes
are set on their own, so that every order ends while somebody watches.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from simulator.catalogue import final_products
from simulator.settings import ShopSettings

TIME_SCALE: Final = 120
"""A hold of 15 minutes lasts 7.5 s, a retry comes after 5 s, an early message waits 5 s."""
CALENDAR_RATE: Final = 43_200
"""A day lasts two seconds, a month a minute."""
CALENDAR_RATE_COUNTED: Final = 86_400
"""The same where orders are counted: a day lasts a second, so that subscriptions end in time."""
BACKORDER_S: Final = 15
"""How long an order waits for stock, in place of 3 days."""
REVIEW_S: Final = 12
"""How long a review may take, in place of 24 hours."""
REVIEW_GRACE_S: Final = 30
"""How long an order and its payment wait on top for what the review decided: scaled, the five
minutes of both would be two seconds, and workers that are killed may tell of it later."""
STOCK_ANSWER_S: Final = 30
"""How long an exchange waits for stock to answer, in place of a minute: scaled it would be half a
second, in which no worker that was killed is back."""

PARCEL_S: Final = {"shipped": 2, "in_transit": 3, "out": 4, "delivered": 5, "again": 2}
"""When things happen to a parcel after it was booked, in place of two days."""
POLL_S: Final = 3
"""How often carriers are asked, in place of every 4 h."""

LETTERS_MAX: Final = 200
"""Letters to one recipient in a scaled hour, in place of 10."""


def calendar_settings(start: datetime, rate: int = CALENDAR_RATE) -> Mapping[str, str]:
    """Have billing and daily reports follow a calendar that hurries from now on."""
    return {
        "FLOWMART_CALENDAR_START": start.isoformat(),
        "FLOWMART_CALENDAR_RATE": str(rate),
    }


def worker_settings(shop: ShopSettings, time_scale: int = TIME_SCALE) -> Mapping[str, str]:
    """The environment that makes a worker fit for the demonstration.

    What is set on its own takes the same seconds at any time scale.
    """
    review_ms = REVIEW_S * time_scale * 1000
    grace_ms = REVIEW_GRACE_S * time_scale * 1000
    backorder_ms = BACKORDER_S * time_scale * 1000
    return {
        "FLOWMART_TIME_SCALE": str(time_scale),
        "FLOWMART_ORDERS__BACKORDER_MS": str(backorder_ms),
        "FLOWMART_ORDERS__REVIEW_MS": str(review_ms),
        "FLOWMART_ORDERS__REVIEW_GRACE_MS": str(grace_ms),
        "FLOWMART_ORDERS__EXCHANGE_WAIT_MS": str(STOCK_ANSWER_S * time_scale * 1000),
        "FLOWMART_FRAUD__REVIEW_TIMEOUT_MS": str(review_ms),
        "FLOWMART_PAYMENTS__REVIEW_MS": str(review_ms),
        "FLOWMART_PAYMENTS__REVIEW_GRACE_MS": str(grace_ms),
        # Waits between technical tries are real seconds, not scaled: keep them short.
        "FLOWMART_PAYMENTS__GATEWAY_BACKOFF_S": "0.05",
        # Cards that make calls fail must not take the provider down for everybody else.
        "FLOWMART_PAYMENTS__BREAKER_ERRORS_MAX": "1000",
        "FLOWMART_PAYMENTS__BREAKER_CALLS_MIN": "1000000",
        "FLOWMART_SHIPPING__POLL_MS": str(POLL_S * time_scale * 1000),
        "FLOWMART_CARRIERS": json.dumps(
            {f"{step}_ms": seconds * time_scale * 1000 for step, seconds in PARCEL_S.items()}
            | {"unavailable_share": 0.05}
        ),
        # A parcel's days pass in seconds, but an hour's limit would still hold its letters back.
        "FLOWMART_NOTIFICATIONS__RECIPIENT_MAX": str(LETTERS_MAX),
        "FLOWMART_INVENTORY": json.dumps({"no_backorder": final_products(shop)}),
    }
