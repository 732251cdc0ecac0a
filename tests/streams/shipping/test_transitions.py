"""The contract's shipment machine: every transition happens, one row for each."""

from collections.abc import Callable

import pytest

from events.base import Message
from streams.moments import DAY_MS
from streams.shipping.deciding import TIMERS, due_times
from streams.shipping.rows import Shipment, Status
from tests.streams.shipping.samples import (
    AT_MS,
    RULES,
    after,
    booked,
    cancel,
    cancelled,
    created,
    delivered,
    failure,
    label,
    pending,
    receipt,
    refused,
    scan,
)
from tests.streams.shipping.shipments import STATES, failed, fired, labelled, returning
from tests.streams.shipping.table import TABLE

S = Status
LATER_MS = AT_MS + DAY_MS
Act = Callable[[Shipment], Shipment]


def say(message: Message) -> Act:
    return lambda row: after(row, message)


def book(row: Shipment) -> Shipment:
    """The carrier takes it."""
    return after(row, booked(row))


def give_up(row: Shipment) -> Shipment:
    """No carrier that is asked takes it."""
    while row.status is Status.PENDING:
        row = after(row, refused(row, retryable=False))
    return row


def time_up(kind: str) -> Act:
    return lambda row: fired(row, kind)


def come_back(row: Shipment) -> Shipment:
    """The warehouse has it again, and says so under the id of the return."""
    return after(row, receipt(row, ("p1", 2, "new"), ("p2", 1, "new")))


def send_back(row: Shipment) -> Shipment:
    """A return is asked for, and a carrier takes it."""
    asked = after(row, label())
    return after(asked, booked(asked, "return", tracking_number="94R"))


# from, to, what causes it, and how it comes about.
CASES: list[tuple[Shipment, Status, str, Act]] = [
    (pending(), S.CREATED, "CarrierBooked", book),
    (pending(), S.BOOKING_FAILED, "ShipmentBookingFailed", give_up),
    (STATES[S.BOOKING_FAILED], S.CREATED, "a carrier found by hand", book),
    (created(), S.DISPATCHED, "shipped", say(scan("shipped"))),
    *[
        (STATES[status], S.CANCELLED, end.name, say(end))
        for status in (S.PENDING, S.CREATED, S.BOOKING_FAILED)
        for end in (cancel(), cancelled())
    ],
    *[
        (STATES[status], S.IN_TRANSIT, word, say(scan(word, LATER_MS)))
        for status in (S.DISPATCHED, S.IN_TRANSIT, S.DELIVERY_FAILED)
        for word in ("in_transit", "out_for_delivery")
    ],
    *[
        (STATES[status], S.DELIVERED, "delivered", say(scan("delivered")))
        for status in (S.DISPATCHED, S.IN_TRANSIT, S.DELIVERY_FAILED)
    ],
    *[
        (STATES[status], S.DELIVERY_FAILED, "delivery_failed", say(failure()))
        for status in (S.DISPATCHED, S.IN_TRANSIT)
    ],
    (failed(), S.IN_TRANSIT, "timer:redelivery", time_up("redelivery")),
    (failed("REFUSED"), S.RETURNING, "timer:redelivery", time_up("redelivery")),
    (returning(), S.RETURNED, "ConfirmReturnReceived", come_back),
    (delivered(), S.RETURN_INITIATED, "CreateReturnLabel", send_back),
    (labelled(), S.RETURNED, "ConfirmReturnReceived", come_back),
    (labelled(), S.DELIVERED, "timer:label", time_up("label")),
]


@pytest.mark.parametrize(
    ("before", "to", "act"),
    [(before, to, act) for before, to, _, act in CASES],
    ids=[f"{before.status.value} to {to.value} by {cause}" for before, to, cause, _ in CASES],
)
def test_every_transition_of_the_contract_happens(before: Shipment, to: Status, act: Act) -> None:
    now = act(before)

    assert now.status is to
    assert now.version > before.version


def test_the_cases_are_the_contracts_table() -> None:
    moves = {(before.status, to) for before, to, _, _ in CASES}

    assert {(was, to) for was, to in moves if was is not to} == TABLE


@pytest.mark.parametrize("row", [before for before, *_ in CASES])
@pytest.mark.parametrize("kind", TIMERS)
def test_a_timer_that_is_not_the_shipments_any_more_means_nothing(row: Shipment, kind: str) -> None:
    running = due_times(row)

    for due_ms in {1, *running.values()} - {running.get(kind)}:
        if kind != "poll" or due_ms < running.get(kind, LATER_MS):
            assert TIMERS[kind](row, due_ms, due_ms, RULES) == ()
