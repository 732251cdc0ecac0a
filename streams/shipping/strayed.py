"""Parcels that were cancelled and that their carrier has all the same: people are told.

A label that is void does not hold a parcel back that stands at the dock. The shipment stays
cancelled: another may have taken its place, and its money may be back.
"""

from typing import Final

from events.alerts import AlertRaised
from streams import alarms
from streams.shipping.facts import Facts, Strayed
from streams.shipping.rows import Shipment

RULE: Final = "sent_after_cancel"
"""The alert's name, and its runbook's. Orders raises the same where it cancels too late."""
STEP: Final = "SENT_AFTER_CANCEL"


def left(shipment: Shipment, at_ms: int) -> Facts:
    """Say once that a carrier has it."""
    known = any(step.reason == STEP for step in shipment.history)
    return () if known else (Strayed(at_ms),)


def alarm(shipment: Shipment, fact: Strayed) -> AlertRaised:
    """Name the order and the parcel, and say how many units are in it."""
    name = shipment.shipment_id
    return alarms.alarm(
        RULE,
        (shipment.order_id, name),
        f"order {shipment.order_id}, parcel {name}",
        sum([item.quantity for item in shipment.items]),
        "units",
        fact.at_ms,
    )
