"""Which carriers are asked (G-27) and when a parcel should be there."""

import pytest

from streams.moments import DAY_MS, moment_of
from streams.shipping.calendar import eta_ms, next_attempt_ms
from streams.shipping.carriers import candidates
from streams.shipping.rows import Package
from streams.shipping.rules import ShippingRules
from tests.streams.shipping.samples import AT_MS, RULES


def package(weight_g: int = 1_000) -> Package:
    return Package("p", weight_g, 20, 15, 10, ())


@pytest.mark.parametrize(
    ("origin", "destination", "weight_g", "found"),
    [
        ("US", "US", 1_000, ("USPS", "UPS", "FedEx")),
        ("US", "US", 30_000, ("USPS", "UPS", "FedEx")),
        ("US", "US", 30_001, ("UPS", "FedEx")),
        ("US", "US", 70_001, ()),
        ("GB", "GB", 1_000, ("Royal Mail", "UPS", "DHL")),
        ("GB", "GB", 30_001, ("UPS", "DHL")),
        ("GB", "GB", 70_001, ("Royal Mail",)),
        ("DE", "DE", 1_000, ("UPS", "FedEx", "DHL")),
        ("US", "DE", 1_000, ("FedEx", "DHL")),
        ("DE", "US", 1_000, ("FedEx", "DHL")),
    ],
)
def test_the_cheapest_of_the_lane_that_fits_is_first(
    origin: str, destination: str, weight_g: int, found: tuple[str, ...]
) -> None:
    assert candidates(origin, destination, "standard", [package(weight_g)], RULES) == found


def test_a_tie_goes_by_the_alphabet() -> None:
    rules = ShippingRules(cost_percents={})

    assert candidates("US", "US", "standard", [package()], rules) == ("FedEx", "UPS", "USPS")


def test_a_carrier_that_is_too_slow_is_not_asked() -> None:
    rules = ShippingRules(carrier_days={"USPS express": 3})

    assert candidates("US", "US", "express", [package()], rules) == ("UPS", "FedEx")
    assert candidates("US", "US", "standard", [package()], rules)[0] == "USPS"


@pytest.mark.parametrize(
    ("days", "method", "there"),
    [
        (0, "express", "2026-03-12T14:00:00+00:00"),
        (0, "standard", "2026-03-16T18:00:00+00:00"),
        (4, "express", "2026-03-17T14:00:00+00:00"),
        (6, "standard", "2026-03-21T18:00:00+00:00"),
    ],
)
def test_sundays_do_not_count(days: int, method: str, there: str) -> None:
    assert moment_of(eta_ms(AT_MS + days * DAY_MS, method, RULES)).isoformat() == there


@pytest.mark.parametrize(
    ("days", "next_day"), [(0, "2026-03-11"), (3, "2026-03-16"), (4, "2026-03-16")]
)
def test_the_next_attempt_is_on_a_business_day(days: int, next_day: str) -> None:
    at = moment_of(next_attempt_ms(AT_MS + days * DAY_MS, RULES))

    assert at.isoformat() == f"{next_day}T09:00:00+00:00"


def test_the_heaviest_package_says_who_may_take_all() -> None:
    packages = [package(1_000), package(30_001)]

    assert candidates("US", "US", "standard", packages, RULES) == ("UPS", "FedEx")


def test_standard_may_take_longer_than_express() -> None:
    rules = ShippingRules(carrier_days={"USPS standard": 5, "UPS standard": 6})

    assert candidates("US", "US", "standard", [package()], rules) == ("USPS", "FedEx")


def test_where_days_are_shorter_the_next_attempt_is_one_such_day_later() -> None:
    assert next_attempt_ms(AT_MS, ShippingRules(day_ms=60_000)) == AT_MS + 60_000
