"""Where scans come from: the carrier's own word, asked for where it says nothing (G-30)."""

from typing import Any

import msgspec
import pytest

from engine.sizes import RECORD_BYTES_MAX
from events.alerts import AlertRaised
from events.base import Message
from events.carriers import TrackParcel
from events.scalars import TEXT_CHARS_MAX
from events.types import Place
from streams.moments import HOUR_MS
from streams.shipping.deciding import TIMERS, decide, due_times, repeated
from streams.shipping.evolution import fold
from streams.shipping.facts import Polled
from streams.shipping.messages import following
from streams.shipping.rows import SCANS_MAX, Shipment, Status
from streams.shipping.tracking import FOREIGN, TOO_EARLY
from tests.streams.shipping.samples import (
    AT_MS,
    RULES,
    after,
    booked,
    cancel,
    cancelled,
    closed,
    created,
    delivered,
    dispatched,
    fraud,
    label,
    pending,
    scan,
    verdict,
)


def asked_of(shipment: Shipment, now_ms: int) -> list[Any]:
    """What is asked when the poll's timer fires."""
    due_ms = due_times(shipment)["poll"]
    facts = TIMERS["poll"](shipment, due_ms, now_ms, RULES)
    return list(following(fold(shipment, facts), facts, RULES))


def test_a_carrier_that_says_nothing_is_asked_every_four_hours() -> None:
    shipment = created()
    due_ms = due_times(shipment)["poll"]

    [facts] = TIMERS["poll"](shipment, due_ms, due_ms, RULES)

    assert due_ms == shipment.booked_at_ms + 4 * HOUR_MS
    assert facts == Polled(due_ms + 4 * HOUR_MS)
    assert [type(message) for message in asked_of(shipment, due_ms)] == [TrackParcel]


def test_whatever_a_carrier_writes_of_places_a_row_stays_small() -> None:
    long = "\u6f22" * TEXT_CHARS_MAX
    where = Place(facility=long, city=long, state=long, country="US")
    shipment = dispatched()

    for number in range(2 * SCANS_MAX):
        at_ms = AT_MS + number * HOUR_MS
        shipment = after(shipment, scan("in_transit", at_ms, location=where), at_ms=at_ms)

    assert len(shipment.scans) == SCANS_MAX
    assert len(msgspec.json.encode(shipment)) < RECORD_BYTES_MAX // 4


def test_a_carrier_that_has_told_by_itself_is_asked_four_hours_after_that() -> None:
    told_ms = AT_MS + 3 * HOUR_MS
    left = after(created(), scan("shipped", AT_MS))
    shipment = after(left, scan("in_transit", told_ms), at_ms=told_ms)
    due_ms = due_times(shipment)["poll"]

    facts = TIMERS["poll"](shipment, due_ms, due_ms, RULES)

    assert facts == (Polled(told_ms + 4 * HOUR_MS, asked=False),)
    assert asked_of(shipment, due_ms) == []


def test_a_question_changes_nothing_in_the_row_and_sets_the_next_time() -> None:
    shipment = created()
    due_ms = due_times(shipment)["poll"]

    facts = TIMERS["poll"](shipment, due_ms, due_ms, RULES)

    assert fold(shipment, facts) is shipment
    assert repeated(facts) == [("poll", due_ms + 4 * HOUR_MS)]
    assert TIMERS["poll"](shipment, due_ms + 4 * HOUR_MS, due_ms + 4 * HOUR_MS, RULES) != ()


def test_the_questions_about_a_label_end_once_another_has_replaced_it() -> None:
    due_ms = due_times(created())["poll"]

    assert TIMERS["poll"](created(), due_ms - 1, due_ms, RULES) == ()


