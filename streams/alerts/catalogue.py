"""The alert rules as data: what each measures, on which figures, against which thresholds."""

from streams.alerts import goods, sales
from streams.alerts.rule import Rule
from streams.alerts.rules import AlertRules


def catalogue(rules: AlertRules) -> tuple[Rule, ...]:
    """Give every rule, with its thresholds."""
    return (
        *sales.orders(rules),
        *sales.payments(rules),
        *sales.providers(rules),
        *sales.disputes(rules),
        *sales.risk(rules),
        *goods.inventory(rules),
        *sales.subscriptions(rules),
        *goods.carriers(rules),
        *goods.tracking(rules),
        *goods.notifications(rules),
    )
