"""Invoices: sums to the unit, numbers that never meet, keys that tell periods apart."""

from datetime import date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.base import Message
from events.types import Address, PaymentMethod, Plan
from streams.billing.amounts import half_up, net, prorated, tax_of
from streams.billing.calendar import run_ms
from streams.billing.dunning import grace_due_ms, retry_due_ms
from streams.billing.invoices import (
    CHARGE_KEY_CHARS_MAX,
    Sold,
    Terms,
    charge_key,
    draw,
    invoice_number,
)
from streams.billing.messages import charge_opened, generated, payment_due
from streams.billing.rows import Invoice, InvoiceStatus
from streams.billing.rules import BillingRules
from streams.moments import DAY_MS, MINUTE_MS, day_of

RULES = BillingRules()
AT_MS = 1_750_000_000_000
PERIOD = (date(2025, 6, 22), date(2025, 7, 22))
money = st.integers(0, 10_000_000)


def drawn(*sold: Sold, percents: tuple[int, ...] = (0,), balance: int = 0) -> Invoice:
    terms = Terms("sub_1", "usr_1", "plan", "USD", sold, percents, balance, 0)
    return draw(terms, PERIOD, AT_MS, RULES)


@pytest.mark.parametrize(
    ("subtotal", "tax"),
    [(29_99, 2_40), (69_98, 5_60), (499_00, 39_92), (6, 0), (7, 1), (0, 0)],
)
def test_tax_is_eight_percent_half_up(subtotal: int, tax: int) -> None:
    assert tax_of(subtotal, RULES.tax_basis_points) == tax


@pytest.mark.parametrize(
    ("top", "bottom", "rounded"), [(5, 2, 3), (-5, 2, -3), (7, 3, 2), (0, 9, 0)]
)
def test_halves_go_away_from_zero(top: int, bottom: int, rounded: int) -> None:
    assert half_up(top, bottom) == rounded


@pytest.mark.parametrize(
    ("percents", "price_minor"),
    [((0,), 29_99), ((10,), 26_99), ((10, 50), 13_50), ((100,), 0)],
)
def test_discounts_are_taken_one_after_the_other(
    percents: tuple[int, ...], price_minor: int
) -> None:
    invoice = drawn(Sold("Pro Monthly", 1, 29_99), percents=percents)

    assert (invoice.subtotal_minor, invoice.percent) == (price_minor, percents[-1])


def test_an_invoice_is_due_fourteen_days_after_it_was_issued() -> None:
    invoice = drawn(Sold("Pro Monthly", 1, 29_99))

    assert (invoice.subtotal_minor, invoice.tax_minor, invoice.total_minor) == (29_99, 2_40, 32_39)
    assert invoice.due_date == date(2025, 6, 29)


@pytest.mark.parametrize(
    ("balance", "subtotal", "credit"),
    [(0, 29_99, 0), (4_29, 34_28, 0), (-9_99, 20_00, 0), (-29_99, 0, 0), (-40_00, 0, 10_01)],
)
def test_a_balance_goes_onto_the_invoice_and_no_further_than_nothing(
    balance: int, subtotal: int, credit: int
) -> None:
    invoice = drawn(Sold("Pro Monthly", 1, 29_99), balance=balance)

    assert (invoice.subtotal_minor, invoice.credit_minor) == (subtotal, credit)


@given(
    st.lists(st.tuples(st.integers(1, 100), st.integers(0, 100_000)), min_size=1, max_size=50),
    st.tuples(st.integers(0, 100), st.integers(0, 100)),
    st.integers(-1_000_000, 1_000_000),
)
def test_lines_sum_to_the_subtotal_and_nothing_is_lost(
    lines: list[tuple[int, int]], percents: tuple[int, int], balance: int
) -> None:
    invoice = drawn(*[Sold("x", q, p) for q, p in lines], percents=percents, balance=balance)

    assert invoice.subtotal_minor == sum(i.quantity * i.unit_price_minor for i in invoice.items)
    full = sum(q * net(p, *percents) for q, p in lines)
    assert invoice.subtotal_minor - invoice.credit_minor == full + balance
    assert all(item.total_minor >= 0 for item in invoice.items)
    assert invoice.total_minor == invoice.subtotal_minor + invoice.tax_minor


