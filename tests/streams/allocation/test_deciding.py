"""What each message means for an order's claims on stock, and which commands follow.

Times in the names of cases are minutes after the order was confirmed.
"""

from collections.abc import Sequence

import pytest

from events.base import Message
from events.holds import CommitStock, ExtendHold, ReleaseStock, ReserveStock
from events.types import OrderPayment
from streams.allocation.commands import commands
from streams.allocation.deciding import decide, forgotten, order_id_of
from streams.allocation.evolution import fold
from streams.allocation.rows import Allocation, LineState, Status
from streams.allocation.rules import AllocationRules
from streams.moments import MINUTE_MS, moment_of, ms_of
from tests.streams.allocation.samples import cancelled, confirmed
from tests.streams.orders.samples import (
    AT_MS,
    address,
    declined,
    expired,
    fraud,
    held,
    item,
    paid,
    released,
    short,
    verdict,
)

RULES = AllocationRules()


def after(*told: tuple[Message, int], row: Allocation | None = None) -> Allocation | None:
    """The row once each message has been told, at its minute."""
    for message, minute in told:
        facts = decide(row, message, AT_MS + minute * MINUTE_MS, RULES)
        row = fold(row, facts) if facts else row
    return row


def follows(row: Allocation | None, message: Message, minute: int = 0) -> list[Message]:
    """The commands that the message leads to."""
    facts = decide(row, message, AT_MS + minute * MINUTE_MS, RULES)
    return [*commands(fold(row, facts), facts)] if facts else []


def kinds(found: Sequence[Message]) -> list[tuple[str, str]]:
    return [(command.name, command.reservation_id.removeprefix("ord_1")) for command in found]


def states(row: Allocation | None) -> list[str]:
    assert row is not None
    return [line.state.value for line in row.lines]


ASKED = after((confirmed(), 0))
COMMITTED = after((paid(), 1), row=ASKED)
RELEASED = after((cancelled(), 1), row=ASKED)
IN_REVIEW = after((verdict("MANUAL_REVIEW"), 1), row=ASKED)
WAITING = after((short("p1"), 1), row=ASKED)


def test_a_confirmed_order_asks_for_each_of_its_lines() -> None:
    first, second = follows(None, confirmed())

    assert first == ReserveStock(
        reservation_id="ord_1:1",
        order_id="ord_1",
        product_id="p1",
        quantity=2,
        destination=address(line1="", city=""),
        expires_at=moment_of(AT_MS + 15 * MINUTE_MS),
        payment_id="pay_ord_1",
        lines_total=2,
    )
    assert (second.reservation_id, second.product_id, second.quantity) == ("ord_1:2", "p2", 1)


def test_the_payment_is_named_after_the_order_where_the_event_does_not_say() -> None:
    [first, _] = follows(None, confirmed(payment=None))
    told = confirmed(payment=OrderPayment(payment_id="pay_9", method="credit_card"))
    [other, _] = follows(None, told)

    assert (first.payment_id, other.payment_id) == ("pay_ord_1", "pay_9")


def test_what_replaces_other_goods_goes_on_with_their_holds_and_waits_for_no_payment() -> None:
    found = follows(None, confirmed(payment=None, exchange_for="ord_0"))

    assert kinds(found) == [
        ("ReserveStock", ":1"),
        ("ReserveStock", ":2"),
        ("CommitStock", ":1"),
        ("CommitStock", ":2"),
    ]
    first, *_, commit = found
    assert (first.takes_over, first.payment_id, first.backorder) == ("ord_1:x1", None, False)
    assert commit.payment_id is None


@pytest.mark.parametrize("row", [ASKED, COMMITTED, RELEASED, IN_REVIEW, WAITING])
def test_a_confirmation_that_is_repeated_asks_for_nothing(row: Allocation) -> None:
    assert follows(row, confirmed(), 5) == []


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("CUSTOMER_REQUEST", "order_cancelled"),
        ("OUT_OF_STOCK", "order_cancelled"),
        ("FRAUD_DETECTED", "order_cancelled"),
        ("PAYMENT_FAILED", "payment_failed"),
        ("RESERVATION_EXPIRED", "reservation_expired"),
    ],
)
def test_a_cancelled_order_lets_every_line_go(reason: str, said: str) -> None:
    found = follows(ASKED, cancelled(reason))

    assert kinds(found) == [("ReleaseStock", ":1"), ("ReleaseStock", ":2")]
    assert found[0] == ReleaseStock(
        reservation_id="ord_1:1", order_id="ord_1", product_id="p1", quantity=2, reason=said
    )


