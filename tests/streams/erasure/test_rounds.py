"""Rounds go on until one finds nothing, and end."""

import pytest

from events.erasure import EraseCustomer
from streams.billing.rows import Invoice
from streams.erasure.business import payments_of
from streams.erasure.rounds import Erasure, Sweep, Swept, answered, asked, next_round, sweep_of
from streams.erasure.rules import ErasureRules

RULES = ErasureRules()
COMMAND = EraseCustomer(customer_id="c1", requested_by="ann")


def begun() -> Erasure:
    return asked(None, COMMAND, "e1", "saga", 1_000)


def told(known: Erasure, *answers: dict) -> Erasure:
    """Every partition's answer, at 2,000."""
    for partition, answer in enumerate(answers):
        swept = Swept("c1", known.round, partition, **answer)
        known = answered(known, swept, len(answers), 2_000, RULES)
    return known


@pytest.mark.parametrize(
    ("answers", "next_ms", "erased_at_ms", "rows"),
    [
        (({}, {}), 0, 2_000, 0),
        (({"rows": 2}, {}), 2_000 + RULES.settle_ms, 0, 2),
        (({"rows": 2}, {"open": 1}), 2_000 + RULES.open_ms, 0, 2),
        (({}, {"open": 1}), 2_000 + RULES.open_ms, 0, 0),
        (({}, {"payments": ("pay_1",)}), 2_000 + RULES.settle_ms, 0, 0),
    ],
)
def test_the_last_answer_says_what_comes_next(
    answers: tuple, next_ms: int, erased_at_ms: int, rows: int
) -> None:
    after = told(begun(), *answers)

    assert (after.next_ms, after.erased_at_ms, after.rows) == (next_ms, erased_at_ms, rows)


def test_before_the_last_answer_nothing_is_decided() -> None:
    after = answered(begun(), Swept("c1", 1, 0, rows=3), 2, 2_000, RULES)

    assert (after.next_ms, after.erased_at_ms, after.found) == (0, 0, 3)


def test_an_answer_counts_once_and_in_its_own_round() -> None:
    once = answered(begun(), Swept("c1", 1, 0, rows=3), 2, 2_000, RULES)

    assert answered(once, Swept("c1", 1, 0, rows=3), 2, 2_000, RULES) is once
    assert answered(once, Swept("c1", 2, 1), 2, 2_000, RULES) is once


def test_a_next_round_begins_anew_and_remembers_the_rows() -> None:
    first = told(begun(), {"rows": 2, "payments": ("pay_1",)}, {"open": 1})

    second = told(next_round(first), {"payments": ("pay_1",)}, {})

    assert (second.round, second.rows, second.erased_at_ms) == (2, 2, 2_000)


def test_asking_again_takes_in_what_was_placed_meanwhile_and_a_repeat_changes_nothing() -> None:
    first = told(begun(), {"rows": 2, "payments": ("pay_1",)}, {"open": 1})

    again = asked(first, COMMAND, "e2", "saga", 5_000)

    assert sweep_of("c1", again) == Sweep("c1", 2, 5_000, ("pay_1",))
    assert (again.rows, again.next_ms, again.swept) == (2, 0, ())
    assert asked(again, COMMAND, "e2", "saga", 6_000) is again


def test_a_repeat_that_comes_after_the_end_takes_nothing_of_what_was_placed_since() -> None:
    ended = told(begun(), {})

    assert ended.erased_at_ms
    assert asked(ended, COMMAND, "e1", "saga", 5_000) is ended


def test_asking_again_once_it_has_ended_begins_another() -> None:
    ended = told(begun(), {"rows": 2}, {})

    again = asked(told(next_round(ended), {}, {}), COMMAND, "e2", "saga", 5_000)

    assert again == Erasure("ann", 5_000, "e2", "saga")


@pytest.mark.parametrize(
    ("key", "attempt", "payments"),
    [
        ("", 0, []),
        ("sub_1_2025_01", 1, ["pay_sub_1_2025_01"]),
        (
            "sub_1_2025_01_3",
            3,
            ["pay_sub_1_2025_01_3", "pay_sub_1_2025_01", "pay_sub_1_2025_01_2"],
        ),
        ("0b9d7e0e-6f4a", 2, ["pay_0b9d7e0e-6f4a"]),
    ],
)
def test_an_invoice_names_its_charges(key: str, attempt: int, payments: list[str]) -> None:
    known: dict = dict.fromkeys(Invoice.__struct_fields__, None)
    invoice = Invoice(**{**known, "charge_key": key, "attempt": attempt})

    assert list(payments_of(invoice)) == payments


def test_a_round_asks_for_the_payments_that_the_ones_before_it_found() -> None:
    known = Erasure("ann", 7, "e", "c", round=2, payments=("pay_1", "pay_2"))

    assert sweep_of("cus_1", known) == Sweep("cus_1", 2, 7, ("pay_1", "pay_2"))


def test_a_round_waits_a_minute_for_what_was_under_way_a_day_for_open_business() -> None:
    assert (RULES.settle_ms, RULES.open_ms, RULES.rows_max) == (60_000, 86_400_000, 2_000)
