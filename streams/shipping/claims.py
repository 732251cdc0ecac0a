"""Claims against carriers for parcels that they lost (G-30).

What was in a parcel is claimed as soon as it counts as lost, and asked about every day until the
carrier pays or refuses; after some days without an answer, and when it is refused, it is for a
person. The customer has nothing to do with it: their money goes back at once.
"""

from typing import Final

from events.alerts import AlertRaised
from events.carriers import ClaimSettled
from streams import alarms
from streams.shipping.facts import ClaimEnded, ClaimFiled, Facts
from streams.shipping.rows import Claim, Shipment
from streams.shipping.rules import ShippingRules

FOUND = "FOUND"
UNANSWERED = "UNANSWERED"
PAID = "PAID"
REFUSED = "REFUSED"

RULE: Final = "carrier_claim"
"""The alert's name, and its runbook's."""


def filed(shipment: Shipment, at_ms: int, rules: ShippingRules) -> Facts:
    """Claim what a parcel was worth, once; one that nothing was paid for is worth nothing.

    One that was found, and is lost again, is claimed again.
    """
    worth = sum([(item.unit_minor or 0) * item.quantity for item in shipment.items])
    claim = shipment.claim
    if (claim is not None and claim.outcome != FOUND) or not worth:
        return ()
    return (ClaimFiled(at_ms, Claim(worth, 1, at_ms + rules.claim_again_ms)),)


def claim_due(shipment: Shipment, due_ms: int, now_ms: int, rules: ShippingRules) -> Facts:
    """Ask again, under the same key, or leave it to a person."""
    claim = shipment.claim
    if claim is None or claim.due_ms != due_ms:
        return ()
    if not shipment.is_lost:
        return (ClaimEnded(now_ms, FOUND, 0),)
    if claim.asks >= rules.claim_asks_max:
        return (ClaimEnded(now_ms, UNANSWERED, 0),)
    again = Claim(claim.amount_minor, claim.asks + 1, now_ms + rules.claim_again_ms)
    return (ClaimFiled(now_ms, again),)


def settled(shipment: Shipment, event: ClaimSettled, at_ms: int, _rules: ShippingRules) -> Facts:
    """Take down what the carrier says, once; it may still answer when nobody asks any more."""
    claim = shipment.claim
    if claim is None or claim.outcome in {PAID, REFUSED}:
        return ()
    return (ClaimEnded(at_ms, PAID if event.accepted else REFUSED, event.amount_minor),)


def alarm(shipment: Shipment, ended: ClaimEnded) -> AlertRaised | None:
    """Say that a claim was refused or not answered; None where a carrier paid, or found it."""
    claim = shipment.claim
    if claim is None or ended.outcome not in {REFUSED, UNANSWERED}:
        return None
    return alarms.alarm(
        RULE,
        (shipment.shipment_id, ended.outcome),
        shipment.shipment_id,
        claim.amount_minor / 100,
        shipment.currency,
        ended.at_ms,
    )