@pytest.mark.parametrize("row", [COMMITTED, IN_REVIEW, WAITING, after((expired(1), 20), row=ASKED)])
def test_lines_are_let_go_however_they_stand(row: Allocation) -> None:
    assert kinds(follows(row, cancelled())) == [("ReleaseStock", ":1"), ("ReleaseStock", ":2")]


def test_an_order_is_let_go_once_and_nothing_is_asked_for_it_again() -> None:
    later: list[Message] = [
        cancelled(),
        confirmed(),
        paid(),
        declined(1, next_retry_at=moment_of(AT_MS)),
        verdict("MANUAL_REVIEW"),
        verdict("APPROVED"),
        expired(1),
        held(1),
        short("p1"),
    ]

    assert [follows(RELEASED, message, 30) for message in later] == [[]] * len(later)


def test_a_captured_payment_makes_the_holds_permanent_once() -> None:
    found = follows(ASKED, paid())

    assert kinds(found) == [("CommitStock", ":1"), ("CommitStock", ":2")]
    assert found[1] == CommitStock(
        reservation_id="ord_1:2",
        order_id="ord_1",
        payment_id="pay_ord_1",
        product_id="p2",
        quantity=1,
    )
    assert follows(COMMITTED, paid()) == []


@pytest.mark.parametrize("early", [(), (paid(payment_id="pay_2"),)])
def test_stock_is_committed_for_the_payment_that_was_captured_whichever_was_named(
    early: tuple[Message, ...],
) -> None:
    row = after(*[(message, 0) for message in early])

    last = confirmed() if early else paid(payment_id="pay_2")
    found = follows(row if early else ASKED, last, 1)

    commits = [one.payment_id for one in found if isinstance(one, CommitStock)]
    assert commits == ["pay_2", "pay_2"]


@pytest.mark.parametrize(
    "given", [{"status": "pending"}, {"amount_minor": 13496}, {"currency": "EUR"}]
)
def test_what_does_not_pay_the_order_commits_nothing(given: dict[str, object]) -> None:
    assert follows(ASKED, paid(**given)) == []


