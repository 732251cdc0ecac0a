"""What an amendment means for the order's money: before it is asked for, held, or taken (G-8)."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from streams.moments import MINUTE_MS
from streams.payments.amendments import amend, needless
from streams.payments.amounts import remaining_minor
from streams.payments.evolution import evolve_all
from streams.payments.facts import Amended, FurtherAsked, ReviewWaived
from streams.payments.refund import REFUNDS_MAX
from streams.payments.refund_facts import RefundAsked
from streams.payments.sales import NOTHING_SOLD, Sale, SoldLine
from streams.payments.sales import amended as amended_sale
from streams.payments.states import Payment, Status
from tests.streams.payments.samples import (
    AMOUNT,
    NOW_MS,
    RULES,
    VISA,
    Life,
    amended,
    asked_back,
    authorized,
    capturing,
    chargeback,
    charged_back,
    charging,
    checked,
    closed,
    committed,
    disputed,
    ended,
    failed,
    failed_once,
    fresh,
    held,
    initiated,
    line,
    paid,
    partly_refunded,
    refunded,
    refunded_life,
    renewal,
    settled_life,
    succeeded,
)
from tests.streams.payments.samples import captured as told_captured

MORE, LESS = AMOUNT + 3_000, AMOUNT - 3_000


@pytest.mark.parametrize("total_minor", [MORE, LESS])
@pytest.mark.parametrize("make", [fresh, held, failed_once])
def test_what_was_not_asked_for_yet_is_asked_for_at_the_new_total(
    make: Callable[[], Life], total_minor: int
) -> None:
    life = make().hear(amended(total_minor), checked()).wait(10 * 60_000)

    assert life.last("ProcessPayment").amount_minor == total_minor


@pytest.mark.parametrize(("total_minor", "captured_minor"), [(MORE, AMOUNT), (LESS, LESS)])
@pytest.mark.parametrize("make", [charging, authorized])
def test_of_held_money_no_more_is_captured_than_the_order_costs(
    make: Callable[[], Life], total_minor: int, captured_minor: int
) -> None:
    life = make().hear(amended(total_minor), succeeded(), line(1), line(2))
    assert life.last("CapturePayment").amount_minor == captured_minor

    life.hear(told_captured(amount_minor=captured_minor))

    assert life.last("PaymentProcessed").amount_minor == captured_minor
    assert ("PaymentInitiated" in life.names) is (total_minor > captured_minor)


def test_a_capture_under_way_is_balanced_once_it_is_in() -> None:
    cheaper = capturing().hear(amended(LESS), told_captured())
    dearer = capturing().hear(amended(MORE), told_captured())

    assert cheaper.last("RefundCharge").amount_minor == 3_000
    assert dearer.last("PaymentInitiated").amount_minor == 3_000


@pytest.mark.parametrize("make", [paid, settled_life])
def test_paid_and_cheaper_gives_the_difference_back_without_approval(
    make: Callable[[], Life],
) -> None:
    life = make().hear(amended(LESS), amended(LESS))

    assert life.names.count("RefundCharge") == 1
    life.hear(refunded(life.last("RefundCharge").refund_id, 3_000))
    assert life.last("RefundIssued").reason == "AMENDMENT"
    assert remaining_minor(life.payment) == LESS


def test_no_refund_has_the_id_of_another_however_many_there_were() -> None:
    life = paid()

    for number in range(1, REFUNDS_MAX + 10):
        life.wait(1).hear(amended(AMOUNT - 100 * number))
        life.hear(refunded(life.last("RefundCharge").refund_id, 100))

    ids = [message.refund_id for message in life.said if message.name == "RefundIssued"]
    assert len(ids) == len(set(ids)) == REFUNDS_MAX + 9
    assert life.payment.refunded_minor == 100 * len(ids)


def test_paid_and_dearer_is_a_further_payment_charged_at_once() -> None:
    opened = paid().hear(amended(MORE)).last("PaymentInitiated")

    assert (opened.payment_id, opened.order_id) == ("pay_ord_1:2", "ord_1")
    assert (opened.amount_minor, opened.checkout_type) == (3_000, "recurring")
    assert opened.payment_method.token == VISA


@pytest.mark.parametrize(
    ("total_minor", "said"),
    [
        (AMOUNT + 50, []),
        (AMOUNT - 50, []),
        (AMOUNT + 51, ["PaymentInitiated"]),
        (AMOUNT - 51, ["RefundCharge"]),
    ],
)
def test_half_a_dollar_is_waived_and_no_more(total_minor: int, said: list[str]) -> None:
    life = paid().forget_said().hear(amended(total_minor))

    assert life.names == said


@pytest.mark.parametrize("make", [paid, capturing])
def test_what_the_shop_could_not_send_goes_back_to_the_last_cent(make: Callable[[], Life]) -> None:
    gone = amended(AMOUNT - 50, 1, 0).model_copy(update={"cancellation_reason": "OUT_OF_STOCK"})
    life = make().hear(gone, told_captured())

    assert life.last("RefundCharge").amount_minor == 50


@pytest.mark.parametrize("make", [refunded_life, charged_back, ended])
def test_what_has_ended_stays(make: Callable[[], Life]) -> None:
    life = make()
    before = life.payment

    assert life.hear(amended(LESS)).payment == before


def test_a_renewal_costs_what_it_took() -> None:
    life = Life(renewal()).hear(checked(), succeeded()).forget_said()

    assert life.hear(amended(LESS)).names == []


def test_during_a_dispute_the_difference_waits() -> None:
    life = disputed().hear(amended(LESS))
    assert "RefundCharge" not in life.names

    assert life.hear(closed("won")).last("RefundCharge").amount_minor == 3_000


def test_other_refunds_do_not_count_against_the_new_total() -> None:
    life = partly_refunded().hear(amended(LESS))

    assert life.last("RefundCharge").amount_minor == 3_000


def test_what_is_not_left_any_more_is_for_a_person() -> None:
    life = partly_refunded().hear(amended(1_000))

    assert life.last("RefundCharge").amount_minor == AMOUNT - 5_000
    assert life.payment.stuck


def test_where_all_is_on_its_way_back_an_amendment_asks_for_nothing_and_is_for_a_person() -> None:
    life = paid().hear(asked_back(AMOUNT), amended(LESS))

    assert life.names.count("RefundCharge") == 1
    assert (life.payment.stuck, len(life.payment.refunds)) == (True, 1)


# --- further payments ------------------------------------------------------------------------


def extra(amount_minor: int = 3_000, *, is_paid: bool = True) -> Payment:
    told: dict[str, Any] = {"checkout_type": "recurring", "items": None}
    life = Life(initiated(amount_minor=amount_minor, **told)).hear(checked())
    if is_paid:
        return life.hear(succeeded(amount_minor=amount_minor)).payment
    return life.hear(checked("DECLINED")).payment


@pytest.mark.parametrize(
    ("further", "total_minor", "charged", "back"),
    [
        ((extra(),), MORE, None, None),
        ((extra(),), MORE + 1_000, (3, 1_000), None),
        ((extra(),), AMOUNT, None, None),  # That one gives it back.
        ((extra(),), AMOUNT - 500, None, 500),
        ((extra(is_paid=False),), MORE + 1_000, (3, 4_000), None),
        ((extra(is_paid=False),), LESS, None, 3_000),
    ],
)
def test_what_further_payments_pay_is_paid(
    further: tuple[Payment, ...],
    total_minor: int,
    charged: tuple[int, int] | None,
    back: int | None,
) -> None:
    dearer = evolve_all(paid().payment, (Amended(MORE, ()),))

    facts = amend(dearer, further, amended(total_minor), NOW_MS, RULES)

    asked = [(f.number, f.amount_minor) for f in facts if isinstance(f, FurtherAsked)]
    given = [f.amount_minor for f in facts if isinstance(f, RefundAsked)]
    assert asked == ([charged] if charged else [])
    assert given == ([back] if back else [])


def test_an_increase_that_nobody_paid_is_taken_back_for_nothing() -> None:
    dearer = evolve_all(paid().payment, amend(paid().payment, (), amended(MORE), NOW_MS, RULES))

    facts = amend(dearer, (extra(is_paid=False),), amended(AMOUNT), NOW_MS, RULES)

    assert [type(fact).__name__ for fact in facts] == ["Amended"]


# --- lines -----------------------------------------------------------------------------------


def test_a_line_that_is_gone_is_not_waited_for() -> None:
    life = authorized().hear(line(1))
    assert "CapturePayment" not in life.names

    life.hear(amended(LESS, 1, 0))

    assert life.last("CapturePayment").amount_minor == LESS
    assert life.hear(line(2)).payment.held == ("1",)


def test_lines_that_were_added_are_held_already() -> None:
    life = authorized().hear(amended(MORE, 0, 0, 2))

    assert life.last("CapturePayment").amount_minor == AMOUNT
    life.hear(told_captured()).hear(committed(3))
    assert life.last("PaymentComplete").amount_minor == AMOUNT


LAPSED = {"reason": "reservation_expired", "reservation_status": "EXPIRED"}


def test_a_line_that_was_added_and_lapsed_is_waited_for_like_any_other() -> None:
    life = authorized().hear(line(1), amended(AMOUNT, 1, 1, 2), line(3, **LAPSED), line(2))
    assert "CapturePayment" not in life.names

    life.hear(line(3))

    assert "CapturePayment" in life.names
    assert life.payment.lines == 3


def test_one_that_is_taken_away_again_is_not() -> None:
    life = authorized().hear(line(1), amended(AMOUNT, 1, 1, 2), line(3, **LAPSED), line(2))

    life.hear(amended(AMOUNT, 1, 1, 0))

    assert "CapturePayment" in life.names
    assert (life.payment.lines, life.payment.added) == (2, ())


def test_what_an_amendment_only_asks_for_is_no_line_yet() -> None:
    life = authorized().hear(line(1), line(3))
    assert "CapturePayment" not in life.names

    assert "CapturePayment" in life.hear(line(2)).names


def test_a_line_may_be_committed_before_its_amendment_is_told() -> None:
    life = paid().hear(committed(1), committed(3))
    assert "PaymentComplete" not in life.names

    life.hear(amended(AMOUNT, 1, 1, 2))
    assert "PaymentComplete" not in life.names
    assert life.hear(committed(2)).names.count("PaymentComplete") == 1


def test_the_last_line_to_be_committed_may_go() -> None:
    life = paid().hear(committed(1), amended(LESS, 1, 0))

    assert life.names.count("PaymentComplete") == 1
    assert life.hear(committed(2)).names.count("PaymentComplete") == 1


def test_a_sale_knows_what_came_back_before() -> None:
    sale = Sale((SoldLine("prod_1", None, 2, 200, 1), SoldLine("prod_2", None, 1, 100)))

    lines = amended_sale(sale, amended(1, 1, 0, 4).lines or ()).lines

    assert [(one.quantity, one.units_back) for one in lines] == [(1, 1), (0, 0), (4, 0)]
    assert amended_sale(NOTHING_SOLD, ()).lines == ()


def test_a_dispute_after_a_further_payment_leaves_that_one_alone() -> None:
    life = paid().hear(amended(MORE), chargeback())

    assert life.status is Status.DISPUTED


def test_a_capture_is_asked_for_again_as_it_was_whatever_the_order_costs_by_now() -> None:
    life = capturing().hear(amended(AMOUNT - 1_000, 1, 1), failed("capture")).wait(MINUTE_MS)

    first, again = [m for m in life.said if m.name == "CapturePayment"]
    assert again == first
    life.hear(told_captured())
    assert life.last("RefundCharge").amount_minor == 1_000


def test_a_capture_that_had_happened_took_what_was_asked_for_and_not_what_is_due_by_now() -> None:
    life = capturing().hear(amended(AMOUNT - 1_000, 1, 1))

    life.hear(failed("capture", retryable=False, failure_code="already_captured"))

    assert life.payment.captured_minor == AMOUNT
    assert life.last("RefundCharge").amount_minor == 1_000


def test_a_capture_of_a_row_that_does_not_say_what_was_asked_for_is_of_what_is_held() -> None:
    life = capturing()
    life.row = replace(life.payment, capture_minor=0)

    life.hear(failed("capture")).wait(MINUTE_MS)
    assert life.last("CapturePayment").amount_minor == AMOUNT

    life.hear(failed("capture", retryable=False, failure_code="already_captured"))
    assert life.payment.captured_minor == AMOUNT


def waiting(amount_minor: int, decision: str = "") -> Payment:
    """A difference that nobody charges yet."""
    life = Life(renewal(amount_minor=amount_minor, order_id="ord_1"))
    return (life.hear(checked(decision)) if decision else life).payment


@pytest.mark.parametrize("decision", ["", "MANUAL_REVIEW"])
def test_a_further_payment_that_the_order_costs_no_more_ends_with_its_review(decision: str) -> None:
    first = paid().hear(amended(AMOUNT)).payment

    [(name, facts)] = needless(first, {"pay:2": waiting(3_000, decision)}, RULES)

    after = evolve_all(waiting(3_000, decision), facts)
    assert (name, after.status) == ("pay:2", Status.CANCELLED)
    assert any(isinstance(fact, ReviewWaived) for fact in facts) is bool(decision)


def test_of_a_payment_that_ended_as_needless_no_review_is_begun() -> None:
    life = Life(renewal(amount_minor=3_000, order_id="ord_1"))
    [(_, facts)] = needless(paid().payment, {"pay:2": life.payment}, RULES)
    life.row = evolve_all(life.payment, facts)

    life.hear(checked("MANUAL_REVIEW"), checked("MANUAL_REVIEW"))

    assert life.names.count("OverrideFraudDecision") == 1
    assert life.last("OverrideFraudDecision").decision == "APPROVED"


@pytest.mark.parametrize(
    ("total_minor", "ends"),
    [
        (AMOUNT, ["3", "2"]),
        (AMOUNT + 50, ["3", "2"]),
        (AMOUNT + 2_000, ["3"]),
        (AMOUNT + 2_500, ["2"]),
        (AMOUNT + 3_500, []),
        (AMOUNT + 5_000, []),
    ],
)
def test_no_more_further_payments_end_than_the_order_can_spare(
    total_minor: int, ends: list[str]
) -> None:
    first = evolve_all(paid().payment, (Amended(total_minor, (), ()),))
    further = {"2": waiting(2_000), "3": waiting(3_000, "MANUAL_REVIEW")}

    assert [name for name, _ in needless(first, further, RULES)] == ends


@pytest.mark.parametrize("one", [extra(), extra(is_paid=False)])
def test_what_is_charged_already_does_not_end(one: Payment) -> None:
    charging = Life(renewal(amount_minor=3_000, order_id="ord_1")).hear(checked()).payment

    assert dict(needless(paid().payment, {"2": one, "3": charging}, RULES)) == {}
