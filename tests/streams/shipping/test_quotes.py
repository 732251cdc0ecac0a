"""What shipping costs (G-26) and how goods are packed (G-29)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.shipping import QuoteShipping
from events.shipping_parts import Dimensions
from events.shipping_parts import Package as WirePackage
from events.types import Money
from streams.shipping.packing import packed
from streams.shipping.quotes import (
    Parcel,
    chargeable_g,
    cost_minor,
    customer_pays_minor,
    offers,
    quote_minor,
)
from streams.shipping.rows import Item, Package
from streams.shipping.rules import ItemSize, ShippingRules
from tests.streams.shipping.samples import AT_MS, address

RULES = ShippingRules()
TUESDAY_MS = AT_MS


def parcel(
    weight_g: int, method: str = "standard", *, abroad: bool = False, signature: bool = False
) -> Parcel:
    return Parcel(weight_g, method, abroad, signature)


@pytest.mark.parametrize(
    ("weight_g", "standard", "express"),
    [
        (1, 599, 1299),
        (2_000, 599, 1299),
        (2_001, 899, 1599),
        (5_000, 899, 1599),
        (10_000, 1199, 1899),
        (25_000, 1699, 2499),
        (50_000, 2799, 3999),
    ],
)
def test_the_table_of_prices(weight_g: int, standard: int, express: int) -> None:
    assert quote_minor(parcel(weight_g), RULES) == standard
    assert quote_minor(parcel(weight_g, "express"), RULES) == express


def test_above_fifty_kilograms_freight_has_to_be_asked_for() -> None:
    assert quote_minor(parcel(50_001), RULES) is None


@pytest.mark.parametrize(
    ("weight_g", "price"),
    [
        (0, 599),
        (50_001, 2799 + 599),
        (52_000, 2799 + 599),
        (52_001, 2799 + 899),
        (100_000, 2 * 2799),
    ],
)
def test_our_own_heavy_shipments_go_as_several(weight_g: int, price: int) -> None:
    assert cost_minor(parcel(weight_g), RULES) == price


@given(st.integers(1, 50_000), st.sampled_from(["standard", "express"]), st.booleans())
def test_what_can_be_quoted_costs_the_quote(weight_g: int, method: str, abroad: bool) -> None:  # noqa: FBT001 - drawn
    asked = parcel(weight_g, method, abroad=abroad, signature=True)

    assert cost_minor(asked, RULES) == quote_minor(asked, RULES)


def test_abroad_costs_twice_and_a_signature_three_more() -> None:
    assert quote_minor(parcel(1, abroad=True, signature=True), RULES) == 2 * 599 + 300


@pytest.mark.parametrize(
    ("method", "abroad", "order_minor", "pays"),
    [
        ("standard", False, 2_500, 0),
        ("standard", False, 2_499, 599),
        ("standard", False, None, 599),
        ("standard", True, 9_999, 599),
        ("express", False, 9_999, 599),
    ],
)
def test_domestic_standard_is_free_from_25(
    method: str, *, abroad: bool, order_minor: int | None, pays: int
) -> None:
    assert customer_pays_minor(599, parcel(1, method, abroad=abroad), order_minor, RULES) == pays


def test_the_catalogs_two_packages_cost_24_99() -> None:
    packages = (Package("a", 8_500, 60, 45, 35, ()), Package("b", 3_200, 40, 30, 20, ()))

    weight_g = chargeable_g(packages, RULES)

    assert weight_g == 18_900 + 4_800
    assert quote_minor(parcel(weight_g, "express"), RULES) == 2499


def test_the_default_item_weighs_by_its_volume() -> None:
    [package] = packed([Item("i", 3, "p")], "n", RULES)

    assert (package.weight_g, package.length_cm, package.width_cm, package.height_cm) == (
        1_500,
        20,
        15,
        30,
    )
    assert chargeable_g((package,), RULES) == 1_800


def test_a_query_is_priced_as_it_stands() -> None:
    query = QuoteShipping(
        destination=address(country="GB"),
        packages=(
            WirePackage(
                package_id="a",
                weight_kg=2.001,
                dimensions=Dimensions(length_cm=30, width_cm=20, height_cm=15.5),
            ),
        ),
        order_total=Money(amount_minor=50_000, currency="USD"),
    )

    standard, express = offers(query, TUESDAY_MS, RULES)

    assert (standard.shipping_method, express.shipping_method) == ("standard", "express")
    assert (
        standard.cost == standard.customer_pays == Money(amount_minor=2 * 899 + 300, currency="USD")
    )
    assert (standard.carrier, express.carrier) == ("FedEx", "FedEx")
    assert standard.estimated_delivery.isoformat() == "2026-03-16T18:00:00+00:00"
    assert express.estimated_delivery.isoformat() == "2026-03-12T14:00:00+00:00"


def test_domestic_standard_is_free_from_an_order_value_on() -> None:
    query = QuoteShipping(
        destination=address(),
        packages=(WirePackage(package_id="a", weight_kg=1),),
        order_total=Money(amount_minor=2_500, currency="EUR"),
    )

    assert [offer.customer_pays.amount_minor for offer in offers(query, TUESDAY_MS, RULES)] == [
        0,
        1299,
    ]


@pytest.mark.parametrize(("weight_kg", "price_minor"), [(2, 599), (2.0001, 899)])
def test_what_weighs_a_little_more_costs_what_the_next_gram_does(
    weight_kg: float, price_minor: int
) -> None:
    query = QuoteShipping(
        destination=address(), packages=(WirePackage(package_id="a", weight_kg=weight_kg),)
    )

    assert offers(query, TUESDAY_MS, RULES)[0].cost.amount_minor == price_minor


def test_what_no_parcel_takes_has_no_offer() -> None:
    query = QuoteShipping(
        destination=address(), packages=(WirePackage(package_id="a", weight_kg=50.1),)
    )

    assert offers(query, TUESDAY_MS, RULES) == ()


def test_a_package_without_a_size_weighs_what_it_weighs() -> None:
    query = QuoteShipping(
        destination=address(), packages=(WirePackage(package_id="a", weight_kg=0.1),)
    )

    assert [offer.cost.amount_minor for offer in offers(query, TUESDAY_MS, RULES)] == [599, 1299]


def test_what_is_large_and_light_is_offered_by_its_volume() -> None:
    large = WirePackage(
        package_id="a",
        weight_kg=1,
        dimensions=Dimensions(length_cm=100, width_cm=50, height_cm=49.5),
    )
    query = QuoteShipping(destination=address(), packages=(large,))

    assert [offer.cost.amount_minor for offer in offers(query, TUESDAY_MS, RULES)] == [2799, 3999]


def test_one_method_is_offered_where_one_is_asked_for_in_the_orders_currency() -> None:
    query = QuoteShipping(
        destination=address(),
        packages=(WirePackage(package_id="a", weight_kg=1),),
        shipping_method="express",
        order_total=Money(amount_minor=2_500, currency="EUR"),
    )

    [offer] = offers(query, TUESDAY_MS, RULES)

    assert (offer.shipping_method, offer.cost.currency) == ("express", "EUR")
    assert offer.customer_pays.currency == "EUR"


def test_what_no_carrier_takes_is_offered_without_one() -> None:
    nobody = ShippingRules(lane_abroad=())
    query = QuoteShipping(
        destination=address(country="GB"), packages=(WirePackage(package_id="a", weight_kg=1),)
    )

    assert [offer.carrier for offer in offers(query, TUESDAY_MS, nobody)] == [None, None]


def test_a_box_is_as_long_and_wide_as_the_largest_of_what_is_in_it() -> None:
    rules = ShippingRules(
        sizes={
            "pole": ItemSize(100, 90, 5, 5),
            "tray": ItemSize(100, 30, 40, 2),
            "air": ItemSize(0, 0, 0, 0),
        }
    )

    [box] = packed([Item("a", 1, "pole"), Item("b", 1, None, "tray")], "n", rules)
    [nothing] = packed([Item("a", 9, "air")], "n", rules)

    assert (box.length_cm, box.width_cm) == (90, 40)
    assert box.length_cm * box.width_cm * box.height_cm >= 90 * 5 * 5 + 30 * 40 * 2
    assert (nothing.weight_g, nothing.height_cm) == (0, 0)


HEAVY = ShippingRules(sizes={"stone": ItemSize(10_000), "safe": ItemSize(40_000)})


@pytest.mark.parametrize(
    ("items", "weights"),
    [
        ([("stone", 2)], [20_000]),
        ([("stone", 3)], [20_000, 10_000]),
        ([("safe", 2)], [40_000, 40_000]),
        ([("stone", 1), ("safe", 1), ("p", 1)], [10_000, 40_000, 500]),
        ([("stone", 2), ("p", 10)], [25_000]),
        ([("stone", 2), ("p", 11)], [25_000, 500]),
    ],
)
def test_packages_weigh_at_most_25_kilograms(
    items: list[tuple[str, int]], weights: list[int]
) -> None:
    packages = packed([Item(name, units, name) for name, units in items], "n", HEAVY)

    assert [package.weight_g for package in packages] == weights


@given(
    st.lists(
        st.tuples(st.sampled_from(["stone", "safe", "p"]), st.integers(1, 120)),
        min_size=1,
        max_size=6,
    )
)
def test_every_unit_is_packed_once(lines: list[tuple[str, int]]) -> None:
    items = [Item(f"i{n}", units, name) for n, (name, units) in enumerate(lines)]

    packages = packed(items, "n", HEAVY)

    for item in items:
        found = [
            one.quantity for box in packages for one in box.items if one.item_id == item.item_id
        ]
        assert sum(found) == item.quantity
        assert 0 not in found
    over = [box for box in packages if box.weight_g > HEAVY.package_g_max]
    assert all(sum(item.quantity for item in box.items) == 1 for box in over)
    assert len({box.package_id for box in packages}) == len(packages)