@pytest.mark.parametrize(
    ("next_retry", "until"),
    [(10, [15, 15]), (11, [16, 16]), (20, [25, 25]), (25, [30, 30]), (60, [30, 30])],
)
def test_a_retry_extends_the_holds_to_five_minutes_after_it_within_half_an_hour(
    next_retry: int, until: list[int]
) -> None:
    event = declined(1, next_retry_at=moment_of(AT_MS + next_retry * MINUTE_MS))

    found = follows(ASKED, event, 1)

    ends = [(ms_of(command.expires_at) - AT_MS) // MINUTE_MS for command in found]
    assert ends == ([] if until == [15, 15] else until)  # It lasts 15 minutes anyway.
    assert all(isinstance(command, ExtendHold) for command in found)


@pytest.mark.parametrize("row", [None, COMMITTED, RELEASED])
def test_a_retry_extends_only_what_is_asked_for(row: Allocation | None) -> None:
    assert follows(row, declined(1, next_retry_at=moment_of(AT_MS + 20 * MINUTE_MS)), 1) == []


def test_a_failure_without_another_attempt_extends_nothing() -> None:
    when = moment_of(AT_MS + 20 * MINUTE_MS)

    assert follows(ASKED, declined(3, next_retry_at=None), 1) == []
    assert follows(ASKED, declined(1, retryable=False, next_retry_at=when), 1) == []


def test_an_extension_is_not_told_twice() -> None:
    event = declined(1, next_retry_at=moment_of(AT_MS + 20 * MINUTE_MS))

    assert follows(after((event, 1), row=ASKED), event, 2) == []


def test_lines_that_wait_or_lapsed_are_not_extended() -> None:
    row = after((short("p1"), 1), (expired(2), 16), row=ASKED)

    assert states(row) == ["waiting", "lapsed"]
    assert follows(row, declined(1, next_retry_at=moment_of(AT_MS + 20 * MINUTE_MS)), 17) == []


@pytest.mark.parametrize("finding", [verdict("MANUAL_REVIEW"), fraud("high"), fraud("critical")])
def test_a_review_keeps_the_stock_for_half_an_hour(finding: Message) -> None:
    found = follows(ASKED, finding, 1)

    assert kinds(found) == [("ExtendHold", ":1"), ("ExtendHold", ":2")]
    assert {ms_of(command.expires_at) for command in found} == {AT_MS + 30 * MINUTE_MS}
    assert follows(after((finding, 1), row=ASKED), verdict("MANUAL_REVIEW"), 2) == []


@pytest.mark.parametrize(
    "finding", [verdict("APPROVED"), verdict("DECLINED"), fraud("medium"), fraud("low")]
)
def test_other_findings_mean_nothing_for_stock(finding: Message) -> None:
    assert decide(ASKED, finding, AT_MS, RULES) == ()
    assert decide(None, finding, AT_MS, RULES) == ()


def test_a_hold_that_lapses_is_not_asked_for_again_because_its_order_ends() -> None:
    row = after((expired(1), 15), row=ASKED)

    assert states(row) == ["lapsed", "asked"]
    assert follows(ASKED, expired(1), 15) == []
    assert follows(row, expired(1), 15) == []


def test_approval_asks_again_for_what_lapsed_during_the_review_and_has_it_not_wait() -> None:
    row = after((expired(2), 31), row=IN_REVIEW)

    found = follows(row, verdict("APPROVED"), 60)

    assert kinds(found) == [("ReserveStock", ":2")]
    assert ms_of(found[0].expires_at) == AT_MS + 75 * MINUTE_MS
    assert found[0].backorder is False


def test_a_refusal_asks_for_nothing_of_what_lapsed_during_the_review() -> None:
    row = after((expired(2), 31), row=IN_REVIEW)

    assert follows(row, verdict("DECLINED"), 60) == []


def test_what_lapsed_during_two_reviews_is_asked_for_when_both_have_approved() -> None:
    row = after((verdict("MANUAL_REVIEW", "pay_2"), 2), (expired(2), 31), row=IN_REVIEW)

    first = after((verdict("APPROVED", "pay_2"), 60), row=row)

    assert follows(row, verdict("APPROVED", "pay_2"), 60) == []
    assert kinds(follows(first, verdict("APPROVED"), 61)) == [("ReserveStock", ":2")]


@pytest.mark.parametrize("end", [paid(), cancelled()])
def test_approval_asks_for_nothing_once_its_order_is_paid_or_has_ended(end: Message) -> None:
    row = after((expired(2), 31), (end, 32), row=IN_REVIEW)

    assert follows(row, verdict("APPROVED"), 60) == []


def test_approval_asks_for_nothing_when_nothing_lapsed() -> None:
    assert follows(IN_REVIEW, verdict("APPROVED"), 10) == []
    assert follows(after((paid(), 5), row=IN_REVIEW), verdict("APPROVED"), 10) == []


def test_a_lapse_that_is_told_after_the_approval_is_asked_for_at_once() -> None:
    row = after((verdict("APPROVED"), 30), row=IN_REVIEW)

    assert kinds(follows(row, expired(1), 30)) == [("ReserveStock", ":1")]


def test_what_lapsed_before_the_review_was_told_is_asked_for_after_it() -> None:
    row = after((expired(1), 15), (verdict("MANUAL_REVIEW"), 15), row=ASKED)

    assert kinds(follows(row, verdict("APPROVED"), 20)) == [("ReserveStock", ":1")]


def test_an_approval_of_another_payment_ends_no_review() -> None:
    other = verdict("APPROVED").model_copy(update={"payment_id": "pay_other"})

    assert decide(after((expired(1), 15), row=IN_REVIEW), other, AT_MS, RULES) == ()


def test_a_restock_asks_again_for_the_lines_that_lapsed_meanwhile() -> None:
    row = after((expired(2), 16), row=WAITING)

    found = follows(row, held(1), 100)

    assert kinds(found) == [("ReserveStock", ":2")]
    assert found[0].backorder is None


def test_lapsed_lines_wait_until_nothing_is_open() -> None:
    row = after((verdict("MANUAL_REVIEW"), 2), (expired(2), 31), row=WAITING)

    assert follows(row, held(1), 100) == []
    assert follows(row, verdict("APPROVED"), 100) == []
    approved = after((held(1), 100), row=row)
    assert kinds(follows(approved, verdict("APPROVED"), 101)) == [("ReserveStock", ":2")]
    restocked = after((verdict("APPROVED"), 100), row=row)
    assert kinds(follows(restocked, held(1), 101)) == [("ReserveStock", ":2")]


def test_a_line_asked_for_again_has_a_half_hour_of_its_own() -> None:
    row = after((expired(1), 31), (verdict("APPROVED"), 60), row=IN_REVIEW)

    retry = declined(1, next_retry_at=moment_of(AT_MS + 80 * MINUTE_MS))
    [first] = follows(row, retry, 70)

    assert first.reservation_id == "ord_1:1"
    assert ms_of(first.expires_at) == AT_MS + 85 * MINUTE_MS


def test_a_line_that_is_filled_at_last_lapses_when_stock_says() -> None:
    until = AT_MS + 115 * MINUTE_MS

    row = after((held(1, reservation_expires_at=moment_of(until)), 100), row=WAITING)

    assert row is not None
    assert (row.lines[0].state, row.lines[0].expires_at_ms) == (LineState.HELD, until)


def test_a_line_that_is_filled_at_last_has_a_half_hour_of_its_own() -> None:
    row = after((held(1), 100), row=WAITING)

    ends = []
    for retry in (120, 150):
        event = declined(1, next_retry_at=moment_of(AT_MS + retry * MINUTE_MS))
        extended = [one for one in follows(row, event, 101) if one.reservation_id == "ord_1:1"]
        ends += [(ms_of(one.expires_at) - AT_MS) // MINUTE_MS for one in extended]

    assert row is not None
    assert row.lines[0].expires_at_ms == AT_MS + 115 * MINUTE_MS
    assert ends == [125, 130]


def test_a_line_that_may_not_wait_does_not() -> None:
    assert decide(ASKED, short("p1", backorder_allowed=False), AT_MS, RULES) == ()
    assert decide(ASKED, short("p9"), AT_MS, RULES) == ()


def test_of_two_lines_of_a_product_only_the_missing_one_waits() -> None:
    row = after((confirmed(order_items=(item(), item())), 0))

    early = after((held(2, product_id="p1"), 1), (short("p1"), 2), row=row)
    late = after((short("p1"), 1), (held(2, product_id="p1"), 2), row=row)

    assert states(early) == states(late) == ["waiting", "held"]


def test_being_held_is_not_written_down_where_it_says_nothing_new() -> None:
    assert decide(ASKED, held(1), AT_MS, RULES) == ()


@pytest.mark.parametrize(
    "message",
    [
        held(1, reservation_id=None),
        held(1, reservation_id="ord_2:1"),
        expired(3),
        released(1),
        held(1, reservation_status="PENDING"),
    ],
)
def test_what_is_about_no_line_of_the_order_means_nothing(message: Message) -> None:
    assert decide(WAITING, message, AT_MS, RULES) == ()


def test_what_is_captured_lapses_no_more() -> None:
    assert decide(COMMITTED, expired(1), AT_MS, RULES) == ()


def test_a_review_that_is_told_before_the_order_keeps_its_stock_longer() -> None:
    early = after((verdict("MANUAL_REVIEW"), 0))

    found = follows(early, confirmed(), 1)

    assert kinds(found) == [("ReserveStock", ":1"), ("ReserveStock", ":2")]
    assert {ms_of(command.expires_at) for command in found} == {AT_MS + 31 * MINUTE_MS}


def test_a_payment_that_is_told_before_the_order_commits_what_is_asked_for() -> None:
    early = after((paid(), 0))

    found = follows(early, confirmed(), 1)

    assert follows(None, paid()) == []
    assert kinds(found) == [
        ("ReserveStock", ":1"),
        ("ReserveStock", ":2"),
        ("CommitStock", ":1"),
        ("CommitStock", ":2"),
    ]
    assert ms_of(found[0].expires_at) == AT_MS + 16 * MINUTE_MS


def test_a_payment_that_is_told_before_the_order_is_believed_after_a_review_too() -> None:
    early = after((verdict("MANUAL_REVIEW"), 0), (paid(), 0))

    assert kinds(follows(early, confirmed(), 1))[2:] == [
        ("CommitStock", ":1"),
        ("CommitStock", ":2"),
    ]


def test_a_cancellation_that_is_told_before_the_order_has_nothing_asked_for() -> None:
    early = after((cancelled(), 0))

    assert follows(early, confirmed(), 1) == []


def test_an_order_that_is_never_confirmed_is_forgotten() -> None:
    early = after((paid(), 0))
    assert early is not None

    assert early.early_due_ms == AT_MS + 10 * MINUTE_MS
    assert forgotten(early, early.early_due_ms)
    confirmed_after = after((confirmed(), 1), row=early)
    assert confirmed_after is not None
    assert not forgotten(confirmed_after, early.early_due_ms)


@pytest.mark.parametrize("message", [held(1), expired(1), short("p1")])
def test_answers_to_what_was_never_asked_mean_nothing(message: Message) -> None:
    assert decide(None, message, AT_MS, RULES) == ()


def test_an_order_is_named_by_order_id_or_by_what_triggered_the_shortage() -> None:
    assert {order_id_of(message) for message in (confirmed(), short("p1"), paid())} == {"ord_1"}


def test_the_row_tells_how_the_order_stands_with_its_stock() -> None:
    assert [row.status for row in (ASKED, COMMITTED, RELEASED) if row] == [
        Status.ASKED,
        Status.COMMITTED,
        Status.RELEASED,
    ]
