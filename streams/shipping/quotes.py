"""What shipping costs (G-26). Weights are grams, money is minor units of any currency."""

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Final

import msgspec

from events.shipping import QuoteShipping
from events.shipping_parts import Package as WirePackage
from events.shipping_parts import ShippingOffer
from events.types import Money
from events.vocabulary import ShippingMethod
from streams.moments import moment_of
from streams.shipping.calendar import eta_ms
from streams.shipping.carriers import candidates
from streams.shipping.packing import volume_of
from streams.shipping.rows import Package
from streams.shipping.rules import Bands, ShippingRules

METHODS: Final[tuple[ShippingMethod, ...]] = ("standard", "express")


class Parcel(msgspec.Struct, frozen=True, gc=False):
    """What is to be sent, as far as it matters to the price."""

    chargeable_g: int
    method: str
    abroad: bool
    signature: bool = False


def chargeable_g(packages: Iterable[Package], rules: ShippingRules) -> int:
    """The weight that is paid for: of each package its own or its volume's, rounded up."""
    return sum([_chargeable_g(package, rules) for package in packages])


def quote_minor(parcel: Parcel, rules: ShippingRules) -> int | None:
    """What it costs; None: too heavy for the table, so freight has to be asked for."""
    price = _band_minor(parcel.chargeable_g, _bands(parcel.method, rules))
    return None if price is None else _with_extras(price, parcel, rules)


def cost_minor(parcel: Parcel, rules: ShippingRules) -> int:
    """What a shipment of ours costs: beyond the table it goes as several of its heaviest."""
    bands = _bands(parcel.method, rules)
    heaviest_g, heaviest_minor = bands[-1]
    full, rest_g = divmod(max(0, parcel.chargeable_g - 1), heaviest_g)
    rest_minor = _band_minor(rest_g + 1, bands)
    assert rest_minor is not None, "what is left is below the heaviest band"
    return _with_extras(full * heaviest_minor + rest_minor, parcel, rules)


def offers(query: QuoteShipping, at_ms: int, rules: ShippingRules) -> tuple[ShippingOffer, ...]:
    """Say what each method that was asked for costs if it is sent now, the standard one first.

    None at all: it is too heavy for the table, so freight has to be asked for.
    """
    asked = METHODS if query.shipping_method is None else (query.shipping_method,)
    found = [_offer(query, method, at_ms, rules) for method in asked]
    return tuple([offer for offer in found if offer is not None])


def _offer(
    query: QuoteShipping, method: ShippingMethod, at_ms: int, rules: ShippingRules
) -> ShippingOffer | None:
    packages = tuple([_package(package) for package in query.packages])
    parcel = _parcel_of(query, method, packages, rules)
    quoted_minor = quote_minor(parcel, rules)
    if quoted_minor is None:
        return None
    total = query.order_total
    currency = "USD" if total is None else total.currency
    order_minor = None if total is None else total.amount_minor
    pays_minor = customer_pays_minor(quoted_minor, parcel, order_minor, rules)
    carriers = candidates(rules.country_default, query.destination.country, method, packages, rules)
    return ShippingOffer(
        shipping_method=method,
        carrier=carriers[0] if carriers else None,
        cost=Money(amount_minor=quoted_minor, currency=currency),
        customer_pays=Money(amount_minor=pays_minor, currency=currency),
        estimated_delivery=moment_of(eta_ms(at_ms, method, rules)),
    )


def _parcel_of(
    query: QuoteShipping, method: ShippingMethod, packages: Sequence[Package], rules: ShippingRules
) -> Parcel:
    """What a query asks the price of, sent from where most warehouses stand."""
    total = query.order_total
    return Parcel(
        chargeable_g(packages, rules),
        method,
        abroad=query.destination.country != rules.country_default,
        signature=total is not None and total.amount_minor >= rules.signature_from_minor,
    )


def customer_pays_minor(
    quoted_minor: int, parcel: Parcel, order_minor: int | None, rules: ShippingRules
) -> int:
    """The quote, or nothing: domestic standard is free from an order value on."""
    free = parcel.method == "standard" and not parcel.abroad
    if free and order_minor is not None and order_minor >= rules.free_from_minor:
        return 0
    return quoted_minor


def _package(package: WirePackage) -> Package:
    """A package of the wire in whole grams and centimetres, rounded up: never undercharged."""
    size = package.dimensions
    sides = (0, 0, 0) if size is None else (size.length_cm, size.width_cm, size.height_cm)
    length, width, height = [ceil(side) for side in sides]
    return Package(
        package.package_id, ceil(round(package.weight_kg * 1000, 6)), length, width, height, ()
    )


def _chargeable_g(package: Package, rules: ShippingRules) -> int:
    by_volume = -(-volume_of(package) * 1000 // rules.volume_divisor)
    return max(package.weight_g, by_volume)


def _bands(method: str, rules: ShippingRules) -> Bands:
    return rules.express_bands if method == "express" else rules.standard_bands


def _band_minor(weight_g: int, bands: Sequence[tuple[int, int]]) -> int | None:
    for up_to_g, price_minor in bands:
        if weight_g <= up_to_g:
            return price_minor
    return None


def _with_extras(price_minor: int, parcel: Parcel, rules: ShippingRules) -> int:
    if parcel.abroad:
        price_minor *= rules.international_factor
    return price_minor + (rules.signature_minor if parcel.signature else 0)