def test_a_question_names_the_scans_that_are_known() -> None:
    shipment = after(created(), scan("shipped", AT_MS + 1000))

    [question] = asked_of(shipment, AT_MS + 9 * HOUR_MS)

    assert [(scan.status, scan.at.timestamp()) for scan in question.known] == [
        ("shipped", AT_MS / 1000 + 1)
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"tracking_number": "94Z", "carrier": "USPS"},
        {"tracking_number": "94A", "carrier": "UPS"},
        {"tracking_number": "94Z"},
    ],
)
def test_a_carrier_can_tell_of_its_own_parcels_only(given: dict[str, Any]) -> None:
    before = dispatched()

    told = after(before, scan("delivered", **given), scan("delivered", **given))

    assert (told.status, told.scans) == (Status.DISPATCHED, before.scans)
    assert [step.reason for step in told.history].count(FOREIGN) == 1


def test_a_scan_that_names_the_parcel_counts() -> None:
    told = after(dispatched(), scan("delivered", tracking_number="94A", carrier="USPS"))

    assert told.status is Status.DELIVERED


def test_scans_of_a_returning_parcel_are_kept_and_change_nothing() -> None:
    shipment = after(delivered(), label())
    shipment = after(shipment, booked(shipment, "return", carrier="UPS", tracking_number="1ZB"))

    told = after(shipment, scan("in_transit", AT_MS + 9000, tracking_number="1ZB", carrier="UPS"))

    assert told.status is Status.RETURN_INITIATED
    assert len(told.scans) == len(shipment.scans) + 1


def test_a_scan_before_its_label_is_told_again() -> None:
    early = scan("shipped", AT_MS)
    waiting = after(pending(), early)

    assert (waiting.status, waiting.scans) == (Status.PENDING, ())
    assert waiting.history[-1].reason == TOO_EARLY
    assert after(waiting, booked(waiting), early).status is Status.DISPATCHED


@pytest.mark.parametrize("end", [cancelled(), cancel(), closed("lost")], ids=lambda end: end.name)
@pytest.mark.parametrize("word", ["shipped", "in_transit", "delivered", "delivery_failed"])
def test_people_are_told_once_of_a_parcel_that_left_although_it_was_cancelled(
    end: Message, word: str
) -> None:
    ended = after(created(), end)
    news = scan(word, AT_MS + HOUR_MS)

    facts = decide(ended, news, AT_MS + HOUR_MS, RULES)
    gone = fold(ended, facts)

    [alert] = following(gone, facts, RULES)
    assert isinstance(alert, AlertRaised)
    assert (alert.rule, alert.value, alert.unit) == ("sent_after_cancel", 3, "units")
    assert alert.subject == "order ord_1, parcel shp_ord_1"
    assert gone.status is Status.CANCELLED
    again = decide(gone, scan("delivered", AT_MS + 9 * HOUR_MS), AT_MS + 9 * HOUR_MS, RULES)
    assert list(following(fold(gone, again), again, RULES)) == []


def test_a_word_that_nobody_has_it_tells_nothing_of_a_cancelled_parcel() -> None:
    ended = after(created(), cancelled())

    facts = decide(ended, scan("pending", AT_MS + HOUR_MS), AT_MS + HOUR_MS, RULES)

    assert list(following(fold(ended, facts), facts, RULES)) == []


def test_people_are_told_of_a_parcel_that_is_cancelled_while_its_carrier_has_it() -> None:
    taken = after(created(), fraud("high"), scan("shipped", AT_MS))

    facts = decide(taken, cancelled(), AT_MS, RULES)

    names = [message.name for message in following(fold(taken, facts), facts, RULES)]
    assert names == ["ShipmentCancelled", "VoidLabel", "AlertRaised"]


def test_what_was_scanned_while_it_was_blocked_counts_once_it_may_leave() -> None:
    scans = (scan("shipped", AT_MS), scan("in_transit", AT_MS + 1), scan("delivered", AT_MS + 2))
    blocked = after(created(), fraud(), *scans)

    freed = after(blocked, verdict())

    assert (blocked.status, freed.status) == (Status.CREATED, Status.DISPATCHED)
    assert after(freed, *scans).status is Status.DELIVERED
