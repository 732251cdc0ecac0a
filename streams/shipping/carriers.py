"""Which carriers may take a shipment, the best first (G-27)."""

from collections.abc import Sequence

from events.vocabulary import Carrier
from streams.shipping.rows import Package
from streams.shipping.rules import ANYWHERE, ShippingRules


def candidates(
    origin: str, destination: str, method: str, packages: Sequence[Package], rules: ShippingRules
) -> tuple[Carrier, ...]:
    """Carriers of the lane that take every package and keep the promise, the cheapest first.

    Ties go by the alphabet. When there is none, the fallback, where it serves the lane; else
    nobody, and a person takes over. Whether a carrier is down is seen when it is called.
    """
    lane = lane_of(origin, destination, rules)
    heaviest_g = max([package.weight_g for package in packages], default=0)
    fit = [
        carrier
        for carrier in lane
        if heaviest_g <= rules.package_g_limits.get(carrier, rules.package_g_limit)
        and _days(carrier, method, rules) <= _promise(method, rules)
    ]
    if not fit and rules.carrier_fallback in lane:
        return (rules.carrier_fallback,)
    return tuple(sorted(fit, key=lambda carrier: (rules.cost_percents.get(carrier, 100), carrier)))


def lane_of(origin: str, destination: str, rules: ShippingRules) -> tuple[Carrier, ...]:
    """Carriers between two countries."""
    if origin != destination:
        return rules.lane_abroad
    return rules.lanes.get(destination) or rules.lanes.get(ANYWHERE, ())


def _promise(method: str, rules: ShippingRules) -> int:
    return rules.express_days if method == "express" else rules.standard_days


def _days(carrier: str, method: str, rules: ShippingRules) -> int:
    return rules.carrier_days.get(f"{carrier} {method}", _promise(method, rules))
