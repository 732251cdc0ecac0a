"""What holds of a shipment whatever it is told, in whatever order."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.moments import DAY_MS, HOUR_MS
from streams.shipping.deciding import TIMERS, decide, due_times, repeated
from streams.shipping.evolution import fold
from streams.shipping.messages import following
from streams.shipping.rows import SCANS_MAX, STEPS_MAX, Shipment, Status
from tests.streams.shipping.samples import (
    AT_MS,
    RULES,
    booked,
    cancel,
    cancelled,
    closed,
    dispute,
    failure,
    fraud,
    label,
    moved_to,
    pending,
    receipt,
    refused,
    scan,
    verdict,
)
from tests.streams.shipping.table import TABLE

WORDS = ("shipped", "in_transit", "out_for_delivery", "delivered", "returned", "pending")
CODES = ("CUSTOMER_UNAVAILABLE", "ADDRESS_NOT_FOUND", "REFUSED", "LOST", "OTHER")
MESSAGES = st.one_of(
    st.builds(scan, st.sampled_from(WORDS), st.integers(AT_MS, AT_MS + 9 * DAY_MS)),
    st.builds(failure, st.sampled_from(CODES)),
    st.sampled_from(
        [
            cancel(),
            cancelled(),
            dispute(),
            closed("won"),
            closed("lost"),
            fraud(),
            verdict(),
            verdict("MANUAL_REVIEW"),
            label(),
        ]
    ),
    st.builds(lambda line: moved_to(line1=line), st.sampled_from(["1 Main St", "2 Main St"])),
)
NEWS = st.one_of(
    MESSAGES, st.sampled_from(["booked", "return_booked", "refused", "receipt", "timer"])
)
STEPS = st.lists(st.tuples(NEWS, st.integers(0, 3 * DAY_MS)), max_size=25)


RUNS_IN = {
    "redelivery": {Status.DELIVERY_FAILED},
    "lost": {Status.DISPATCHED, Status.IN_TRANSIT},
    "label": {Status.RETURN_INITIATED},
}
"""Timers whose rules do not look at the state: they run in these alone."""
Timers = set[tuple[int, str]]
"""Due time and kind of those that run."""


def told(
    shipment: Shipment, news: object, at_ms: int, timers: Timers
) -> tuple[Shipment, list[str]]:
    """The shipment after that news, and what it said; the timers change with it."""
    if news == "timer":
        if not timers:
            return shipment, []
        due_ms, kind = first = min(timers)
        timers.remove(first)
        facts = TIMERS[kind](shipment, due_ms, max(at_ms, due_ms), RULES)
    else:
        made = {
            "booked": lambda: booked(shipment, tracking_number=f"94{shipment.version}"),
            "return_booked": lambda: booked(shipment, "return", tracking_number="94R"),
            "refused": lambda: refused(shipment) if shipment.booking else cancel(),
            "receipt": lambda: (
                receipt(shipment, ("p1", 3, "new")) if shipment.returning else label()
            ),
        }
        message = made[news]() if isinstance(news, str) else news
        facts = decide(shipment, message, at_ms, RULES)
    after = fold(shipment, facts)
    timers -= running(shipment) - running(after)
    timers |= running(after) - running(shipment)
    timers |= {(due_ms, kind) for kind, due_ms in repeated(facts)}
    for before, fact in zip([shipment, *_between(shipment, facts)], facts, strict=False):
        assert_legal(before, fold(before, (fact,)))
    return after, [message.name for message in following(after, facts, RULES)]


def running(shipment: Shipment) -> Timers:
    return {(due_ms, kind) for kind, due_ms in due_times(shipment).items()}


def _between(shipment: Shipment, facts: object) -> list[Shipment]:
    rows = []
    for fact in facts:  # type: ignore[attr-defined]  # a tuple of facts
        shipment = fold(shipment, (fact,))
        rows.append(shipment)
    return rows


def assert_legal(before: Shipment, after: Shipment) -> None:
    if before.status is not after.status:
        assert (before.status, after.status) in TABLE
    assert after is before or after.version == before.version + 1
    for kind in due_times(after).keys() & RUNS_IN:
        assert after.status in RUNS_IN[kind]


@given(STEPS)
@settings(max_examples=150)
def test_states_change_only_as_the_contract_says_and_rows_stay_small(
    steps: list[tuple[object, int]],
) -> None:
    shipment, at_ms, said = pending(), AT_MS, []
    timers = running(shipment)
    for news, wait_ms in steps:
        at_ms += wait_ms
        shipment, names = told(shipment, news, at_ms, timers)
        said += names

    assert said.count("ShipmentDispatched") <= 1
    assert said.count("ShipmentDelivered") <= 1
    assert said.count("ShipmentCancelled") <= 1
    assert not (shipment.status is Status.CANCELLED and "ShipmentDispatched" in said)
    assert shipment.attempts <= RULES.attempts_max
    assert len(shipment.history) <= STEPS_MAX
    assert len(shipment.scans) <= SCANS_MAX
    row = msgspec.json.encode(shipment)
    assert msgspec.json.decode(row, type=Shipment) == shipment


@given(STEPS)
@settings(max_examples=80)
def test_every_timer_ends(steps: list[tuple[object, int]]) -> None:
    shipment, at_ms = pending(), AT_MS
    timers = running(shipment)
    for news, wait_ms in steps:
        at_ms += wait_ms
        shipment, _ = told(shipment, news, at_ms, timers)

    for _ in range(1000):
        if not timers:
            return
        at_ms = max(at_ms, min(timers)[0])
        shipment, _ = told(shipment, "timer", at_ms, timers)
    raise AssertionError(f"timers run on: {timers}")


@given(STEPS)
@settings(max_examples=80)
def test_a_carrier_is_asked_by_one_timer_at_a_time(steps: list[tuple[object, int]]) -> None:
    shipment, at_ms = pending(), AT_MS
    timers = running(shipment)
    for news, wait_ms in steps:
        at_ms += wait_ms
        shipment, _ = told(shipment, news, at_ms, timers)

    polls = [due_ms for due_ms, kind in timers if kind == "poll"]
    asking = [TIMERS["poll"](shipment, due_ms, due_ms, RULES) for due_ms in polls]

    assert len([facts for facts in asking if facts]) <= 1


@given(STEPS, MESSAGES)
@settings(max_examples=80)
def test_a_message_told_twice_at_once_says_nothing_new(
    steps: list[tuple[object, int]], message: object
) -> None:
    shipment, at_ms = pending(), AT_MS
    timers = running(shipment)
    for news, wait_ms in steps:
        at_ms += wait_ms
        shipment, _ = told(shipment, news, at_ms, timers)

    once, _ = told(shipment, message, at_ms + HOUR_MS, timers)
    twice, said = told(once, message, at_ms + HOUR_MS, timers)

    assert said == []
    assert twice.status is once.status
