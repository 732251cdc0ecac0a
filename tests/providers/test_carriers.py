"""Simulated carriers: the postal code decides, and a repeat answers the same."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from events.vocabulary import Carrier
from providers.carriers import CarrierError, Label, LabelRequest, NoLabel, Whereabouts
from providers.simulated_carriers import (
    CARRIERS,
    CarrierTimes,
    SimulatedCarrier,
    simulated_carriers,
)

HOUR_MS = 3_600_000
AT_MS = 1_773_140_400_000


def run(call: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(call)


def asked(code: str = "02101", key: str = "k") -> LabelRequest:
    return LabelRequest(key, "shp_1", "US", code, "standard", 1_000, 1)


def number_of(code: str, times: CarrierTimes | None = None, key: str = "k") -> str:
    label = run(SimulatedCarrier("UPS", times).book(asked(code, key)))
    assert isinstance(label, Label)
    return label.tracking_number


def words(code: str, after_ms: int = 1_000 * HOUR_MS) -> list[str]:
    where = Whereabouts(number_of(code), "US", "Boston", AT_MS, AT_MS + after_ms)
    return [scan.reason_code or scan.status for scan in run(SimulatedCarrier("UPS").track(where))]


def test_the_five_carriers_of_the_contract_are_there() -> None:
    assert set(simulated_carriers()) == set(CARRIERS) == set(Carrier.__args__)  # type: ignore[attr-defined]  # a Literal


def test_the_same_key_makes_the_same_label_and_another_key_another() -> None:
    assert number_of("02101") == number_of("02101")
    assert number_of("02101") != number_of("02101", key="other")


def test_two_carriers_never_give_the_same_number() -> None:
    labels = [run(carrier.book(asked())) for carrier in simulated_carriers().values()]

    assert len({label.tracking_number for label in labels}) == len(CARRIERS)


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("1-unbookable", NoLabel("destination_not_served")),
        ("1-busy", NoLabel("capacity", retryable=True)),
    ],
)
def test_a_carrier_may_refuse(code: str, answer: NoLabel) -> None:
    assert run(SimulatedCarrier("UPS").book(asked(code))) == answer


def test_a_carrier_may_be_silent() -> None:
    with pytest.raises(CarrierError):
        run(SimulatedCarrier("UPS").book(asked("1-down")))


@pytest.mark.parametrize(
    ("code", "story"),
    [
        ("02101", ["delivered"]),
        ("", ["delivered"]),
        ("1-unavailable", ["CUSTOMER_UNAVAILABLE", "delivered"]),
        ("1-never", ["CUSTOMER_UNAVAILABLE"] * 3),
        ("1-noaddress", ["ADDRESS_NOT_FOUND"]),
        ("1-damaged", ["DAMAGED_IN_TRANSIT"]),
        ("1-refused", ["REFUSED"]),
    ],
)
def test_the_postal_code_decides(code: str, story: list[str]) -> None:
    assert words(code) == ["shipped", "in_transit", "out_for_delivery", *story]


def test_a_lost_parcel_is_seen_once_and_some_never() -> None:
    assert words("1-lost") == ["shipped"]
    assert words("1-unscanned") == []


@pytest.mark.parametrize(("hours", "seen"), [(1, 0), (2, 1), (11, 1), (12, 2), (40, 3), (46, 4)])
def test_nothing_is_told_before_it_happens(hours: int, seen: int) -> None:
    assert len(words("02101", hours * HOUR_MS)) == seen


def test_a_share_of_parcels_meets_nobody() -> None:
    all_of_them, none = CarrierTimes(unavailable_share=1.0), CarrierTimes(unavailable_share=0.0)

    assert number_of("02101", all_of_them).endswith("u")
    assert number_of("02101", none).endswith("f")


def test_a_void_is_harmless_however_often() -> None:
    carrier = SimulatedCarrier("UPS")

    for _ in range(2):
        assert run(carrier.void("1Z", "k")) is None
