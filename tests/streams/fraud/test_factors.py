"""A row a line of the scoring table (G-22)."""

from typing import Any

import pytest

from streams.fraud.factors import (
    Factor,
    customer_history,
    device_fingerprint,
    geolocation_mismatch,
    order_amount,
    shipping_billing_match,
    velocity_check,
)
from streams.fraud.profile import Attempt, RiskProfile, Velocity, velocity_of
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from tests.streams.fraud.samples import FRAUD_DEVICE, NOW_MS, RULES, payment, usual_profile

NEW = RiskProfile()


def points(factor: Factor | None) -> int | None:
    return None if factor is None else factor.points


@pytest.mark.parametrize(
    ("age_ms", "orders", "expected"),
    [
        (0, 47, 25),
        (10 * MINUTE_MS - 1, 47, 25),
        (-HOUR_MS, 47, 25),  # A producer's clock may run ahead.
        (10 * MINUTE_MS, 47, 20),
        (DAY_MS - 1, 47, 20),
        (DAY_MS, 47, 2),
        (DAY_MS, None, None),
        (None, 0, 15),
        (None, 2, 15),
        (None, 3, 8),
        (None, 9, 8),
        (None, 10, 2),
        (None, None, None),
    ],
)
def test_history_scores_the_age_of_the_account_before_the_orders(
    age_ms: int | None, orders: int | None, expected: int | None
) -> None:
    created = None if age_ms is None else NOW_MS - age_ms
    seen = payment(account_created_at_ms=created, previous_orders=orders)

    assert points(customer_history(NEW, seen, NOW_MS, RULES)) == expected


@pytest.mark.parametrize(
    ("told", "counted", "expected"),
    [(None, 1, 15), (None, 3, 8), (None, 10, 2), (2, 10, 2), (10, 2, 2), (2, 0, 15)],
)
def test_history_believes_whoever_counted_more_orders(
    told: int | None, counted: int, expected: int
) -> None:
    profile, seen = RiskProfile(orders=counted), payment(previous_orders=told)

    assert points(customer_history(profile, seen, NOW_MS, RULES)) == expected


@pytest.mark.parametrize(("orders", "expected"), [(None, 25), (0, 40), (47, 27)])
def test_past_chargebacks_add_to_the_history_once(orders: int | None, expected: int) -> None:
    profile, seen = RiskProfile(chargebacks=("cb_1", "cb_2")), payment(previous_orders=orders)

    assert points(customer_history(profile, seen, NOW_MS, RULES)) == expected


@pytest.mark.parametrize(
    ("device", "expected"), [(None, None), (FRAUD_DEVICE, 20), ("dev_9", 10), ("dev_1", 5)]
)
def test_a_device_is_known_from_fraud_or_new_or_known(
    device: str | None, expected: int | None
) -> None:
    profile = usual_profile(devices=(FRAUD_DEVICE, "dev_1"))

    assert points(device_fingerprint(profile, payment(device_id=device), RULES)) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"ip_country": "US"}, None),
        ({"country": "US"}, None),
        ({"ip_country": "NG", "country": "US"}, 22),
        ({"ip_country": "NG", "country": "US", "ip_region": "OR", "region": "OR"}, 22),
        ({"ip_country": "US", "country": "US", "ip_region": "NY", "region": "OR"}, 8),
        ({"ip_country": "US", "country": "US", "ip_region": "or", "region": "OR"}, 0),
        ({"ip_country": "US", "country": "US", "ip_region": "NY"}, 0),
        ({"ip_country": "US", "country": "US", "region": "OR"}, 0),
        ({"ip_country": "US", "country": "US"}, 0),
    ],
)
def test_geolocation_compares_countries_then_regions(
    told: dict[str, Any], expected: int | None
) -> None:
    assert points(geolocation_mismatch(payment(**told), RULES)) == expected


