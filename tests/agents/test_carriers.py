"""The carriers' gateway: one command, one call, one answer."""

import asyncio
from typing import Any

import pytest

import events
from agents.carriers import CarrierCallRules, carriers_effect
from engine.records import Record
from engine.specs import Delivery, EffectSpec
from events.base import Message
from events.carriers import VoidLabel
from events.envelope import Envelope
from providers.carriers import CarrierError, Label, LabelRequest, NoLabel
from providers.health import HealthRules
from providers.simulated_carriers import SimulatedCarrier, simulated_carriers
from streams.moments import DAY_MS
from streams.shipping.asking import booking_asked, claimed, parcel_tracked
from streams.shipping.rows import Claim
from tests.streams.shipping.samples import AT_MS, address, created, pending


def booking(code: str = "02101") -> Message:
    shipment = pending(shipping_address=address(postal_code=code))
    assert shipment.booking is not None
    return booking_asked(shipment, "outbound", shipment.booking)


def answers(effect: EffectSpec, message: Message, at_ms: int = AT_MS) -> list[Envelope[Any]]:
    value = events.encode(message, event_id="event-1", timestamp=at_ms, correlation_id="corr_1")
    record = Record("shipping.dev.commands", 0, 0, at_ms, b"k", value)
    decoded = events.decode(value, record_timestamp_ms=at_ms)
    said = asyncio.run(effect.effects[message.name](Delivery(record, message.name, decoded)))  # type: ignore[arg-type]  # a coroutine
    return [events.decode(one.value, record_timestamp_ms=0) for one in said]


def about(message: Any) -> tuple[str, ...]:
    """Which booking it is about."""
    return (
        message.shipment_id, message.order_id, message.carrier, message.purpose,
        message.idempotency_key,
    )  # fmt: skip


@pytest.fixture
def effect() -> EffectSpec:
    return carriers_effect(simulated_carriers())


def test_a_booking_is_answered_with_its_key(effect: EffectSpec) -> None:
    [answer] = answers(effect, booking())

    assert answer.event_type == "CarrierBooked"
    assert about(answer.data) == about(booking())
    assert answer.data.tracking_number in answer.data.label_url
    assert (answer.correlation_id, answer.causation_id) == ("corr_1", "event-1")


def test_a_booking_asked_again_is_answered_the_same(effect: EffectSpec) -> None:
    assert answers(effect, booking()) == answers(effect, booking())


@pytest.mark.parametrize(
    ("code", "failure", "retryable"),
    [
        ("1-unbookable", "destination_not_served", False),
        ("1-busy", "capacity", True),
        ("1-down", "no_answer", True),
    ],
)
def test_what_a_carrier_will_not_take(
    effect: EffectSpec, code: str, failure: str, *, retryable: bool
) -> None:
    [answer] = answers(effect, booking(code))

    assert (answer.data.failure_code, answer.data.retryable) == (failure, retryable)
    assert about(answer.data) == about(booking())


def test_a_carrier_nobody_set_up_takes_nothing() -> None:
    [answer] = answers(carriers_effect({}), booking())

    assert (answer.data.failure_code, answer.data.retryable) == ("unknown_carrier", False)


class Slow(SimulatedCarrier):
    async def book(self, request: LabelRequest) -> Label | NoLabel:
        await asyncio.sleep(60)
        return await super().book(request)


def test_a_call_that_takes_too_long_is_no_answer() -> None:
    effect = carriers_effect({"USPS": Slow("USPS")}, CarrierCallRules(call_ms=1))

    [answer] = answers(effect, booking())

    assert (answer.data.failure_code, answer.data.retryable) == ("no_answer", True)


def test_a_carrier_that_is_down_is_not_called_until_it_may_be_back() -> None:
    now = [0]
    rules = CarrierCallRules(health=HealthRules(errors_max=2, down_ms=1000))
    effect = carriers_effect(simulated_carriers(), rules, clock=lambda: now[0])
    for _ in range(2):
        answers(effect, booking("1-down"))

    [down] = answers(effect, booking())
    now[0] = 1000
    [back] = answers(effect, booking())

    assert (down.data.failure_code, down.data.retryable) == ("carrier_down", False)
    assert back.event_type == "CarrierBooked"


def test_tracking_tells_every_scan_with_the_time_it_was_made(effect: EffectSpec) -> None:
    shipment = created()
    number = "94" + "0" * 16 + "f"

    told = answers(
        effect,
        parcel_tracked(shipment).model_copy(update={"tracking_number": number}),
        AT_MS + 9 * DAY_MS,
    )

    assert [one.data.status for one in told] == [
        "shipped",
        "in_transit",
        "out_for_delivery",
        "delivered",
    ]
    assert len({one.data.updated_at for one in told}) == 4
    assert told[-1].data.proof_of_delivery.photo_url


class Dead(SimulatedCarrier):
    async def track(self, request: object) -> list[Any]:
        raise CarrierError("nobody there")

    async def void(self, tracking_number: str, key: str) -> None:
        raise CarrierError("nobody there")

    async def claim(self, request: object) -> Any:
        raise CarrierError("nobody there")


def test_a_carrier_that_does_not_say_where_a_parcel_is_will_be_asked_again() -> None:
    assert answers(carriers_effect({"USPS": Dead("USPS")}), parcel_tracked(created())) == []


def void() -> VoidLabel:
    return VoidLabel(
        shipment_id="shp_1",
        order_id="ord_1",
        carrier="USPS",
        tracking_number="94",
        idempotency_key="k",
    )


def test_a_label_is_given_back_without_a_word(effect: EffectSpec) -> None:
    assert answers(effect, void()) == []


def test_a_label_that_cannot_be_given_back_is_for_people() -> None:
    with pytest.raises(CarrierError):
        answers(carriers_effect({"USPS": Dead("USPS")}), void())


@pytest.mark.parametrize(("end", "paid_minor"), [("l", 4_200), ("x", 4_200), ("f", 0)])
def test_a_carrier_pays_for_what_it_lost_and_for_nothing_else(
    effect: EffectSpec, end: str, paid_minor: int
) -> None:
    asked = claimed(created(), Claim(4_200, 1)).model_copy(update={"tracking_number": f"94{end}"})

    [told] = answers(effect, asked)

    assert (told.event_type, told.data.amount_minor) == ("ClaimSettled", paid_minor)
    assert told.data.accepted is (paid_minor > 0)


def test_a_carrier_that_does_not_answer_a_claim_is_asked_again() -> None:
    asked = claimed(created(), Claim(4_200, 1))

    assert answers(carriers_effect({"USPS": Dead("USPS")}), asked) == []
    assert answers(carriers_effect({}), asked) == []
