"""Subscriptions' figures: each is a setting, with the contract's default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from events.vocabulary import MethodType
from streams.billing.rules import BillingRules
from streams.clock import TRUE, Clock
from streams.orders.rules import OrderRules
from streams.percents import insist
from streams.subscriptions.plans import PLANS, PlanSpec


@dataclass(frozen=True, slots=True)
class SubscriptionRules:
    """What Subscriptions may be told otherwise by its settings. Days are days of the calendar."""

    plans: Mapping[str, PlanSpec] = field(default_factory=lambda: MappingProxyType(PLANS))
    """What can be subscribed to, by planId (G-39). A setting takes the place of all of them: a
    plan that somebody has must stay, or the timers of its subscriptions fail."""
    method_type: MethodType = "credit_card"
    """What a paymentMethodId stands for that came without a word about its kind."""
    discounts_percent: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"SAVE10": 10, "ENTERPRISE20": 20})
    )
    """Discount codes and what they take off, in percent (G-12)."""
    discount_cycles: int = 1
    """Invoices that a discount code lowers."""
    winback_percent: int = 10
    """Taken off the first invoice of a customer who comes back (G-44)."""
    goods_percent: int = 10
    """Taken off goods by Subscribe & Save (G-39)."""
    pause_days_max: int = 90
    """A pause lasts 1 to this many days (G-43); as long as that if nobody says until when."""
    offer_percent: int = 25
    """The save offer (G-43)."""
    offer_percent_new: int = 10
    """The save offer to a subscription younger than `offer_tenure_days` (G-43)."""
    offer_tenure_days: int = 90
    offer_age_days: int = 30
    """A younger subscription is not offered anything (G-43)."""
    offer_again_days: int = 180
    """Nor is one that was offered something this many days ago or less (G-43)."""
    offer_valid_days: int = 7
    """How long an offer stands, of 24 hours; silence lets the cancellation go through (G-43)."""
    offer_cycles: int = 2
    """Invoices that an accepted offer lowers (G-43)."""
    usage_review_days: int = 90
    """How often a renewal points to the next higher plan (flow SubscriptionRenewed)."""
    reactivation: bool = False
    """True: a suspended subscription can come back; False: it is cancelled at once (K5, G-42)."""
    reactivation_days: int = 30
    """How long it can (G-44)."""

    def __post_init__(self) -> None:
        """Refuse a discount of more than everything."""
        insist(
            discounts_percent=self.discounts_percent,
            winback_percent=self.winback_percent,
            goods_percent=self.goods_percent,
            offer_percent=self.offer_percent,
            offer_percent_new=self.offer_percent_new,
        )


class Rules(NamedTuple):
    """The figures of both services: one agent is both."""

    own: SubscriptionRules
    billing: BillingRules
    orders: OrderRules = OrderRules()
    """Where Orders sends goods, and how large an order may be (G-10)."""
    clock: Clock = TRUE
    """Only the agent asks it: all times of `streams.subscriptions` are the calendar's."""
