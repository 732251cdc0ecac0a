"""What follows from facts about goods on their way back: messages for the world."""

from typing import Final

from events.base import Message
from events.returns import ReturnInitiated, ReturnReceived
from events.shipping_parts import ExpectedItem, RefundEstimate, ReturnedItem, ReturnLabel
from events.types import Customer
from streams import alarms
from streams.moments import moment_of
from streams.shipping import facts as f
from streams.shipping import return_facts as rf
from streams.shipping.rows import Return, Shipment
from streams.shipping.rules import ShippingRules
from streams.shipping.wares import wares_of

Said = tuple[Message, ...]

RULE: Final = "return_label"
"""The alert's name, and its runbook's."""


def sent_back(shipment: Shipment, fact: f.SentBack, _rules: ShippingRules) -> Said:
    """ReturnInitiated of a parcel that nobody took."""
    return (_initiated(shipment, fact.returning, fact.at_ms),)


def labelled(shipment: Shipment, fact: rf.ReturnLabelled, _rules: ShippingRules) -> Said:
    """ReturnInitiated of what a customer sends back."""
    assert shipment.returning is not None, "a label is for a return"
    return (_initiated(shipment, shipment.returning, fact.at_ms),)


def unlabelled(shipment: Shipment, fact: rf.ReturnGivenUp, _rules: ShippingRules) -> Said:
    """Say that a customer waits for a label that no carrier issues; once a search."""
    alarm = alarms.alarm(
        RULE,
        (shipment.shipment_id, str(shipment.version)),
        f"order {shipment.order_id}, parcel {shipment.shipment_id}",
        fact.tries,
        "tries",
        fact.at_ms,
    )
    return (alarm,)


def _initiated(shipment: Shipment, returning: Return, at_ms: int) -> ReturnInitiated:
    return ReturnInitiated(
        return_id=returning.return_id,
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        initiated_at=moment_of(at_ms),
        reason=returning.reason,
        reason_details=returning.details,
        items=wares_of(returning.items),
        expected_items=_expected(returning),
        customer=Customer(customer_id=shipment.user_id),
        return_method=returning.method,
        return_label=ReturnLabel(
            carrier=returning.carrier,
            tracking_number=returning.tracking_number,
            label_url=returning.label_url,
        ),
        refund_estimate=RefundEstimate(
            amount_minor=returning.estimate_minor,
            currency=shipment.currency,
            method="original_payment",
        ),
        reshipping=returning.reshipping,
    )


def _expected(returning: Return) -> tuple[ExpectedItem, ...] | None:
    """What should have been sent, where something else was."""
    if returning.reason != "wrong_item":
        return None
    return tuple(
        [
            ExpectedItem(sku=name, name=item.name, quantity=item.quantity)
            for item in returning.items
            if (name := item.sku or item.product_id) is not None
        ]
    )


def returned(shipment: Shipment, fact: rf.Returned, _rules: ShippingRules) -> Said:
    """ReturnReceived, as inspected.

    Where anything of the parcel was to be exchanged, with whichever label, goods may have gone out
    already: Orders says what it is worth (G-33).
    """
    returning = shipment.returning
    assert returning is not None, "nothing comes back that was not sent back"
    received = ReturnReceived(
        return_id=returning.return_id,
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        warehouse_id=fact.warehouse_id,
        items=tuple(
            [
                ReturnedItem(
                    sku=item.sku,
                    product_id=item.product_id,
                    quantity=item.quantity,
                    condition=item.condition,
                    refundable=item.refundable,
                    item_id=item.item_id,
                )
                for item in fact.items
            ]
        ),
        resolution="exchange" if shipment.exchanged else "refund",
        received_at=moment_of(fact.at_ms),
    )
    return (received,)
