"""The alert rules as data: by family of figures, what each measures and how it is told."""

from functools import partial
from typing import Final, NamedTuple

from streams.alerts.measures import (
    Measure,
    failed_cycles,
    month_disputes,
    provider_successes,
    rate,
    refusals,
    share,
    slowness,
    slowness_by_subject,
    state,
)
from streams.alerts.rule import Rule
from streams.alerts.rules import AlertRules
from streams.pulse.figures import gateway_errors
from streams.pulse.shipping import carrier_errors, label_successes

BELOW: Final = True
"""Crossed when the value is below the threshold, else when it is above."""


class _Row(NamedTuple):
    name: str
    measure: Measure
    unit: str
    help: str
    below: bool = False


_ROWS: Final[dict[str, tuple[_Row, ...]]] = {
    "orders": (
        _Row("order_rate", rate("confirmed"), "orders per minute", "Few orders are created", BELOW),
        _Row("order_latency", slowness("latency"), "ms", "Orders are confirmed late"),
        _Row("order_errors", share(refusals), "share", "Many orders are refused"),
    ),
    "payments": (
        _Row(
            "payment_rate",
            rate("confirmed"),
            "payments per minute",
            "Few payments are processed",
            BELOW,
        ),
        _Row("refund_latency", slowness("refund_latency"), "ms", "Refunds take long"),
        _Row(
            "payment_success",
            share(provider_successes),
            "share",
            "Many payments fail at a provider",
            BELOW,
        ),
        _Row(
            "payment_latency",
            slowness_by_subject,
            "ms",
            "Payments at a provider take long",
        ),
        _Row("gateway_errors", share(gateway_errors), "share", "A payment provider is in trouble"),
    ),
    "disputes": (_Row("disputes", month_disputes, "share", "Many payments are disputed"),),
    "risk": (_Row("fraud_check_latency", slowness("latency"), "ms", "Fraud checks take long"),),
    "inventory": (
        _Row(
            "stock_checks",
            rate("held", "short"),
            "checks per minute",
            "Unusually many stock checks",
        ),
        _Row("stock_check_latency", slowness("latency"), "ms", "Stock is held late"),
        _Row("stock_update_latency", slowness("update_latency"), "ms", "Stock is updated late"),
    ),
    "stock": (
        _Row("low_stock", state("low"), "items", "Many items are below their reorder point"),
    ),
    "subscriptions": (
        _Row("failed_cycles", failed_cycles, "share", "Many renewals fail at their first charge"),
        _Row(
            "past_due",
            state("state|past_due", "state|grace"),
            "subscriptions",
            "Many subscriptions are not paid",
        ),
    ),
    "shipping": (
        _Row(
            "label_success", share(label_successes), "share", "A carrier takes few parcels", BELOW
        ),
        _Row(
            "carrier_latency",
            slowness_by_subject,
            "ms",
            "A carrier takes long to answer",
        ),
        _Row("carrier_errors", share(carrier_errors), "share", "A carrier is in trouble"),
        _Row(
            "tracking_rate",
            rate("scan"),
            "scans per minute",
            "Carriers tell little of their parcels",
            BELOW,
        ),
        _Row("tracking_lag", slowness("lag"), "ms", "Carriers tell late of their parcels"),
    ),
    "notifications": (
        _Row("notification_latency", slowness("latency"), "ms", "Messages are accepted late"),
        _Row(
            "notification_oldest",
            slowness("waiting"),
            "ms",
            "Messages wait for a provider that does not take them",
        ),
        _Row(
            "notification_dead_letters",
            rate("dead"),
            "messages per minute",
            "Messages were given up",
        ),
    ),
    "letters": (
        _Row(
            "notification_depth", state("waiting"), "messages", "Many messages wait for a provider"
        ),
    ),
}


def catalogue(rules: AlertRules) -> tuple[Rule, ...]:
    """Give every rule, with the thresholds that are set under its name."""
    return tuple(
        [
            Rule(
                row.name,
                family,
                row.help,
                row.unit,
                partial(row.measure, rules),
                getattr(rules, f"{row.name}_warn"),
                getattr(rules, f"{row.name}_critical"),
                row.below,
            )
            for family, rows in _ROWS.items()
            for row in rows
        ]
    )
