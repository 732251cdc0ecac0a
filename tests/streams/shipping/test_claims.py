"""Claims for what carriers lost (G-30): filed once, asked again, ended by the carrier's word."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from events.alerts import AlertRaised
from events.base import Message
from events.carriers import ClaimSettled, FileClaim
from streams.moments import DAY_MS
from streams.shipping.deciding import TIMERS, decide, due_times
from streams.shipping.evolution import fold
from streams.shipping.facts import Facts
from streams.shipping.messages import following
from streams.shipping.rows import Shipment, Status
from tests.streams.shipping.samples import AT_MS, RULES, after, dispatched, failure, scan


def up(shipment: Shipment, kind: str) -> tuple[Shipment, list[Message]]:
    """The shipment once its timer of that kind has come due, and what is said."""
    due_ms = due_times(shipment)[kind]
    facts: Facts = TIMERS[kind](shipment, due_ms, due_ms, RULES)
    later = fold(shipment, facts)
    return later, [*following(later, facts, RULES)]


def answer(shipment: Shipment, amount_minor: int) -> ClaimSettled:
    return ClaimSettled(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        accepted=amount_minor > 0,
        amount_minor=amount_minor,
        currency=shipment.currency,
    )


def lost() -> Shipment:
    return up(dispatched(), "lost")[0]


def outcome(shipment: Shipment) -> tuple[str, int]:
    assert shipment.claim is not None
    return shipment.claim.outcome, shipment.claim.paid_minor


def test_what_nobody_has_scanned_for_days_is_claimed_at_what_was_paid_for_it() -> None:
    shipment, said = up(dispatched(), "lost")

    [claim] = [message for message in said if isinstance(message, FileClaim)]
    worth = sum((item.unit_minor or 0) * item.quantity for item in shipment.items)
    assert (claim.amount_minor, claim.currency) == (worth, "USD")
    assert claim.tracking_number == shipment.tracking_number
    lost_ms = due_times(dispatched())["lost"]
    assert due_times(shipment) == {"claim": lost_ms + RULES.claim_again_ms}


def test_what_a_carrier_says_that_it_lost_is_claimed_too() -> None:
    shipment = after(dispatched(), failure("LOST"))

    assert shipment.claim is not None
    assert after(shipment, failure("LOST"), at_ms=AT_MS + DAY_MS).claim == shipment.claim


@pytest.mark.parametrize(("amount_minor", "word"), [(5_000, "PAID"), (0, "REFUSED")])
def test_a_carrier_answers_once(amount_minor: int, word: str) -> None:
    shipment = after(lost(), answer(lost(), amount_minor))

    assert outcome(shipment) == (word, amount_minor)
    assert due_times(shipment) == {}
    assert decide(shipment, answer(shipment, 1), AT_MS, RULES) == ()


def test_a_carrier_that_does_not_answer_is_asked_every_day_for_a_week() -> None:
    shipment, keys = lost(), set()
    for _ in range(RULES.claim_asks_max - 1):
        due_ms = due_times(shipment)["claim"]
        shipment, said = up(shipment, "claim")
        assert due_times(shipment) == {"claim": due_ms + RULES.claim_again_ms}
        keys |= {message.idempotency_key for message in said if isinstance(message, FileClaim)}
    assert len(keys) == 1

    shipment, said = up(shipment, "claim")

    assert (outcome(shipment), due_times(shipment)) == (("UNANSWERED", 0), {})
    assert [message.name for message in said] == ["AlertRaised"]
    assert outcome(after(shipment, answer(shipment, 700))) == ("PAID", 700)


@pytest.mark.parametrize(("amount_minor", "alerts"), [(5_000, 0), (0, 1)])
def test_a_claim_that_is_refused_is_for_a_person(amount_minor: int, alerts: int) -> None:
    shipment = lost()
    facts = decide(shipment, answer(shipment, amount_minor), AT_MS, RULES)

    said = [*following(fold(shipment, facts), facts, RULES)]

    raised = [message for message in said if isinstance(message, AlertRaised)]
    assert len(raised) == alerts
    for alert in raised:
        assert (alert.rule, alert.subject, alert.unit) == ("carrier_claim", "shp_ord_1", "USD")
        assert shipment.claim is not None
        assert alert.value == shipment.claim.amount_minor / 100
        assert Path(alert.runbook or "").is_file()


def test_a_parcel_that_is_found_is_claimed_no_longer() -> None:
    found = after(lost(), scan("delivered"), at_ms=AT_MS + 9 * DAY_MS)

    later, said = up(found, "claim")

    assert (later.status, outcome(later), said) == (Status.DELIVERED, ("FOUND", 0), [])


def test_a_parcel_that_is_found_is_claimed_no_longer_though_nobody_opens() -> None:
    found = after(lost(), scan("in_transit"), failure(), at_ms=AT_MS + 9 * DAY_MS)

    later, said = up(found, "claim")

    assert (later.status, outcome(later), said) == (Status.DELIVERY_FAILED, ("FOUND", 0), [])


def test_a_parcel_that_is_lost_again_is_claimed_again() -> None:
    found, _ = up(after(lost(), scan("in_transit"), at_ms=AT_MS + 9 * DAY_MS), "claim")

    again, said = up(found, "lost")

    assert [type(message) for message in said].count(FileClaim) == 1
    assert outcome(again) == ("", 0)
    assert "claim" in due_times(again)


def test_what_cost_nothing_is_not_claimed() -> None:
    free = dispatched()
    packages = [
        replace(box, items=tuple(replace(item, unit_minor=0) for item in box.items))
        for box in free.packages
    ]

    shipment, said = up(replace(free, packages=tuple(packages)), "lost")

    assert shipment.claim is None
    assert [message.name for message in said] == ["DeliveryFailed"]


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    assert decide(dispatched(), answer(dispatched(), 5), AT_MS, RULES) == ()
