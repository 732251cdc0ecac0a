"""PlaceOrder: what is accepted, what is refused, and in which order of precedence."""

from dataclasses import replace
from typing import Any

import pytest

from events.types import OrderPayment
from streams.orders.facts import Placed, Rejected
from streams.orders.placing import place
from streams.orders.rows import Order, Status
from streams.orders.rules import OrderRules
from tests.streams.orders.samples import AT_MS, RULES, address, item, place_order

CARD = {"method": "credit_card"}


def placing(
    *, eligible: bool = True, rules: OrderRules = RULES, **given: object
) -> Placed | Rejected:
    [fact] = place(place_order(**given), AT_MS, rules, "corr_1", eligible=eligible)
    return fact


def refusal(**given: object) -> tuple[str, tuple[str, ...]]:
    fact = placing(**given)
    assert isinstance(fact, Rejected), fact
    return fact.reason, fact.details


def accepted(**given: object) -> Order:
    fact = placing(**given)
    assert isinstance(fact, Placed), fact
    return fact.order


def test_a_good_order_is_confirmed_with_its_total() -> None:
    order = accepted()

    assert order.status is Status.CONFIRMED
    assert order.total_minor == 13497
    assert [line.total_minor for line in order.lines] == [6998, 6499]
    assert order.payment_id == "pay_ord_1"
    assert order.version == 1
    assert [(step.status, step.reason) for step in order.history] == [("confirmed", "PLACED")]


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({"order_items": ()}, "orderItems: 1 to 50 lines"),
        ({"order_items": (item(),) * 51}, "orderItems: 1 to 50 lines"),
        ({"order_items": (item(), item(quantity=101))}, "orderItems[1].quantity: 1 to 100 units"),
        ({"currency": "CHF"}, "currency: one of CAD, EUR, GBP, USD"),
        ({"discount_code": "SAVE99"}, "discountCode: unknown"),
        ({"discount_code": "save10"}, "discountCode: unknown"),
        ({"order_id": "o" * 121}, "orderId: at most 120 characters"),
        (
            {"order_items": (item(quantity=50, unit_price_minor=100_001),)},
            "the total is above 50000.00",
        ),
    ],
)
def test_a_request_beyond_the_limits_is_invalid(given: dict[str, Any], detail: str) -> None:
    assert refusal(**given) == ("INVALID_REQUEST", (detail,))


@pytest.mark.parametrize(
    "given",
    [
        {"order_items": (item(),) * 50},
        {"order_items": (item(quantity=100),)},
        {"order_items": (item(quantity=50, unit_price_minor=100_000),)},
        {"order_items": (item(quantity=1, unit_price_minor=0),)},
        {"currency": "EUR"},
        {"discount_code": None},
        {"discount_code": ""},
        {"order_id": "o" * 120},
    ],
)
def test_a_request_at_its_limits_is_accepted(given: dict[str, Any]) -> None:
    assert accepted(**given).status is Status.CONFIRMED


def test_a_suspended_customer_may_not_order() -> None:
    fact = placing(eligible=False)

    assert fact.reason == "CUSTOMER_NOT_ELIGIBLE"


@pytest.mark.parametrize(
    ("where", "detail"),
    [
        ({"country": "JP"}, "shippingAddress.country: JP is not served"),
        ({"country": "US", "state": None}, "shippingAddress.state: needed in US"),
        ({"country": "CA", "state": ""}, "shippingAddress.state: needed in CA"),
        ({"country": "AU", "state": " "}, "shippingAddress.state: needed in AU"),
        ({"line1": ""}, "shippingAddress.line1: empty"),
        ({"city": "  "}, "shippingAddress.city: empty"),
        ({"line1": "x" * 201}, "shippingAddress.line1: at most 200 characters"),
        ({"postal_code": "x" * 201}, "shippingAddress.postalCode: at most 200 characters"),
        ({"state": "x" * 201}, "shippingAddress.state: at most 200 characters"),
    ],
)
def test_goods_go_only_where_we_deliver(where: dict[str, Any], detail: str) -> None:
    assert refusal(shipping_address=address(**where)) == ("INVALID_ADDRESS", (detail,))


def test_an_address_of_any_length_is_no_address_for_an_invoice_either() -> None:
    long = address(line2="x" * 201)

    assert refusal(billing_address=long) == (
        "INVALID_ADDRESS",
        ("billingAddress.line2: at most 200 characters",),
    )
    assert accepted(billing_address=address(line2="x" * 200)).status is Status.CONFIRMED


@pytest.mark.parametrize("country", ["GB", "DE", "FR", "IE", "NL", "ES", "IT"])
def test_europe_needs_no_state(country: str) -> None:
    order = accepted(shipping_address=address(country=country, state=None))

    assert order.shipping_address.country == country


@pytest.mark.parametrize(
    "line",
    [
        "PO Box 12",
        "P.O. Box 12",
        "p. o. box 12",
        "POBox 12",
        "Post Office Box 7",
        "GPO Box 9",
        "Locked Bag 3",
        "Postfach 10 20",
        "Postbus 5",
        "Boîte postale 5",
        "BP 50",
        "B.P. 50",
        "Apartado de correos 8",
        "Casella postale 4",
    ],
)
@pytest.mark.parametrize("field", ["line1", "line2"])
def test_express_goes_to_no_post_office_box(line: str, field: str) -> None:
    where = address(**{field: line})

    assert refusal(shipping_address=where, shipping_method="express") == (
        "INVALID_ADDRESS",
        ("shippingAddress: express does not deliver to a PO box",),
    )
    assert accepted(shipping_address=where).status is Status.CONFIRMED