@given(money, money, st.integers(0, 400))
def test_proration_is_nothing_at_the_end_and_the_difference_at_the_start(
    old: int, new: int, left: int
) -> None:
    assert prorated(old, new, 0, 31, 31) == 0
    assert prorated(old, new, 31, 31, 31) == new - old
    assert -old <= prorated(old, new, left, 31, 365) <= new


def test_what_is_left_of_a_year_costs_as_many_months_of_the_new_plan() -> None:
    assert prorated(299_00, 49_99, 200, 365, 30) == 333_27 - 163_84


def test_no_more_is_credited_and_charged_than_the_longer_period_is() -> None:
    assert prorated(10_00, 40_00, 60, 30, 31) == 30_00
    assert prorated(10_00, 40_00, 40, 30, 20) == 60_00 - 10_00


def test_numbers_are_unique_over_partitions_and_have_five_digits() -> None:
    numbers = [
        invoice_number(date(2025, 3, 1), sequence, partition, RULES)
        for sequence in range(50)
        for partition in range(RULES.number_lanes)
    ]

    assert len(set(numbers)) == len(numbers)
    assert numbers[:2] == ["INV-2025-00000", "INV-2025-00001"]


@pytest.mark.parametrize(
    ("cycle", "attempt", "key"),
    [
        ("monthly", 1, "sub_1_2025_06"),
        ("monthly", 3, "sub_1_2025_06_3"),
        ("annual", 1, "sub_1_2025_06"),
        ("weekly", 1, "sub_1_2025_06_22"),
        ("daily", 2, "sub_1_2025_06_22_2"),
    ],
)
def test_keys_name_the_period_and_the_attempt(cycle: Any, attempt: int, key: str) -> None:
    assert charge_key("sub_1", cycle, PERIOD[0], attempt, before=PERIOD[0]) == key


@pytest.mark.parametrize(
    ("before", "key"),
    [
        (date(2025, 6, 1), "sub_1_2025_06_22"),
        (date(2025, 5, 22), "sub_1_2025_06"),
        (date(2024, 6, 22), "sub_1_2025_06"),
    ],
)
def test_a_key_names_the_day_where_the_period_before_began_in_the_same_month(
    before: date, key: str
) -> None:
    assert charge_key("sub_1", "monthly", PERIOD[0], 1, before=before) == key


def test_a_key_never_grows_too_long() -> None:
    long = "s" * 128

    start = PERIOD[0]
    keys = {charge_key(long, "monthly", start, attempt, before=start) for attempt in (1, 2, 3)}

    assert len(keys) == 3
    assert all(len(key) <= CHARGE_KEY_CHARS_MAX for key in keys)


def test_retries_count_from_the_first_failure_and_end_after_the_third() -> None:
    failed = drawn(Sold("x", 1, 1))
    due = []
    for retries in range(4):
        owed = Invoice(
            **{n: getattr(failed, n) for n in failed.__struct_fields__}
            | {
                "retries": retries,
                "first_failure_at_ms": AT_MS,
            }
        )
        due.append(retry_due_ms(owed, AT_MS + retries, RULES))

    assert [day_of(ms).isoformat() if ms else "" for ms in due] == [
        "2025-06-16",
        "2025-06-18",
        "2025-06-22",
        "",
    ]
    assert grace_due_ms(due[2], RULES) == run_ms(date(2025, 6, 29), RULES)


