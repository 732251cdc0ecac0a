"""The books of providers that keep none: what payments say is compared with them every night."""

import pytest

from app import agents_of
from engine.driver import Driver
from settings import Settings
from streams.moments import HOUR_MS, MINUTE_MS
from streams.payments.books import RULE
from tables.payments import BOOK_NOTES, PAYMENTS, SETTLEMENT_REPORT, STUCK
from tests.agents.caller import put
from tests.agents.till import Till, about, session
from tests.streams.payments.samples import AMOUNT, asked_back, checked, line, renewal

UNTIL_TWO_MS = (10 * 60 + 54) * MINUTE_MS


def paid(token: str = "tok_visa", order: str = "ord_1") -> Till:
    till = Till(with_ledger=False)
    return till.hear(
        session(order, token), *(about(m, order) for m in (checked(), line(1), line(2)))
    )


def test_books_of_a_shop_that_agree_are_compared_and_nothing_is_listed() -> None:
    till = paid().hear(asked_back(1_000))

    till.driver.advance(UNTIL_TWO_MS)

    [reconciled] = till.said("ChargesReconciled")
    assert (reconciled.data.compared, reconciled.data.mismatches) == (("pay_ord_1",), ())
    [row] = till.driver.rows(SETTLEMENT_REPORT).values()
    assert (row.captured_minor, row.refunded_minor) == (AMOUNT, 1_000)
    assert till.driver.rows(BOOK_NOTES) == till.driver.rows(STUCK) == {}


def test_a_difference_is_found_told_and_listed() -> None:
    till = paid("tok_misbooked")

    till.driver.advance(UNTIL_TWO_MS)

    [stuck] = till.driver.rows(STUCK).values()
    assert (stuck.why, stuck.captured_minor) == ("books", AMOUNT)
    assert stuck.provider_captured_minor == AMOUNT - 100
    [alert] = till.alerts()
    assert (alert.rule, alert.value) == (RULE, 1)


def test_a_row_that_lost_its_money_is_found() -> None:
    till = paid()
    for lane in till.driver._lanes:
        table = lane.processor.tables[SETTLEMENT_REPORT.name]
        for charge_id, _ in list(table.scan()):
            del table[charge_id]

    till.driver.advance(UNTIL_TWO_MS)

    [stuck] = till.driver.rows(STUCK).values()
    assert stuck.provider_captured_minor is None


def test_the_books_outlive_a_crash() -> None:
    till = paid()
    till.driver.restart()

    till.driver.advance(UNTIL_TWO_MS)

    assert [told.data.mismatches for told in till.said("ChargesReconciled")] == [()]


def test_a_renewal_is_in_the_books_from_its_charge_on() -> None:
    till = Till(with_ledger=False).hear(renewal(), checked())

    till.driver.advance(UNTIL_TWO_MS)

    [told] = till.said("ChargesReconciled")
    assert (told.data.compared, told.data.mismatches) == (("pay_ord_1",), ())


@pytest.mark.parametrize("token", ["tok_declined", "tok_capture_expired"])
def test_money_that_was_not_taken_is_in_no_book(token: str) -> None:
    till = paid(token)
    till.driver.advance(HOUR_MS, step_ms=MINUTE_MS)

    assert till.driver.rows(SETTLEMENT_REPORT) == {}


def test_the_shop_as_it_runs_finds_a_planted_difference() -> None:
    shop = Driver(*agents_of(Settings(provider_latency_ms=0)))
    for order, token in (("ord_1", "tok_visa"), ("ord_2", "tok_misbooked")):
        for message in (session(order, token), about(line(1), order), about(line(2), order)):
            put(shop, message, f"{order} {message.name}")
            shop.run()
    assert {row.status for row in shop.rows(PAYMENTS).values()} == {"CAPTURED"}

    shop.advance(UNTIL_TWO_MS)

    listed = shop.rows(STUCK)
    assert set(listed) == {"pay_ord_2"}
    assert listed["pay_ord_2"].provider_captured_minor == AMOUNT - 100
