from datetime import UTC, datetime
from typing import Any

import pytest

from events.fraud import CheckFraud
from events.payments import PaymentInitiated
from events.types import Address, Geo, PaymentMethod
from streams.fraud.payment import payment_of, payment_to_check, same_address

HOME = Address(line1="890 Broadway", city="New York", state="NY", postal_code="10003", country="US")


def initiated(**told: object) -> PaymentInitiated:
    return PaymentInitiated(
        payment_id="pay_ord_1",
        customer_id="cust_1",
        amount_minor=2_999,
        currency="USD",
        payment_method=PaymentMethod(type="credit_card"),
        **told,
    )


def test_a_session_that_tells_nothing_leaves_every_input_missing() -> None:
    seen = payment_of(initiated())

    assert (seen.payment_id, seen.customer_id, seen.amount_minor) == ("pay_ord_1", "cust_1", 2_999)
    assert (seen.ip, seen.card, seen.device_id, seen.latitude) == (None, None, None, None)
    assert (seen.account_created_at_ms, seen.previous_orders) == (None, None)
    assert (seen.country, seen.addresses_match) == (None, None)
    assert seen.card_reported_stolen is False


def test_a_session_that_tells_everything_leaves_none_missing() -> None:
    seen = payment_of(
        initiated(
            order_id="ord_1",
            shipping_address=HOME,
            billing_address=HOME,
            account_created_at=datetime(2024, 1, 1, tzinfo=UTC),
            previous_orders=3,
            device_id="dev_1",
            ip_address="10.0.0.201",
            geo=Geo(latitude=45.5, longitude=-122.7),
            ip_country="US",
            ip_region="NY",
            card_fingerprint="fp_1",
            card_reported_stolen=True,
        )
    )

    assert None not in [getattr(seen, name) for name in seen.__struct_fields__]
    assert seen.account_created_at_ms == 1_704_067_200_000
    assert (seen.latitude, seen.longitude) == (45.5, -122.7)
    assert (seen.country, seen.region, seen.addresses_match) == ("US", "NY", True)
    assert seen.card_reported_stolen is True


def test_the_network_address_and_the_card_are_not_kept_in_the_clear() -> None:
    seen = payment_of(initiated(ip_address="10.0.0.201", card_fingerprint="fp_1"))
    other = payment_of(initiated(ip_address="10.0.0.202", card_fingerprint="fp_2"))

    assert isinstance(seen.ip, int)
    assert isinstance(seen.card, int)
    assert (seen.ip, seen.card) != (other.ip, other.card)


def test_where_the_billing_address_is_unknown_the_shipping_address_tells_the_country() -> None:
    seen = payment_of(initiated(shipping_address=HOME))

    assert (seen.country, seen.region, seen.addresses_match) == ("US", "NY", None)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"line1": " 890  BROADWAY"}, True),
        ({"postal_code": None}, True),
        ({"postal_code": "100 03"}, True),
        ({"line1": "891 Broadway"}, False),
        ({"city": "Newark"}, False),
        ({"postal_code": "10004"}, False),
        ({"country": "CA"}, False),
    ],
)
def test_addresses_match_by_what_both_tell_whatever_the_spelling(
    change: dict[str, Any], *, same: bool
) -> None:
    other = HOME.model_copy(update=change)

    assert same_address(HOME, other) is same
    assert same_address(other, HOME) is same


def test_a_request_to_check_tells_only_who_and_how_much() -> None:
    command = CheckFraud(
        payment_id="pay_ord_1", amount_minor=2_999, currency="USD", customer_id="cust_1"
    )

    seen = payment_to_check(command)

    assert (seen.payment_id, seen.customer_id, seen.amount_minor) == ("pay_ord_1", "cust_1", 2_999)
