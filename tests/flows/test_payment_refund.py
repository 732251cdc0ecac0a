from typing import Any

from events.charges import ChargeOperationFailed
from events.fraud import FraudDetected
from events.orders import CancelOrder, RequestReturn
from events.refunds import RefundPayment
from events.types import ShippedItem
from tests.flows.scene import Scene, amend, order


def refund(amount_minor: int | None = None, **given: Any) -> RefundPayment:
    return RefundPayment(
        **{
            "payment_id": "pay_ord_1",
            "order_id": "ord_1",
            "amount_minor": amount_minor,
            "reason": "goodwill",
            "requested_by": "agent_1",
            "idempotency_key": "key_1",
            **given,
        }
    )


def bought(**given: Any) -> Scene:
    return Scene().stock().place(**given).wait(days=4)


def test_payment_refund_in_part_goes_back_and_is_told() -> None:
    scene = bought()

    scene.tell(refund(500))

    scene.was_told("RefundCharge", "ChargeRefunded", "RefundIssued", "SendNotification")
    assert scene.last("RefundIssued").payment_status == "partially_refunded"
    assert scene.books() == (2_000, 500, 0)
    assert scene.status() == "delivered"
    assert scene.mails("refund-issued") > 0


def test_payment_refund_in_full_ends_the_order() -> None:
    scene = bought()

    scene.tell(refund())

    assert scene.books() == (2_000, 2_000, 0)
    assert scene.status() == "refunded"


def test_payment_refund_asked_for_twice_goes_back_once() -> None:
    scene = bought()

    scene.tell(refund(500), refund(500))

    assert scene.books() == (2_000, 500, 0)
    assert len(scene.data("RefundIssued")) == 1


def test_payment_refund_of_too_much_is_refused() -> None:
    scene = bought()

    scene.tell(refund(2_001))

    assert scene.last("RefundFailed").failure_reason == "amount_exceeds_payment"
    assert scene.last("RefundFailed").rejected
    scene.never_told("RefundCharge")


def test_payment_refund_for_a_return_is_made_after_thirty_days_by_each_of_its_payments() -> None:
    scene = Scene().stock(10, "p1").write(order()).until("PaymentProcessed").tell(amend(1, 3))
    scene.wait(days=4)
    item = ShippedItem(item_id="ord_1:1", product_id="p1", quantity=1)
    scene.tell(RequestReturn(order_id="ord_1", user_id="usr_1", items=(item,), reason="other"))
    return_id = scene.last("ReturnInitiated").return_id

    again = refund(500, reason="return", return_id=return_id, payment_id="pay_ord_1:2")
    scene.wait(days=31).tell(again)

    assert scene.last("RefundIssued").payment_id == "pay_ord_1:2"


def test_payment_refund_after_thirty_days_is_refused() -> None:
    scene = bought().wait(days=31)

    scene.tell(refund())

    assert scene.last("RefundFailed").failure_reason == "outside_window"


def test_payment_refund_above_500_gbp_waits_for_somebody_elses_approval() -> None:
    scene = bought(price_minor=90_000)

    scene.tell(refund(approved_by="agent_1"))
    scene.never_told("RefundCharge")
    scene.tell(refund(approved_by="agent_2"))

    scene.was_told("RefundCharge", "RefundIssued")
    assert scene.books() == (90_000, 90_000, 0)


def test_payment_refund_that_nobody_approves_lapses_after_a_week() -> None:
    scene = bought(price_minor=90_000)

    scene.tell(refund()).wait(days=7, minutes=1)

    assert scene.last("RefundFailed").failure_reason == "approval_required"
    assert scene.books() == (90_000, 0, 0)


def test_payment_refund_that_nobody_approves_of_an_order_that_is_cancelled_is_not_told() -> None:
    scene = Scene().stock().place(price_minor=90_000, postal_code="10001-busy").tell(refund())

    scene.tell(CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="no need"))
    scene.wait(days=8)

    assert scene.books() == (90_000, 90_000, 0)
    scene.never_told("RefundFailed")
    assert scene.row("orders", "ord_1").flags == ()


def test_payment_refund_that_the_provider_refuses_is_for_a_person() -> None:
    scene = bought(token="tok_refund_refused")

    scene.tell(refund()).wait(hours=2)

    assert scene.last("RefundFailed").failure_reason == "provider_error"
    assert not scene.last("RefundFailed").rejected
    scene.never_told("RefundIssued")


def test_payment_refund_on_its_way_is_done_when_the_provider_says_so() -> None:
    scene = bought(token="tok_refund_pending")

    scene.tell(refund(500)).wait(hours=23)
    scene.was_told("RefundCharge", "ChargeRefundAccepted")
    scene.never_told("RefundIssued")
    assert scene.mails("refund-issued") == 0
    scene.wait(hours=2)

    scene.was_told("RefundCharge", "ChargeRefundAccepted", "RefundCharge", "RefundIssued")
    assert scene.books() == (2_000, 500, 0)


def test_payment_refund_that_fails_on_its_way_is_told_and_listed() -> None:
    scene = bought(token="tok_refund_fails")

    scene.tell(refund()).wait(days=1, hours=1)

    assert scene.last("RefundFailed").failure_reason == "provider_error"
    scene.never_told("RefundIssued")
    assert scene.row("payments", "pay_ord_1").stuck
    assert "REFUND_FAILED" in scene.row("orders", "ord_1").flags
    assert (scene.status(), scene.books()) == ("delivered", (2_000, 0, 0))


def test_payment_refund_that_fails_after_it_was_made_may_be_made_again() -> None:
    scene = bought().tell(refund())
    refund_id = scene.last("RefundIssued").refund_id

    scene.tell(
        ChargeOperationFailed(
            payment_id="pay_ord_1",
            operation="refund",
            failure_code="refund_refused",
            retryable=False,
            provider="simulated",
            refund_id=refund_id,
        )
    )

    scene.was_told("RefundIssued", "RefundFailed")
    row = scene.row("payments", "pay_ord_1")
    assert (row.status, row.refunded_minor, row.stuck) == ("REFUNDED", 0, True)
    assert "REFUND_FAILED" in scene.row("orders", "ord_1").flags


def test_payment_refund_of_what_was_never_taken_is_refused() -> None:
    scene = Scene().stock(1, "p1").place(3)

    scene.tell(refund(500))

    assert scene.last("RefundFailed").failure_reason == "not_captured"


def test_payment_refund_of_what_went_back_already_is_refused() -> None:
    scene = bought().tell(refund())

    scene.tell(refund(idempotency_key="key_2"))

    assert scene.last("RefundFailed").failure_reason == "already_refunded"
    assert scene.books() == (2_000, 2_000, 0)


def test_payment_refund_while_a_fraud_case_is_open_is_refused() -> None:
    scene = Scene().stock().place()
    scene.tell(
        FraudDetected(
            payment_id="pay_ord_1", order_id="ord_1", fraud_type="account_takeover", severity="high"
        )
    )

    scene.tell(refund(500))

    assert scene.last("RefundFailed").failure_reason == "fraud_hold"
