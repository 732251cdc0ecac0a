"""The alert rules as data: what each measures, on which figures, against which thresholds."""

from collections.abc import Iterator
from dataclasses import dataclass

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
from streams.alerts.rules import AlertRules
from streams.pulse.figures import gateway_errors
from streams.pulse.shipping import carrier_errors, label_successes


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert rule. It has a runbook of its name in docs/runbooks."""

    name: str
    family: str
    help: str
    unit: str
    measure: Measure
    warn: float
    critical: float
    below: bool = False
    """True: crossed when the value is below the threshold, else when it is above."""

    @property
    def runbook(self) -> str:
        """Where to read what to do."""
        return f"docs/runbooks/{self.name}.md"

    def crossed(self, value: float, threshold: float) -> bool:
        """Say whether a value is on the wrong side; on the threshold it is not."""
        return value < threshold if self.below else value > threshold


def catalogue(rules: AlertRules) -> tuple[Rule, ...]:
    """Give every rule, with its thresholds."""
    return (
        *_orders(rules),
        *_payments(rules),
        *_disputes(rules),
        *_risk(rules),
        *_inventory(rules),
        *_subscriptions(rules),
        *_shipping(rules),
        *_notifications(rules),
    )


def _orders(rules: AlertRules) -> Iterator[Rule]:
    yield Rule(
        "order_rate",
        "orders",
        "Few orders are created",
        "orders per minute",
        rate("confirmed"),
        rules.order_rate_warn,
        rules.order_rate_critical,
        below=True,
    )
    yield Rule(
        "order_latency",
        "orders",
        "Orders are confirmed late",
        "ms",
        slowness("latency", rules),
        rules.order_latency_warn,
        rules.order_latency_critical,
    )
    yield Rule(
        "order_errors",
        "orders",
        "Many orders are refused",
        "share",
        share(refusals, rules),
        rules.order_errors_warn,
        rules.order_errors_critical,
    )


def _payments(rules: AlertRules) -> Iterator[Rule]:
    yield Rule(
        "payment_rate",
        "payments",
        "Few payments are processed",
        "payments per minute",
        rate("confirmed"),
        rules.payment_rate_warn,
        rules.payment_rate_critical,
        below=True,
    )
    yield Rule(
        "payment_success",
        "payments",
        "Many payments fail at a provider",
        "share",
        share(provider_successes, rules),
        rules.payment_success_warn,
        rules.payment_success_critical,
        below=True,
    )
    yield Rule(
        "payment_latency",
        "payments",
        "Payments at a provider take long",
        "ms",
        slowness_by_subject("latency", rules),
        rules.payment_latency_warn,
        rules.payment_latency_critical,
    )
    yield Rule(
        "refund_latency",
        "payments",
        "Refunds take long",
        "ms",
        slowness("refund_latency", rules),
        rules.refund_latency_warn,
        rules.refund_latency_critical,
    )
    yield Rule(
        "gateway_errors",
        "payments",
        "A payment provider is in trouble",
        "share",
        share(gateway_errors, rules),
        rules.gateway_errors_warn,
        rules.gateway_errors_critical,
    )


def _disputes(rules: AlertRules) -> Iterator[Rule]:
    yield Rule(
        "disputes",
        "disputes",
        "Many payments are disputed",
        "share",
        month_disputes(rules),
        rules.disputes_warn,
        rules.disputes_critical,
    )


def _risk(rules: AlertRules) -> Iterator[Rule]:
    yield Rule(
        "fraud_check_latency",
        "risk",
        "Fraud checks take long",
        "ms",
        slowness("latency", rules),
        rules.fraud_check_warn,
        rules.fraud_check_critical,
    )


def _inventory(rules: AlertRules) -> Iterator[Rule]:
    yield Rule(
        "stock_checks",
        "inventory",
        "Unusually many stock checks",
        "checks per minute",
        rate("held", "short"),
        rules.stock_checks_warn,
        rules.stock_checks_critical,
    )
    yield Rule(
        "stock_check_latency",
        "inventory",
        "Stock is held late",
        "ms",
        slowness("latency", rules),
        rules.stock_check_latency_warn,
        rules.stock_check_latency_critical,
    )
    yield Rule(
        "stock_update_latency",
        "inventory",
        "Stock is updated late",
        "ms",
        slowness("update_latency", rules),
        rules.stock_update_latency_warn,
        rules.stock_update_latency_critical,
    )
    yield Rule(
        "low_stock",
        "stock",
        "Many items are below their reorder point",
        "items",
        state("low"),
        rules.low_stock_warn,
        rules.low_stock_critical,
    )


def _subscriptions(rules: AlertRules) -> Iterator[Rule]:
    yield Rule(
        "failed_cycles",
        "subscriptions",
        "Many renewals fail at their first charge",
        "share",
        failed_cycles(rules),
        rules.failed_cycles_warn,
        rules.failed_cycles_critical,
    )
    yield Rule(
        "past_due",
        "subscriptions",
        "Many subscriptions are not paid",
        "subscriptions",
        state("state|past_due", "state|grace"),
        rules.past_due_warn,
        rules.past_due_critical,
    )


def _shipping(rules: AlertRules) -> Iterator[Rule]:
    yield Rule(
        "label_success",
        "shipping",
        "A carrier takes few parcels",
        "share",
        share(label_successes, rules),
        rules.label_success_warn,
        rules.label_success_critical,
        below=True,
    )
    yield Rule(
        "carrier_latency",
        "shipping",
        "A carrier takes long to answer",
        "ms",
        slowness_by_subject("latency", rules),
        rules.carrier_latency_warn,
        rules.carrier_latency_critical,
    )
    yield Rule(
        "carrier_errors",
        "shipping",
        "A carrier is in trouble",
        "share",
        share(carrier_errors, rules),
        rules.carrier_errors_warn,
        rules.carrier_errors_critical,
    )
    yield Rule(
        "tracking_rate",
        "shipping",
        "Carriers tell little of their parcels",
        "scans per minute",
        rate("scan"),
        rules.tracking_rate_warn,
        rules.tracking_rate_critical,
        below=True,
    )
    yield Rule(
        "tracking_lag",
        "shipping",
        "Carriers tell late of their parcels",
        "ms",
        slowness("lag", rules),
        rules.tracking_lag_warn,
        rules.tracking_lag_critical,
    )


def _notifications(rules: AlertRules) -> Iterator[Rule]:
    yield Rule(
        "notification_latency",
        "notifications",
        "Messages are accepted late",
        "ms",
        slowness("latency", rules),
        rules.notification_latency_warn,
        rules.notification_latency_critical,
    )
    yield Rule(
        "notification_oldest",
        "notifications",
        "Messages wait for a provider that does not take them",
        "ms",
        slowness("waiting", rules),
        rules.notification_oldest_warn,
        rules.notification_oldest_critical,
    )
    yield Rule(
        "notification_depth",
        "letters",
        "Many messages wait for a provider",
        "messages",
        state("waiting"),
        rules.notification_depth_warn,
        rules.notification_depth_critical,
    )
    yield Rule(
        "notification_dead_letters",
        "notifications",
        "Messages were given up",
        "messages per minute",
        rate("dead"),
        rules.notification_dead_letters_warn,
        rules.notification_dead_letters_critical,
    )
