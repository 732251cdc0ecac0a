"""Laws about letters, plans and figures notice what breaks them."""

import json
from collections import defaultdict
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from engine.records import Record
from simulation.laws.agreement import LEVELS, WAITS, AgreementLaw
from simulation.laws.broken import Broken
from simulation.laws.figures import CURRENT, EXACT, FiguresLaw
from simulation.laws.letters import FEW, QUIET, SAYS, LettersLaw
from simulation.laws.plans import BILLED, UPGRADE, PlansLaw
from streams.moments import HOUR_MS, MINUTE_MS

REFUND = {"orderId": "ord_1", "amount": 34.9, "currency": "USD", "estimatedProcessingDays": 5}
WORDS = {"orderId": "ord_1", "amount": "34.90", "currency": "USD", "days": 5}


def letter(number: int = 1, **changes: Any) -> SimpleNamespace:
    """A letter of a refund that has just begun to be sent."""
    fields = {
        "notification_id": f"evt_{number}:EMAIL",
        "user_id": "usr_1",
        "channel": "EMAIL",
        "priority": "NORMAL",
        "template_id": "refund-issued",
        "template_data": WORDS,
        "attempts": 1,
        "members": (),
        "wanted_ms": 0,
    }
    return SimpleNamespace(**fields | changes)


def told_at(at_ms: int = 0) -> LettersLaw:
    """A law that heard of a refund, and what time it is."""
    law = LettersLaw(lambda: at_ms)
    law.told({"eventId": "evt_1", "data": REFUND})
    return law


def test_a_letter_may_write_what_its_event_says_as_people_do() -> None:
    told_at().notified("key", None, letter())


@pytest.mark.parametrize(
    "words",
    [
        {"amount": "34.09"},
        {"amount": "5.00"},
        {"orderId": "ord_2"},
        {"days": 3},
        {"items": [{"a": "b"}]},
    ],
    ids=["another amount", "of another field", "another order", "other days", "somewhere within"],
)
def test_a_letter_that_says_what_did_not_happen_breaks_a_law(words: dict[str, Any]) -> None:
    with pytest.raises(Broken, match=SAYS):
        told_at().notified("key", None, letter(template_data=WORDS | words))