@pytest.mark.parametrize(
    ("failed_at", "retries", "due"),
    [
        ("2025-06-17T00:25Z", 1, "2025-06-18"),  # As planned.
        ("2025-06-17T23:50Z", 1, "2025-06-19"),  # The first retry was made a day late.
        ("2025-06-25T12:00Z", 1, "2025-06-27"),  # All three were due meanwhile.
        ("2025-06-27T00:25Z", 2, "2025-06-29"),
        ("2025-06-16T12:00Z", 0, "2025-06-18"),  # Another card, after the outage of day 1.
    ],
)
def test_retries_that_an_outage_delayed_are_never_two_within_a_day(
    failed_at: str, retries: int, due: str
) -> None:
    at_ms = round(datetime.fromisoformat(failed_at).timestamp() * 1000)
    owed = msgspec.structs.replace(
        drawn(Sold("x", 1, 1)), retries=retries, first_failure_at_ms=AT_MS
    )

    due_ms = retry_due_ms(owed, at_ms, RULES)

    assert day_of(due_ms).isoformat() == due
    assert due_ms - at_ms >= DAY_MS - 30 * MINUTE_MS


# --- what the others read of an invoice ----------------------------------------------------------

CARD = PaymentMethod(type="credit_card", token="tok_1", last4="4242")
SENT = msgspec.structs.replace(
    drawn(Sold("Pro Monthly", 1, 29_99), Sold("Seat", 3, 4_00)),
    number="INV-2025-00001",
    status=InvoiceStatus.SENT,
    reminded=True,
    charge_key="sub_1_2025_06",
    attempt=3,
)


def written(message: Message) -> dict[str, Any]:
    return message.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_an_invoice_tells_its_lines_its_sums_and_its_days() -> None:
    assert written(generated(SENT)) == {
        "invoiceId": SENT.invoice_id,
        "invoiceNumber": "INV-2025-00001",
        "customerId": "usr_1",
        "subscriptionId": "sub_1",
        "type": "subscription",
        "lineItems": [
            {"description": "Pro Monthly", "quantity": 1, "unitPrice": 29.99, "total": 29.99},
            {"description": "Seat", "quantity": 3, "unitPrice": 4.0, "total": 12.0},
        ],
        "subtotal": 41.99,
        "tax": 3.36,
        "total": 45.35,
        "currency": "USD",
        "billingPeriod": {"start": "2025-06-22", "end": "2025-07-22"},
        "invoiceDate": "2025-06-15T15:06:40.000Z",
        "dueDate": "2025-06-29",
        "status": "sent",
        "planId": "plan",
    }


def test_a_charge_is_told_ahead_and_opened_with_the_invoices_sum() -> None:
    assert written(payment_due(SENT, Plan(plan_id="plan"), CARD, 3)) == {
        "subscriptionId": "sub_1",
        "userId": "usr_1",
        "plan": {"planId": "plan"},
        "invoiceId": SENT.invoice_id,
        "amount": 45.35,
        "currency": "USD",
        "dueDate": "2025-06-22",
        "billingPeriod": {"start": "2025-06-22", "end": "2025-07-22"},
        "paymentMethodId": "tok_1",
        "paymentMethodLast4": "4242",
        "remindersSent": 1,
        "daysUntilDue": 3,
        "retryAttempt": 2,
    }
    assert written(charge_opened(SENT, CARD, AT_MS)) == {
        "paymentId": "pay_sub_1_2025_06",
        "customerId": "usr_1",
        "amount": 45.35,
        "currency": "USD",
        "paymentMethod": {"type": "credit_card", "token": "tok_1", "last4": "4242"},
        "checkoutType": "recurring",
        "taxAmount": 3.36,
        "subscriptionId": "sub_1",
        "invoiceId": SENT.invoice_id,
        "initiatedAt": "2025-06-15T15:06:40.000Z",
    }


def test_a_charge_for_goods_tells_where_they_go_so_that_fraud_can_compare() -> None:
    where = Address(line1="1 Main St", city="Boston", country="US")

    opened = charge_opened(SENT, CARD, AT_MS, (), where)

    assert (opened.shipping_address, opened.billing_address) == (where, where)


def test_the_first_retry_is_the_day_after_a_failure_that_is_not_written_down_yet() -> None:
    owed = drawn(Sold("x", 1, 1))

    assert day_of(retry_due_ms(owed, AT_MS, RULES)) == day_of(AT_MS + DAY_MS)
