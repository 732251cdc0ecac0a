"""Disputes (G-18): the money is claimed, evidence is handed in, the bank decides."""

import pytest

from events.orders import CancelOrder
from events.refunds import CloseChargeback, RecordChargeback, RefundPayment
from events.shipping import UpdateShipmentStatus
from tests.flows.scene import Scene, amend, in_two, order

CLAIM = RecordChargeback(
    payment_id="pay_ord_1", chargeback_reference="cb_1", amount_minor=2_000, reason="fraudulent"
)


def verdict(outcome: str) -> CloseChargeback:
    return CloseChargeback(payment_id="pay_ord_1", chargeback_reference="cb_1", outcome=outcome)


def asked_back() -> RefundPayment:
    return RefundPayment(
        payment_id="pay_ord_1",
        amount_minor=500,
        reason="goodwill",
        requested_by="agent_1",
        idempotency_key="key_1",
    )


def payment(scene: Scene) -> str:
    return str(scene.row("payments", "pay_ord_1").status.value)


def test_dispute_before_dispatch_stops_what_was_not_sent_and_is_lost_without_evidence() -> None:
    scene = Scene().stock().place().tell(CLAIM)

    scene.was_told("ChargebackOpened")
    assert payment(scene) == "DISPUTED"
    assert scene.level() == (10, 1, 0)
    scene.wait(days=7, minutes=1)

    scene.was_told("ChargebackClosed", "ShipmentCancelled")
    scene.never_told("SubmitEvidence", "ShipmentDispatched")
    assert scene.last("ChargebackClosed").outcome == "lost"
    assert payment(scene) == "CHARGED_BACK"
    assert "CHARGED_BACK" in scene.row("orders", "ord_1").flags
    assert scene.level() == (10, 0, 0)


def test_dispute_before_dispatch_that_is_won_lets_its_order_go_on_at_once() -> None:
    scene = Scene().stock().place().tell(CLAIM).wait(days=2)
    scene.never_told("ShipmentDispatched")

    scene.tell(verdict("won")).wait(days=4)

    assert (scene.status(), payment(scene)) == ("delivered", "SETTLED")
    assert (scene.books(), scene.level()) == ((2_000, 0, 0), (9, 0, 0))


def test_dispute_that_is_lost_promises_no_refund_when_its_order_ends() -> None:
    scene = Scene().stock().place().tell(CLAIM)

    scene.wait(days=30)

    assert scene.status() == "cancelled"
    assert scene.last("OrderCancelled").refund is None
    assert scene.books() == (2_000, 0, 0)


def test_dispute_on_its_way_gets_its_evidence_with_the_delivery_and_is_won() -> None:
    scene = Scene().stock().place().wait(hours=30)
    scene.tell(CLAIM)
    scene.never_told("SubmitEvidence")

    scene.wait(days=4)

    scene.was_told("ChargebackOpened", "ShipmentDelivered", "SubmitEvidence", "EvidenceSubmitted")
    assert scene.last("ChargebackClosed").outcome == "won"
    assert payment(scene) == "SETTLED"
    assert scene.status() == "delivered"


@pytest.mark.parametrize("days", [2, 5], ids=["on its way", "delivered"])
def test_dispute_of_what_an_amendment_added_gets_the_evidence_of_its_order(days: int) -> None:
    claim = CLAIM.model_copy(update={"payment_id": "pay_ord_1:2", "amount_minor": 4_000})
    scene = Scene().stock(10, "p1").write(order()).until("PaymentProcessed").tell(amend(1, 3))

    scene.wait(days=days).tell(claim).wait(days=4)

    assert scene.status() == "delivered"
    [evidence] = scene.data("SubmitEvidence")
    assert (evidence.payment_id, evidence.tracking_number is not None) == ("pay_ord_1:2", True)


def test_dispute_that_the_bank_decides_for_its_customer_is_charged_back() -> None:
    scene = Scene().stock().place(token="tok_dispute_lost").wait(days=4)

    scene.tell(CLAIM)

    scene.was_told("ChargebackOpened", "SubmitEvidence", "ChargebackClosed")
    assert payment(scene) == "CHARGED_BACK"
    assert scene.row("payments", "pay_ord_1").charged_back_minor == 2_000


@pytest.mark.parametrize("outcome", ["won", "withdrawn"])
def test_dispute_that_ends_well_lets_accepted_refunds_go_on(outcome: str) -> None:
    scene = Scene().stock().place().wait(hours=30).tell(CLAIM)

    scene.tell(asked_back())
    assert scene.last("RefundFailed").failure_reason == "fraud_hold"
    scene.tell(verdict(outcome), asked_back())

    scene.was_told("ChargebackClosed", "RefundCharge", "RefundIssued")
    assert scene.books() == (2_000, 500, 0)


def test_dispute_of_an_order_that_is_cancelled_meanwhile_is_refunded_once_it_is_won() -> None:
    scene = Scene().stock().place().tell(CLAIM)
    scene.tell(CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="no need"))
    scene.never_told("RefundCharge")

    scene.tell(verdict("won"))

    scene.was_told("OrderCancelled", "ChargebackClosed", "RefundIssued")
    assert (scene.status(), scene.books()) == ("cancelled", (2_000, 2_000, 0))


def test_dispute_of_an_order_that_its_customer_enlarges_takes_no_more_money() -> None:
    scene = Scene().stock().place(postal_code="10001-busy").tell(CLAIM)

    scene.tell(amend(1, 3)).wait(minutes=20)

    scene.never_told("OrderAmended")
    assert (scene.books(), scene.level()) == ((2_000, 0, 0), (10, 1, 0))
    reasons = [step.reason for step in scene.row("orders", "ord_1").history]
    assert "AMEND_REFUSED_DISPUTED" in reasons


def test_dispute_that_is_lost_of_an_order_sent_in_part_leaves_it_delivered() -> None:
    scene = in_two().wait(5_000)
    scene.tell(UpdateShipmentStatus(shipment_id="shp_ord_1", status="shipped"), CLAIM)

    scene.tell(verdict("lost")).wait(days=4)

    assert scene.row("shipments", "shp_ord_1:2").status.value == "cancelled"
    assert (scene.status(), payment(scene)) == ("delivered", "CHARGED_BACK")
    assert (scene.books(), scene.level()) == ((6_000, 0, 0), (2, 0, 0))


def test_dispute_of_money_that_went_back_is_for_a_person() -> None:
    scene = Scene().stock().place()
    scene.tell(CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="no need"))

    scene.tell(CLAIM)

    scene.never_told("ChargebackOpened")
    assert scene.last("AlertRaised").rule == "stuck_payment"
