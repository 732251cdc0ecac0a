"""Attempts that fail and parcels that are lost: when the next one is, and what is told (G-31)."""

from typing import Any

import pytest
from msgspec.structs import replace

from events.carriers import TrackParcel
from events.shipping import DeliveryFailed
from streams.moments import DAY_MS, HOUR_MS
from streams.shipping.deciding import TIMERS, decide, due_times, repeated
from streams.shipping.evolution import fold
from streams.shipping.facts import Facts, Scanned
from streams.shipping.messages import following
from streams.shipping.rows import Shipment, Status
from tests.streams.shipping.samples import (
    AT_MS,
    RULES,
    after,
    cancelled,
    created,
    delivered,
    dispatched,
    failure,
    fraud,
    moved_to,
    scan,
    verdict,
)

MONTH_MS = 30 * DAY_MS


def due(shipment: Shipment, kind: str) -> tuple[Shipment, Facts]:
    """The shipment once its timer of that kind has come due, and what that means."""
    due_ms = due_times(shipment)[kind]
    facts = TIMERS[kind](shipment, due_ms, due_ms, RULES)
    return fold(shipment, facts), facts


def tells(shipment: Shipment, facts: Facts) -> dict[str, Any]:
    """The DeliveryFailed that follows, as it is written."""
    [failed] = [one for one in following(shipment, facts, RULES) if isinstance(one, DeliveryFailed)]
    return failed.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_a_parcel_that_was_kept_for_a_month_has_its_days_from_when_it_leaves() -> None:
    kept = after(created(), fraud(), scan("shipped"))
    left_ms = AT_MS + MONTH_MS

    left = fold(kept, decide(kept, verdict(), left_ms, RULES))

    assert left.status is Status.DISPATCHED
    assert left.eta_ms > left_ms
    assert due_times(left) == {"lost": left_ms + RULES.lost_ms, "poll": left_ms + RULES.poll_ms}


@pytest.mark.parametrize(("past_ms", "late"), [(0, False), (1, True)])
def test_a_parcel_may_leave_until_its_day_is_over(past_ms: int, *, late: bool) -> None:
    last_ms = AT_MS + RULES.fulfil_ms + past_ms

    left = fold(created(), decide(created(), scan("shipped"), last_ms, RULES))

    assert left.late is late


@pytest.mark.parametrize("seen", ["shipped", "delivery_failed"])
def test_what_was_seen_before_a_parcel_left_or_was_not_taken_moves_it_nowhere(seen: str) -> None:
    last = after(created(), scan(seen, AT_MS + HOUR_MS), at_ms=AT_MS + 2 * HOUR_MS)

    now = after(last, scan("in_transit", AT_MS + HOUR_MS - 1), at_ms=AT_MS + 3 * HOUR_MS)

    assert now.status is last.status
    assert len(now.scans) == len(last.scans) + 1


@pytest.mark.parametrize("seen", ["shipped", "delivery_failed"])
def test_what_was_seen_later_counts_though_all_of_it_is_told_late(seen: str) -> None:
    last = after(created(), scan(seen, AT_MS), at_ms=AT_MS + 9 * HOUR_MS)

    now = after(last, scan("in_transit", AT_MS + HOUR_MS), at_ms=AT_MS + 10 * HOUR_MS)

    assert now.status is Status.IN_TRANSIT


@pytest.mark.parametrize("seen", ["shipped", "delivery_failed"])
def test_a_carriers_clock_that_is_ahead_does_not_outdate_what_follows(seen: str) -> None:
    last = after(created(), scan(seen, AT_MS + 9 * DAY_MS))

    assert after(last, scan("in_transit"), at_ms=AT_MS + HOUR_MS).status is Status.IN_TRANSIT


def test_a_carriers_clock_that_is_ahead_postpones_neither_attempt_nor_delivery() -> None:
    ahead_ms = AT_MS + 9 * DAY_MS

    failed = after(dispatched(), failure(at_ms=ahead_ms))
    arrived = after(dispatched(), scan("delivered", ahead_ms))

    assert failed.next_ms < AT_MS + 2 * DAY_MS
    assert arrived.delivered_at_ms == AT_MS + 1000


