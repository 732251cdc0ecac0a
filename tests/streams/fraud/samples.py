"""Payments and profiles for the tests of fraud detection, and strategies that make them."""

from typing import Any

from hypothesis import strategies as st

from streams.fraud.payment import Payment
from streams.fraud.profile import Attempt, Place, RiskProfile
from streams.fraud.rules import FraudRules
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS

NOW_MS = 1_750_000_000_000

FRAUD_DEVICE = "dev_of_thieves"
RULES = FraudRules(fraud_devices=frozenset({FRAUD_DEVICE}))

PORTLAND = (45.5, -122.7)
LAGOS = (6.5, 3.4)


def payment(**told: object) -> Payment:
    """A payment of 129.99 that tells nothing else."""
    return Payment(
        **{
            "payment_id": "pay_ord_1",
            "order_id": "ord_1",
            "customer_id": "cust_1",
            "amount_minor": 12_999,
            "currency": "USD",
            **told,
        }
    )


def usual_payment(**told: object) -> Payment:
    """A payment of which everything is known and nothing stands out, but for its score of 12."""
    return payment(
        **{
            "account_created_at_ms": NOW_MS - 365 * DAY_MS,
            "previous_orders": 47,
            "device_id": "dev_1",
            "ip": 1,
            "card": 1,
            "latitude": PORTLAND[0],
            "longitude": PORTLAND[1],
            "ip_country": "US",
            "ip_region": "OR",
            "country": "US",
            "region": "OR",
            "addresses_match": True,
            **told,
        }
    )


def usual_profile(**known: object) -> RiskProfile:
    """A customer of four approved payments of 85.50 from one device."""
    return RiskProfile(**{"devices": ("dev_1",), "orders": 4, "approved_minor": 4 * 8_550, **known})


def profile_with_attempts(count: int, every_ms: int = MINUTE_MS) -> RiskProfile:
    """A customer with as many payments, the last one a step ago, all from one place and card."""
    return usual_profile(
        attempts=tuple(
            Attempt(f"pay_before_{n}", NOW_MS - n * every_ms, 1, 1) for n in range(count, 0, -1)
        )
    )


def at(place: tuple[float, float], at_ms: int) -> Place:
    """A place and a time."""
    return Place(*place, at_ms)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """None, or one of them."""
    return st.none() | strategy


payments = st.builds(
    Payment,
    payment_id=st.integers(1, 30).map(lambda n: f"pay_ord_{n}"),
    customer_id=st.just("cust_1"),
    amount_minor=st.sampled_from([0, 999, 99_999, 100_000, 5_000_000]),
    currency=st.just("USD"),
    order_id=st.just("ord_1"),
    account_created_at_ms=maybe(st.integers(NOW_MS - 2 * DAY_MS, NOW_MS + DAY_MS)),
    previous_orders=maybe(st.integers(0, 20)),
    device_id=maybe(st.sampled_from(["dev_1", "dev_2", FRAUD_DEVICE])),
    ip=maybe(st.integers(1, 5)),
    card=maybe(st.integers(1, 5)),
    card_reported_stolen=st.integers(0, 9).map(lambda n: n == 0),
    latitude=maybe(st.floats(-90, 90)),
    longitude=maybe(st.floats(-180, 180)),
    ip_country=maybe(st.sampled_from(["US", "NG"])),
    ip_region=maybe(st.sampled_from(["OR", "or", "NY"])),
    country=maybe(st.sampled_from(["US", "NG"])),
    region=maybe(st.sampled_from(["OR", "NY"])),
    addresses_match=maybe(st.booleans()),
)

arrivals = st.lists(
    st.tuples(payments, st.integers(0, 2 * HOUR_MS).map(lambda ms: NOW_MS + ms)), max_size=40
)
"""Payments with the times of their records, in no order of time."""
