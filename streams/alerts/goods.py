"""Alert rules about goods, parcels and what customers are told of them."""

from collections.abc import Iterator

from streams.alerts.measures import rate, share, slowness, slowness_by_subject, state
from streams.alerts.rule import Rule
from streams.alerts.rules import AlertRules
from streams.pulse.shipping import carrier_errors, label_successes


def inventory(rules: AlertRules) -> Iterator[Rule]:
    """Stock is held and moved."""
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


def carriers(rules: AlertRules) -> Iterator[Rule]:
    """Those who take parcels."""
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


def tracking(rules: AlertRules) -> Iterator[Rule]:
    """What carriers tell of parcels."""
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


def notifications(rules: AlertRules) -> Iterator[Rule]:
    """Messages to customers."""
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
