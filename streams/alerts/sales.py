"""Alert rules about what is sold, and the money for it."""

from collections.abc import Iterator

from streams.alerts.measures import (
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


def orders(rules: AlertRules) -> Iterator[Rule]:
    """Orders are placed, confirmed and refused."""
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


def payments(rules: AlertRules) -> Iterator[Rule]:
    """Money comes in, and goes back."""
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
        "refund_latency",
        "payments",
        "Refunds take long",
        "ms",
        slowness("refund_latency", rules),
        rules.refund_latency_warn,
        rules.refund_latency_critical,
    )


def providers(rules: AlertRules) -> Iterator[Rule]:
    """Those who take payments."""
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
        "gateway_errors",
        "payments",
        "A payment provider is in trouble",
        "share",
        share(gateway_errors, rules),
        rules.gateway_errors_warn,
        rules.gateway_errors_critical,
    )


def disputes(rules: AlertRules) -> Iterator[Rule]:
    """Payments that customers take back through their bank."""
    yield Rule(
        "disputes",
        "disputes",
        "Many payments are disputed",
        "share",
        month_disputes(rules),
        rules.disputes_warn,
        rules.disputes_critical,
    )


def risk(rules: AlertRules) -> Iterator[Rule]:
    """Fraud checks."""
    yield Rule(
        "fraud_check_latency",
        "risk",
        "Fraud checks take long",
        "ms",
        slowness("latency", rules),
        rules.fraud_check_warn,
        rules.fraud_check_critical,
    )


def subscriptions(rules: AlertRules) -> Iterator[Rule]:
    """Renewals."""
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
