"""What an amendment means for an order's claims (G-8)."""

import pytest

from events.base import Message
from events.order_parts import AddressChange, OrderLine
from events.orders import OrderAmended
from streams.allocation.commands import commands
from streams.allocation.deciding import decide
from streams.allocation.evolution import fold
from streams.allocation.rows import Allocation, LineState, Status
from streams.allocation.rules import AllocationRules
from tests.streams.allocation.samples import cancelled, confirmed
from tests.streams.orders.samples import AT_MS, address, expired, held, paid, short, verdict

RULES = AllocationRules()


def line(number: int, quantity: int, product_id: str = "") -> OrderLine:
    return OrderLine(
        number=number,
        product_id=product_id or f"p{number}",
        quantity=quantity,
        unit_price_minor=1000,
        total_price_minor=1000 * quantity,
    )


def amended(*lines: OrderLine, total_minor: int = 9999, **given: object) -> OrderAmended:
    fields: dict[str, object] = {
        "order_id": "ord_1",
        "user_id": "usr_1",
        "amendment_type": "QUANTITY_CHANGE",
        "amendments": (),
        "new_order_total_minor": total_minor,
        "currency": "USD",
        "order_status": "confirmed",
        "lines": lines or None,
    }
    return OrderAmended(**(fields | given))


def told(row: Allocation | None, message: Message) -> tuple[Allocation, list[tuple]]:
    """The row afterwards, and the commands as (name, line, units, keep)."""
    facts = decide(row, message, AT_MS, RULES)
    assert row is not None or facts
    after = fold(row, facts) if facts else row
    assert after is not None
    said = [
        (
            one.name,
            one.reservation_id[-1],
            getattr(one, "quantity", None),
            getattr(one, "keep", None),
        )
        for one in commands(after, facts)
    ]
    return after, said


def row_after(*messages: Message) -> Allocation:
    row: Allocation | None = None
    for message in (confirmed(), *messages):
        row, _ = told(row, message)
    assert row is not None
    return row


def test_what_is_taken_away_is_let_go_whole_or_in_part() -> None:
    row, said = told(row_after(), amended(line(1, 1), line(2, 0)))

    assert said == [("ReleaseStock", "1", 1, 1), ("ReleaseStock", "2", 1, None)]
    assert row.lines[1].state is LineState.GONE
    assert row.total_minor == 9999


def test_what_is_added_is_held_already_and_belongs_to_the_order_from_now_on() -> None:
    row, said = told(row_after(), amended(line(1, 2), line(2, 1), line(3, 4)))

    assert said == []
    assert (row.lines[2].quantity, row.lines[2].state) == (4, LineState.HELD)
    _, committed = told(row, paid(amount_minor=9999))
    _, let_go = told(row, cancelled())
    assert [name for name, *_ in committed] == ["CommitStock"] * 3
    assert [(name, number) for name, number, *_ in let_go] == [
        ("ReleaseStock", "1"),
        ("ReleaseStock", "2"),
        ("ReleaseStock", "3"),
    ]


def test_what_a_paid_order_gets_in_addition_is_committed_at_once() -> None:
    row = row_after(paid())

    _, said = told(row, amended(line(1, 2), line(2, 1), line(3, 4), line(4, 0)))

    assert said == [("CommitStock", "3", 4, None)]


def test_what_is_added_has_half_an_hour_like_what_was_asked_for() -> None:
    row, _ = told(row_after(), amended(line(1, 2), line(2, 1), line(3, 4)))

    assert {one.expires_at_ms for one in row.lines} == {AT_MS + RULES.hold_ms}


def test_a_line_that_is_made_smaller_stands_as_it_stood() -> None:
    row, _ = told(row_after(held(2), expired(1)), amended(line(1, 1), line(2, 1)))

    assert [(one.quantity, one.state) for one in row.lines] == [
        (1, LineState.LAPSED),
        (1, LineState.ASKED),
    ]


def test_what_was_added_and_taken_away_before_it_was_told_is_gone() -> None:
    row, said = told(row_after(), amended(line(1, 2), line(2, 1), line(3, 0)))

    assert (row.lines[2].state, said) == (LineState.GONE, [])