def test_what_a_carrier_lost_is_not_tried_again_and_says_so() -> None:
    facts = decide(dispatched(), failure("LOST"), AT_MS + HOUR_MS, RULES)
    told_by_carrier = tells(fold(dispatched(), facts), facts)
    told_by_silence = tells(*due(dispatched(), "lost"))

    for told in (told_by_carrier, told_by_silence):
        assert (told["retriable"], told["attemptNumber"]) == (False, 1)
        assert "nextAttemptAt" not in told


def test_what_is_lost_is_told_once_however_often_its_carrier_says_so() -> None:
    by_carrier = after(dispatched(), failure("LOST"))
    by_silence, _ = due(dispatched(), "lost")

    for lost in (by_carrier, by_silence):
        facts = decide(lost, failure("LOST"), AT_MS + MONTH_MS, RULES)

        assert [type(fact) for fact in facts] == [Scanned]


@pytest.mark.parametrize("code", ["ADDRESS_NOT_FOUND", "REFUSED"])
def test_where_no_attempt_follows_none_is_told_of(code: str) -> None:
    facts = decide(dispatched(), failure(code), AT_MS + HOUR_MS, RULES)

    assert "nextAttemptAt" not in tells(fold(dispatched(), facts), facts)


def test_a_parcel_that_arrived_after_all_waits_for_no_attempt() -> None:
    failed = after(dispatched(), failure())

    assert due_times(after(failed, scan("delivered"))) == {}
    assert "redelivery" not in due_times(after(failed, scan("in_transit"), at_ms=AT_MS + DAY_MS))


def test_nobody_is_asked_for_a_parcel_that_goes_back() -> None:
    back, _ = due(after(dispatched(), failure("REFUSED")), "redelivery")

    assert (back.status, due_times(back)) == (Status.RETURNING, {})


def test_a_parcel_that_was_lost_and_is_tried_again_is_missed_again_after_days() -> None:
    lost, _ = due(dispatched(), "lost")
    again_ms = AT_MS + MONTH_MS

    facts = decide(lost, failure(), again_ms, RULES)

    assert [message.name for message in following(lost, facts, RULES)] == [
        "ShipmentInTransit",
        "DeliveryFailed",
    ]
    resumed = fold(lost, facts[:1])
    assert due_times(resumed)["lost"] == again_ms + RULES.lost_ms


def test_a_parcel_that_was_found_goes_to_its_new_address() -> None:
    lost, _ = due(dispatched(), "lost")
    found = after(lost, scan("in_transit"), at_ms=AT_MS + MONTH_MS)

    moved = after(found, moved_to(city="Salem"), at_ms=AT_MS + MONTH_MS)

    assert (found.status, moved.destination.city) == (Status.IN_TRANSIT, "Salem")


def test_a_parcel_on_its_way_to_a_new_address_waits_for_no_attempt_and_comes_no_sooner() -> None:
    slow = replace(dispatched(), eta_ms=AT_MS + MONTH_MS)

    moved = after(slow, moved_to(city="Salem"))

    assert "redelivery" not in due_times(moved)
    assert moved.eta_ms == slow.eta_ms


def test_a_parcel_that_was_cancelled_while_it_was_kept_does_not_leave_when_it_is_freed() -> None:
    ended = after(created(), fraud(), scan("shipped"), cancelled())

    freed = after(ended, verdict())

    assert (freed.status, freed.suspected) == (Status.CANCELLED, ())


def test_an_order_that_is_suspected_when_its_parcel_has_left_is_noted_there() -> None:
    noted = after(dispatched(), fraud())

    assert noted.history[-1].reason == "BLOCK_TOO_LATE"


def test_a_carrier_is_asked_for_thirty_days_from_when_the_parcel_left() -> None:
    left = replace(dispatched(), dispatched_at_ms=AT_MS + MONTH_MS)
    polls = []

    for at_ms in (AT_MS + 2 * MONTH_MS - RULES.poll_ms, AT_MS + 2 * MONTH_MS):
        facts = TIMERS["poll"](left, at_ms, at_ms, RULES)
        polls.append((repeated(facts), [type(one) for one in following(left, facts, RULES)]))

    assert polls == [([("poll", AT_MS + 2 * MONTH_MS)], [TrackParcel]), ([], [TrackParcel])]


def test_nobody_is_asked_for_a_parcel_that_arrived() -> None:
    assert TIMERS["poll"](delivered(), AT_MS + DAY_MS, AT_MS + DAY_MS, RULES) == ()
