"""The six factors of the scoring table (G-22), one function each.

Each gives its points with the reason in words, or None where its input is missing: a factor left
out is not a factor of 0 points.
"""

from typing import Final

import msgspec

from streams.fraud.payment import Payment
from streams.fraud.profile import RiskProfile, Velocity
from streams.fraud.rules import FraudRules
from streams.moments import MINUTE_MS

FACTORS: Final = (
    "customer_history",
    "device_fingerprint",
    "geolocation_mismatch",
    "shipping_billing_match",
    "order_amount",
    "velocity_check",
)
"""Every factor there is, in the order in which an assessment lists them."""


class Factor(msgspec.Struct, frozen=True, gc=False):
    """Points given, and why."""

    name: str
    points: int
    description: str


def past_orders(profile: RiskProfile, payment: Payment) -> int:
    """How many orders came before, by whoever counted more: the shop or this profile."""
    told = payment.previous_orders
    return profile.orders if told is None or told < profile.orders else told


def customer_history(
    profile: RiskProfile, payment: Payment, at_ms: int, rules: FraudRules
) -> Factor | None:
    """Score how old the account is, else how many orders came before; chargebacks on top.

    Missing: neither the shop nor the profile knows of orders, the account is old or of unknown
    age, and there was no chargeback.
    """
    points, description = _standing(profile, payment, at_ms, rules)
    if profile.chargebacks:
        points += rules.points_past_chargeback
        description = f"{description or 'Customer'}, with past chargebacks"
    return Factor("customer_history", points, description) if description else None


def _standing(
    profile: RiskProfile, payment: Payment, at_ms: int, rules: FraudRules
) -> tuple[int, str]:
    created = payment.account_created_at_ms
    if created is not None:
        age = at_ms - created
        if age < rules.account_fresh_ms:
            return rules.points_account_fresh, "Account created minutes ago"
        if age < rules.account_young_ms:
            return rules.points_account_young, "Account created within a day"
    orders = past_orders(profile, payment)
    if orders >= rules.orders_many_from:
        return rules.points_orders_many, f"Returning customer with {orders} previous orders"
    if orders >= rules.orders_some_from:
        return rules.points_orders_some, f"Customer with {orders} previous orders"
    if orders or payment.previous_orders is not None:
        return rules.points_orders_few, f"New customer with {orders} previous orders"
    return 0, ""


def device_fingerprint(profile: RiskProfile, payment: Payment, rules: FraudRules) -> Factor | None:
    """Score the device: known from fraud, first seen on this account, or known. Missing: no id."""
    device = payment.device_id
    if device is None:
        return None
    if device in rules.fraud_devices:
        return Factor("device_fingerprint", rules.points_device_fraud, "Device known from fraud")
    if device in profile.devices:
        return Factor("device_fingerprint", rules.points_device_known, "Known device")
    return Factor(
        "device_fingerprint", rules.points_device_first, "First time device used on this account"
    )


def geolocation_mismatch(payment: Payment, rules: FraudRules) -> Factor | None:
    """Score a network address that lies elsewhere than the billing address.

    Missing: either country is unknown. Regions are compared only where both are known.
    """
    seen, told = payment.ip_country, payment.country
    if seen is None or told is None:
        return None
    if seen != told:
        return Factor(
            "geolocation_mismatch",
            rules.points_other_country,
            f"IP geolocation ({seen}) does not match billing country ({told})",
        )
    seen, told = payment.ip_region, payment.region
    if seen and told and seen != told and seen.casefold() != told.casefold():
        return Factor(
            "geolocation_mismatch",
            rules.points_other_region,
            "IP geolocation does not match billing region",
        )
    return Factor("geolocation_mismatch", 0, "IP geolocation matches")


def shipping_billing_match(payment: Payment, rules: FraudRules) -> Factor | None:
    """Score a shipping address other than the billing address. Missing: either is unknown."""
    match = payment.addresses_match
    if match is None:
        return None
    if match:
        return Factor("shipping_billing_match", 0, "Shipping and billing addresses match")
    return Factor(
        "shipping_billing_match",
        rules.points_address_differs,
        "Shipping address differs from billing address",
    )


def order_amount(profile: RiskProfile, payment: Payment, rules: FraudRules) -> Factor | None:
    """Score a large amount without earlier orders, or one far above the customer's average.

    Missing: there were earlier orders, but the profile knows none of their amounts.
    """
    amount, known = payment.amount_minor, profile.orders
    if not known and past_orders(profile, payment):
        return None
    if amount < rules.amount_large_minor:
        return Factor("order_amount", 0, "Order amount is unremarkable")
    if not known:
        points, against = rules.points_amount_first, "is large for a first order"
    elif amount * known > rules.amount_average_times * profile.approved_minor:
        average = profile.approved_minor / known / 100
        points, against = rules.points_amount_unusual, f"is above customer average ({average:,.2f})"
    else:
        points, against = 0, "is usual for this customer"
    return Factor(
        "order_amount", points, f"Order amount ({payment.currency} {amount / 100:,.2f}) {against}"
    )


def velocity_check(velocity: Velocity, payment: Payment, rules: FraudRules) -> Factor | None:
    """Score how much the customer did lately.

    Missing: the network address is unknown and nothing else stands out; frequency cannot then be
    called normal.
    """
    if velocity.payments > rules.payments_normal_max or velocity.ips > rules.ips_normal_max:
        words = f"{velocity.payments} payments from {velocity.ips} addresses in the last hour"
        return Factor("velocity_check", rules.points_velocity_high, words)
    if velocity.cards >= rules.cards_many_from:
        words = f"{velocity.cards} cards in {rules.cards_window_ms // MINUTE_MS} minutes"
        return Factor("velocity_check", rules.points_cards_many, words)
    if payment.ip is None:
        return None
    return Factor("velocity_check", rules.points_velocity_normal, "Normal purchase frequency")
