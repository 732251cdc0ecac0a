"""When a charge that failed is tried again, and when that is over (K4, G-42)."""

from typing import Final

from streams.billing.calendar import plus_days, run_ms
from streams.billing.rows import Invoice
from streams.billing.rules import BillingRules
from streams.moments import DAY_MS, day_of

_APART_MS: Final = DAY_MS // 2
"""A run that is nearer to a failed retry than this is passed over: runs are days apart."""


def retry_due_ms(invoice: Invoice, at_ms: int, rules: BillingRules) -> int:
    """When the charge is tried again, counted from its first failure; 0 when it is no more.

    A failure of a charge that the customer's new way to pay began uses up no retry. One that is
    overdue by now, or would follow within hours, as after an outage, comes a day after this at
    the earliest.
    """
    if invoice.retries >= len(rules.dunning_days):
        return 0
    first_day = day_of(invoice.first_failure_at_ms or at_ms)
    due_ms = run_ms(plus_days(first_day, rules.dunning_days[invoice.retries]), rules)
    soonest_ms = at_ms + _APART_MS if invoice.retries else at_ms
    return due_ms if due_ms > soonest_ms else run_ms(plus_days(day_of(at_ms), 2), rules)


def grace_due_ms(at_ms: int, rules: BillingRules) -> int:
    """When a grace that begins now ends. After the last retry that is day 14."""
    return run_ms(plus_days(day_of(at_ms), rules.grace_days), rules)
