"""Laws notice what breaks them."""

import pytest

from simulation.laws.broken import Broken
from simulation.laws.telling import ONCE, ONE_REFUND, TellingLaw


def of_refund(payment_id: str, refund_id: str = "ref_ord_1", **other: str) -> dict[str, object]:
    """An envelope about a refund."""
    return {"data": {"paymentId": payment_id, "refundId": refund_id, **other}}


def test_two_payments_that_announce_one_refund_break_a_law() -> None:
    law = TellingLaw()
    law.told("RefundIssued", of_refund("pay_ord_1"))
    law.told("RefundIssued", of_refund("pay_ord_1:2", "ref_ord_2"))

    with pytest.raises(Broken, match=ONCE):
        law.told("RefundIssued", of_refund("pay_ord_1:2"))


def test_two_payments_that_ask_for_one_refund_break_a_law() -> None:
    law = TellingLaw()
    law.told("RefundCharge", of_refund("pay_ord_1", chargeId="ch_1", idempotencyKey="a"))
    law.told("RefundCharge", of_refund("pay_ord_1", chargeId="ch_1", idempotencyKey="a"))

    with pytest.raises(Broken, match=ONE_REFUND):
        law.told("RefundCharge", of_refund("pay_ord_1:2", chargeId="ch_2", idempotencyKey="b"))