@pytest.mark.parametrize(("match", "expected"), [(None, None), (True, 0), (False, 20)])
def test_differing_addresses_score(*, match: bool | None, expected: int | None) -> None:
    assert points(shipping_billing_match(payment(addresses_match=match), RULES)) == expected


@pytest.mark.parametrize(
    ("amount", "told", "profile", "expected"),
    [
        (99_999, None, NEW, 0),
        (99_999, 0, NEW, 0),
        (100_000, None, NEW, 12),
        (100_000, 0, NEW, 12),
        (100_000, 47, NEW, None),  # Orders, but of unknown amounts.
        (99_999, 47, NEW, None),
        (99_999, 47, RiskProfile(orders=2, approved_minor=2_000), 0),
        (129_900, 2, RiskProfile(orders=2, approved_minor=2 * 8_550), 7),
        (100_000, 2, RiskProfile(orders=3, approved_minor=100_000), 0),  # Exactly three times.
        (100_001, 2, RiskProfile(orders=3, approved_minor=100_000), 7),
    ],
)
def test_a_large_amount_scores_without_history_or_far_above_the_average(
    amount: int, told: int | None, profile: RiskProfile, expected: int | None
) -> None:
    seen = payment(amount_minor=amount, previous_orders=told)

    assert points(order_amount(profile, seen, RULES)) == expected


@pytest.mark.parametrize(
    ("velocity", "ip", "expected"),
    [
        (Velocity(payments=1, ips=1, cards=1), 1, 5),
        (Velocity(payments=5, ips=3, cards=2), 1, 5),
        (Velocity(payments=6, ips=1, cards=1), 1, 15),
        (Velocity(payments=1, ips=4, cards=1), 1, 15),
        (Velocity(payments=6, ips=4, cards=3), 1, 15),
        (Velocity(payments=5, ips=3, cards=3), 1, 10),
        (Velocity(payments=1, ips=0, cards=0), None, None),
        (Velocity(payments=6, ips=0, cards=0), None, 15),
        (Velocity(payments=3, ips=0, cards=3), None, 10),
    ],
)
def test_velocity_counts_payments_addresses_and_cards(
    velocity: Velocity, ip: int | None, expected: int | None
) -> None:
    assert points(velocity_check(velocity, payment(ip=ip), RULES)) == expected


def test_windows_reach_back_to_but_not_onto_their_length() -> None:
    profile = RiskProfile(
        attempts=(
            Attempt("pay_out", NOW_MS - HOUR_MS, 2, 2),
            Attempt("pay_in", NOW_MS - HOUR_MS + 1, 3, 3),
            Attempt("pay_card_out", NOW_MS - 10 * MINUTE_MS, 4, 4),
            Attempt("pay_card_in", NOW_MS - 10 * MINUTE_MS + 1, 5, 5),
            Attempt("pay_at_once", NOW_MS, 6, 6),
        )
    )

    counted = velocity_of(profile, payment(ip=1, card=1), NOW_MS, RULES)

    assert counted == Velocity(payments=5, ips=5, cards=3)


def test_a_late_payment_is_counted_among_its_contemporaries() -> None:
    profile = RiskProfile(
        attempts=(Attempt("pay_then", NOW_MS - 2 * HOUR_MS, 1, 1), Attempt("pay_now", NOW_MS, 2, 2))
    )

    counted = velocity_of(profile, payment(ip=3, card=3), NOW_MS - 2 * HOUR_MS + 1, RULES)

    assert counted == Velocity(payments=2, ips=2, cards=2)


def test_unknown_addresses_and_cards_are_not_counted_as_one_more() -> None:
    profile = RiskProfile(attempts=(Attempt("pay_1", NOW_MS, None, None),))

    assert velocity_of(profile, payment(), NOW_MS, RULES) == Velocity(payments=2, ips=0, cards=0)
    assert velocity_of(profile, payment(ip=1, card=1), NOW_MS, RULES).ips == 1