@pytest.mark.parametrize(
    ("hour", "channel", "priority", "holds"),
    [
        (12, "SMS", "NORMAL", True),
        (22, "SMS", "NORMAL", True),
        (5, "SMS", "NORMAL", False),
        (12, "SMS", "LOW", True),
        (5, "SMS", "HIGH", True),
        (5, "EMAIL", "NORMAL", True),
    ],
    ids=["noon", "a little late", "night", "LOW", "urgent", "mail"],
)
def test_an_sms_at_night_breaks_a_law(
    hour: int,
    channel: str,
    priority: str,
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    law = told_at((hour + 5) * HOUR_MS)

    with nullcontext() if holds else pytest.raises(Broken, match=QUIET):
        law.notified("key", None, letter(channel=channel, priority=priority))


@pytest.mark.parametrize(
    ("last", "holds"),
    [
        ({}, False),
        ({"priority": "HIGH"}, True),
        ({"user_id": "usr_2"}, True),
        ({"wanted_ms": HOUR_MS}, True),
        ({"channel": "IN_APP"}, True),
    ],
    ids=["the eleventh", "urgent", "to another", "an hour later", "in the app"],
)
def test_an_eleventh_letter_within_an_hour_breaks_a_law(
    last: dict[str, Any],
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    law = told_at()
    law.notified("key", None, letter(13, priority="HIGH"))  # It may have been asked for last.
    for number in range(2, 12):
        law.notified("key", None, letter(number))

    with nullcontext() if holds else pytest.raises(Broken, match=FEW):
        law.notified("key", None, letter(12, **last))


def subscriber(plan_id: str, balance_minor: int, status: str = "active") -> SimpleNamespace:
    """A user with one subscription."""
    one = SimpleNamespace(
        subscription_id="sub_1",
        plan_id=plan_id,
        period_start="2025-01-01",
        balance_minor=balance_minor,
        status=SimpleNamespace(value=status),
    )
    return SimpleNamespace(subscriptions=(one,))


BASIC, PRO = subscriber("plan_monthly_basic", 0), subscriber("plan_monthly_pro", 1000)


@pytest.mark.parametrize("owed_minor", [-1, 3000])
def test_an_upgrade_that_costs_too_little_or_too_much_breaks_a_law(owed_minor: int) -> None:
    with pytest.raises(Broken, match=UPGRADE):
        PlansLaw({}).subscriber("usr_1", BASIC, subscriber("plan_monthly_pro", owed_minor))


@pytest.mark.parametrize(
    ("billed", "after", "holds"),
    [
        ([], PRO, True),
        ([1000], subscriber("plan_monthly_pro", 0), True),
        ([1000], PRO, False),
        ([], subscriber("plan_monthly_pro", 0), False),
        ([], subscriber("plan_monthly_pro", 0, "cancelled"), True),
        ([1000, 1000], subscriber("plan_monthly_pro", 0, "cancelled"), False),
    ],
    ids=["not yet", "once", "and again", "never", "it ended", "twice"],
)
def test_an_upgrade_that_is_not_billed_once_breaks_a_law(
    billed: list[int],
    after: Any,
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    paid = SimpleNamespace(value="paid")
    invoices = {
        f"inv_{number}": SimpleNamespace(
            subscription_id="sub_1",
            status=paid,
            items=(SimpleNamespace(description="Plan change, proration", total_minor=minor),),
        )
        for number, minor in enumerate(billed)
    }
    law = PlansLaw({"invoices": invoices, "subscriptions": {"usr_1": after}})
    law.subscriber("usr_1", BASIC, PRO)

    with nullcontext() if holds else pytest.raises(Broken, match=BILLED):
        law.ended()


def confirmed(at_ms: int) -> Record:
    """OrderConfirmed of 10.00 USD."""
    data = {"orderId": "ord_1", "currency": "USD", "orderTotal": 10}
    return Record("orders", 0, 0, at_ms, b"ord_1", json.dumps({"data": data}).encode())


def figures(*minutes: int, current: int = 0, partitions: int = 1) -> FiguresLaw:
    """Of so many orders in each minute, one after the other."""
    rows: dict[str, dict[str, Any]] = {"current_figures": {}}
    law = FiguresLaw(rows, partitions)
    for minute, orders in enumerate(minutes):
        for stem, value in (("confirmed", orders), ("revenue_minor", 1000 * orders)):
            key = f"{minute * MINUTE_MS:013d}|orders.{stem}_per_minute|USD"
            if orders:
                law.figure(key, None, SimpleNamespace(value=value))
    if current:
        row = SimpleNamespace(start_ms=0, value=current)
        rows["current_figures"]["orders.confirmed_per_minute|USD"] = row
    return law


@pytest.mark.parametrize(
    ("minutes", "partitions", "holds"),
    [
        ((1, 1), 1, True),
        ((1, 5), 1, True),
        ((2, 1), 1, False),
        ((2, 1), 2, False),
        ((1, 1, 1), 1, False),
    ],
    ids=["one each", "the newest", "too many", "too many of several", "none happened"],
)
def test_a_minute_that_has_other_figures_than_happened_breaks_a_law(
    minutes: tuple[int, ...],
    partitions: int,
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    law = figures(*minutes, partitions=partitions)
    law.said("OrderConfirmed", confirmed(MINUTE_MS // 2))

    with nullcontext() if holds else pytest.raises(Broken, match=EXACT):
        law.ended()


@pytest.mark.parametrize(
    ("partitions", "told", "holds"),
    [(1, 1, False), (2, 1, True), (1, 2, True)],
    ids=["told at once", "by several", "in two parts"],
)
def test_a_minute_that_has_less_than_happened_breaks_a_law_where_one_partition_told_it_at_once(
    partitions: int,
    told: int,
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    law = figures(1, 1, partitions=partitions)
    for _ in range(told):
        law.part({"figure": "orders", "start_ms": 0})
    for _ in range(2):
        law.said("OrderConfirmed", confirmed(0))

    with nullcontext() if holds else pytest.raises(Broken, match=EXACT):
        law.ended()


def test_current_figures_that_are_not_their_minutes_break_a_law() -> None:
    with pytest.raises(Broken, match=CURRENT):
        figures(1, current=2).ended()


@pytest.mark.parametrize(
    ("table", "row", "law"),
    [
        ("subscription_levels", SimpleNamespace(states={"active": 2}), LEVELS),
        ("notification_depths", SimpleNamespace(waiting=1), WAITS),
    ],
)
def test_sums_that_are_not_those_of_their_rows_break_a_law(
    table: str, row: SimpleNamespace, law: str
) -> None:
    rows: dict[str, dict[str, Any]] = defaultdict(dict)
    rows[table]["0"] = row

    with pytest.raises(Broken, match=law):
        AgreementLaw(rows).ended()