def test_a_line_that_is_gone_is_asked_for_nothing_any_more() -> None:
    row, _ = told(row_after(), amended(line(1, 2), line(2, 0)))

    _, said = told(row, cancelled())

    assert [number for _, number, *_ in said] == ["1"]


def test_what_stock_says_of_a_line_that_is_gone_has_nothing_asked_for() -> None:
    row = row_after(verdict("MANUAL_REVIEW"), amended(line(1, 2), line(2, 0)), verdict("APPROVED"))

    for late in (expired(2), held(2), expired(2)):
        after, said = told(row, late)
        assert (after.lines[1].state, said) == (LineState.GONE, [])


def test_a_payment_of_the_price_from_before_pays() -> None:
    row = row_after(amended(line(1, 1), line(2, 1)), amended(line(1, 1), line(2, 0), total_minor=9))

    after, said = told(row, paid())

    assert after.status is Status.COMMITTED
    assert [name for name, *_ in said] == ["CommitStock"]


def test_money_may_come_before_the_amendment_that_made_its_price() -> None:
    row, said = told(row_after(held(1)), paid(amount_minor=9999))
    assert (row.status, said) == (Status.ASKED, [])
    assert told(row, paid(amount_minor=9999))[1] == []

    other, _ = told(row, amended(line(1, 2), line(2, 0), total_minor=5000))
    assert other.status is Status.ASKED
    after, said = told(row, amended(line(1, 2), line(2, 0)))

    assert after.status is Status.COMMITTED
    assert said == [("ReleaseStock", "2", 1, None), ("CommitStock", "1", 2, None)]


@pytest.mark.parametrize("given", [{"payment_id": "pay_else"}, {"currency": "EUR"}])
def test_a_foreign_payment_of_another_sum_is_not_remembered(given: dict[str, object]) -> None:
    foreign = paid(amount_minor=9999, **given)

    assert decide(row_after(), foreign, AT_MS, RULES) == ()


def test_when_the_line_that_waited_is_taken_away_the_lapsed_ones_are_asked_for_again() -> None:
    row = row_after(held(1), short("p2"), expired(1))

    _, said = told(row, amended(line(1, 2), line(2, 0)))

    assert said == [("ReleaseStock", "2", 1, None), ("ReserveStock", "1", 2, None)]


def test_a_shortage_of_an_amendment_is_not_the_orders() -> None:
    row = row_after()

    assert decide(row, short("p1", reservation_id="ord_1:3"), AT_MS, RULES) == ()
    assert decide(row, short("p1", reservation_id="ord_1:1"), AT_MS, RULES) != ()


def test_told_twice_or_too_late_nothing_follows() -> None:
    change = amended(line(1, 1), line(2, 1), line(3, 1))
    row, _ = told(row_after(), change)

    assert decide(row, change, AT_MS, RULES) == ()
    assert decide(row_after(cancelled()), change, AT_MS, RULES) == ()
    assert decide(None, change, AT_MS, RULES) == ()


def test_lines_that_are_not_told_or_not_all_change_nothing() -> None:
    assert decide(row_after(), amended(), AT_MS, RULES) == ()
    assert decide(row_after(), amended(line(1, 1)), AT_MS, RULES) == ()
    assert decide(row_after(), amended(line(2, 1), line(1, 1)), AT_MS, RULES) == ()


def test_more_of_a_product_is_a_line_of_its_own_and_never_a_larger_one() -> None:
    assert decide(row_after(), amended(line(1, 3), line(2, 1)), AT_MS, RULES) == ()


def test_what_lapsed_of_a_paid_order_is_not_asked_for_by_an_amendment() -> None:
    row = row_after(held(1), short("p2"), expired(1), paid())

    _, said = told(row, amended(line(1, 2), line(2, 0)))

    assert said == [("ReleaseStock", "2", 1, None)]


def test_another_address_is_where_later_claims_go() -> None:
    moved = AddressChange(previous=address(), updated=address(country="DE", state=None))

    row, said = told(row_after(), amended(shipping_address=moved))

    assert ((row.country, row.state), said) == (("DE", ""), [])


def test_the_address_that_is_known_changes_nothing() -> None:
    for known in (address(), address(line1="2 Side St")):
        moved = AddressChange(previous=address(), updated=known)

        assert decide(row_after(), amended(shipping_address=moved), AT_MS, RULES) == ()
