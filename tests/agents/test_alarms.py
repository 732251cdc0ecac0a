"""What services raised by themselves is listed: each once, the newest, for a week."""

from datetime import UTC, datetime

import pytest

from engine.driver import Driver
from streams.alerts.raised import RaisedAlert, resolution
from streams.alerts.rules import AlertRules
from streams.moments import MINUTE_MS, SECOND_MS
from tables.pulse import RAISED
from tests.agents.alarmed import alarmed, different, resolve, stuck, tell

WEEK_MS = 7 * 24 * 3_600 * SECOND_MS


def subjects(shop: Driver) -> list[str]:
    """As a reader of the table sees them."""
    return [row.subject for _, row in sorted(shop.rows(RAISED).items())]


def test_an_alert_is_kept_as_it_was_told_at_the_brokers_time() -> None:
    shop = tell(alarmed(), different())

    [row] = shop.rows(RAISED).values()
    assert row == RaisedAlert(
        different().alert_id,
        "reconciliation",
        "critical",
        "stripe",
        1,
        "payments",
        "docs/runbooks/reconciliation.md",
        shop.now_ms,
    )


def test_who_saw_to_an_alert_and_when_is_kept_with_it() -> None:
    shop = alarmed(2)
    before = shop.rows(RAISED)

    shop.now_ms += SECOND_MS
    resolve(shop, stuck(0))

    rows = [row for _, row in sorted(shop.rows(RAISED).items())]
    assert [(row.subject, row.resolved_by, row.resolved_at_ms) for row in rows] == [
        ("pay_1", "", 0),
        ("pay_0", "ann", shop.now_ms),
    ]
    assert set(shop.rows(RAISED)) == set(before)


def test_the_first_who_saw_to_it_stays_and_the_same_alert_does_not_open_it_again() -> None:
    shop = resolve(alarmed(1), stuck(0))
    once = shop.rows(RAISED)

    shop.now_ms += SECOND_MS
    resolve(shop, stuck(0), by="bob")
    tell(shop, stuck(0))

    assert shop.rows(RAISED) == once


def test_the_end_of_an_alert_that_is_not_kept_changes_nothing() -> None:
    shop, other = alarmed(1), resolve(alarmed(2), stuck(1))
    [gone] = [row for row in other.rows(RAISED).values() if row.resolved_by]
    before = shop.rows(RAISED)

    tell(shop, resolution(gone, "ann", shop.now_ms))

    assert shop.rows(RAISED) == before


def test_the_newest_come_first() -> None:
    assert subjects(alarmed(3)) == ["pay_2", "pay_1", "pay_0"]


def test_an_alert_on_figures_is_not_among_them() -> None:
    moment = datetime(2025, 6, 16, tzinfo=UTC)
    on_figures = stuck(0).model_copy(update={"window_start": moment, "window_end": moment})

    assert subjects(tell(alarmed(), on_figures)) == []


def test_an_alert_that_is_told_again_is_one() -> None:
    shop = alarmed(1)
    [first] = shop.rows(RAISED).values()

    shop.now_ms += SECOND_MS
    tell(shop, stuck(0), stuck(1))

    assert subjects(shop) == ["pay_1", "pay_0"]
    assert first in shop.rows(RAISED).values()


@pytest.mark.parametrize("chunk_max", [1, 3, 1000])
def test_of_too_many_the_newest_stay(chunk_max: int) -> None:
    rules = AlertRules(raised_max=3)
    shop = tell(alarmed(4, rules, partitions=1, chunk_max=chunk_max), stuck(8), stuck(9))

    assert set(subjects(shop)[:2]) == {"pay_8", "pay_9"}
    assert subjects(shop)[2:] == ["pay_3"]


def test_of_too_many_those_go_first_that_are_seen_to_then_warnings() -> None:
    shop = tell(alarmed(0, AlertRules(raised_max=3), partitions=1), different())
    for payment in range(3):
        shop.now_ms += SECOND_MS
        tell(shop, stuck(payment))
    assert subjects(shop) == ["pay_2", "pay_1", "stripe"]

    shop.now_ms += SECOND_MS
    tell(resolve(shop, stuck(2)), stuck(3))

    assert subjects(shop) == ["pay_3", "pay_1", "stripe"]


def test_what_is_a_week_old_goes_and_nothing_else_does() -> None:
    shop = alarmed(2)

    shop.advance(WEEK_MS - 2 * MINUTE_MS)
    assert subjects(shop) == ["pay_1", "pay_0"]
    shop.advance(2 * MINUTE_MS - SECOND_MS)

    assert subjects(shop) == ["pay_1"]


def test_a_crash_between_two_alerts_changes_nothing() -> None:
    shop = tell(alarmed(1).restart(), stuck(0), stuck(1))

    assert sorted(subjects(shop)) == ["pay_0", "pay_1"]