@pytest.mark.parametrize("line", ["12 Box Hill Road", "Poxon Street 1", "3 Postgate Lane"])
def test_express_goes_to_streets_that_sound_like_boxes(line: str) -> None:
    order = accepted(shipping_address=address(line1=line), shipping_method="express")

    assert order.shipping_method == "express"


@pytest.mark.parametrize(
    ("offered", "code", "accepted_"),
    [
        (13497, None, True),
        (13498, None, True),
        (13496, None, True),
        (13499, None, False),
        (13495, None, False),
        (13497, "SAVE10", False),
        (12147, "SAVE10", True),
        (10798, "ENTERPRISE20", True),
        (0, None, False),
    ],
)
def test_the_clients_total_may_differ_by_one_minor_unit(
    offered: int, code: str | None, *, accepted_: bool
) -> None:
    fact = placing(payment=OrderPayment(**CARD, amount_minor=offered), discount_code=code)

    assert isinstance(fact, Placed if accepted_ else Rejected)
    assert accepted_ or fact.reason == "PRICE_MISMATCH"


def test_the_lines_totals_of_the_client_are_not_believed() -> None:
    cheap = item().model_copy(update={"total_price_minor": 1})

    assert accepted(order_items=(cheap,)).total_minor == 6998


def test_refusals_come_in_order_of_precedence_with_every_detail() -> None:
    wrong = {
        "order_items": (item(quantity=50, unit_price_minor=200_000),),
        "shipping_address": address(country="JP"),
        "payment": OrderPayment(**CARD, amount_minor=1),
    }
    reasons = []
    for eligible, keep in ((False, wrong), (False, {k: wrong[k] for k in list(wrong)[1:]})):
        reasons.append(placing(eligible=eligible, **keep).reason)
    reasons.append(refusal(**{k: wrong[k] for k in list(wrong)[1:]})[0])
    reasons.append(refusal(payment=wrong["payment"])[0])

    assert reasons == [
        "INVALID_REQUEST",
        "CUSTOMER_NOT_ELIGIBLE",
        "INVALID_ADDRESS",
        "PRICE_MISMATCH",
    ]
    assert len(placing(eligible=False, **wrong).details) == 4


def test_a_rejected_order_keeps_a_row_that_says_so() -> None:
    order = placing(currency="CHF").order

    assert order.status is Status.REJECTED
    assert [(step.status, step.reason) for step in order.history] == [
        ("rejected", "INVALID_REQUEST")
    ]


def test_the_limits_are_settings() -> None:
    rules = OrderRules(lines_max=1, currencies=frozenset({"CHF"}))

    fact = placing(rules=rules)

    assert fact.reason == "INVALID_REQUEST"
    assert fact.details == ("orderItems: 1 to 1 lines", "currency: one of CHF")


CATALOGUE = replace(RULES, prices={"p1:USD": 3499})


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({}, ""),
        ({"order_items": (item(unit_price_minor=1),)}, "payment.amount: 0.02, expected 69.98"),
        (
            {
                "order_items": (item(unit_price_minor=1),),
                "payment": OrderPayment(**CARD, amount_minor=2),
            },
            "payment.amount: 0.02, expected 69.98",
        ),
        (
            {
                "order_items": (item(unit_price_minor=1),),
                "payment": OrderPayment(**CARD, amount_minor=6998),
            },
            "",
        ),
        ({"order_items": (item(unit_price_minor=1),), "discount_code": "SAVE10"}, "expected 62.98"),
        ({"order_items": (item(unit_price_minor=3150),), "subscription_id": "sub_1"}, ""),
        ({"order_items": (item(product_id="p3", unit_price_minor=1),)}, ""),
    ],
    ids=[
        "as listed",
        "cheaper",
        "cheaper, and said so",
        "known total",
        "discount",
        "renewal",
        "not in the catalogue",
    ],
)
def test_goods_of_the_catalogue_cost_what_it_says(given: dict[str, Any], refused: str) -> None:
    fact = placing(rules=CATALOGUE, **given)

    if not refused:
        assert isinstance(fact, Placed), fact
        return
    assert isinstance(fact, Rejected)
    assert (fact.reason, refused in fact.details[0]) == ("PRICE_MISMATCH", True)


def test_goods_that_the_catalogue_has_in_another_currency_only_are_not_sold_in_this_one() -> None:
    """They cost what the order said: whoever named another currency named the price."""
    cheap = {"order_items": (item(unit_price_minor=1),), "currency": "EUR"}

    fact = placing(rules=CATALOGUE, **cheap)

    assert isinstance(fact, Rejected)
    assert (fact.reason, fact.details) == (
        "INVALID_REQUEST",
        ("orderItems[0]: not sold in EUR",),
    )
    assert isinstance(placing(rules=CATALOGUE, **cheap, subscription_id="sub_1"), Placed)


def test_an_order_is_placed_at_the_price_of_the_catalogue_and_not_at_the_clients() -> None:
    cheap = (item(unit_price_minor=1),)
    fact = placing(
        rules=CATALOGUE, order_items=cheap, payment=OrderPayment(**CARD, amount_minor=6997)
    )

    assert isinstance(fact, Placed)
    assert (fact.order.total_minor, fact.order.lines[0].unit_price_minor) == (6998, 3499)
