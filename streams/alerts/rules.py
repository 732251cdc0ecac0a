"""Every threshold of an alert, as a setting with the contract's figure; how long alerts are kept.

Pairs are warn and critical. Rates are per minute, shares 0 to 1, times milliseconds.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlertRules:
    """Thresholds, and how long one must be crossed, or left again, before anybody is told."""

    raised_kept_ms: int = 604_800_000
    """What services raised by themselves is listed for seven days; ours, no contract's."""

    raised_max: int = 100
    """So many of those are listed a partition: critical ones first, then the newest."""

    sustain_ms: int = 300_000
    """Contract: 5 minutes, both to raise and to resolve, so that an alert cannot flap (G-51)."""

    traffic_within_ms: int = 3_600_000
    """A rate that is too low counts only where there was traffic this recently."""

    samples_min: int = 10
    """A share or a quantile of fewer records says nothing."""

    percentile: int = 95
    """Latencies are judged at this percentile (G-52)."""

    order_rate_warn: float = 5
    order_rate_critical: float = 1
    """Orders: creation rate below."""

    order_latency_warn: float = 2_000
    order_latency_critical: float = 5_000
    """Orders: creation latency above; the promise is 2 s."""

    order_errors_warn: float = 0.01
    order_errors_critical: float = 0.05
    """Orders: share of refused orders above."""

    disputes_warn: float = 0.0075
    disputes_critical: float = 0.01
    """Payment: share of the last thirty days' payments that are disputed above (G-18)."""

    disputes_payments_min: int = 100
    """Fewer payments in thirty days say nothing about disputes."""

    payment_rate_warn: float = 5
    payment_rate_critical: float = 1
    """Payment: processed payments below."""

    payment_success_warn: float = 0.95
    payment_success_critical: float = 0.90
    """Payment: share of successful attempts below, by provider."""

    payment_latency_warn: float = 3_000
    payment_latency_critical: float = 8_000
    """Payment: latency above, by provider; the promise is 3 s."""

    refund_latency_warn: float = 5_000
    refund_latency_critical: float = 15_000
    """Payment: refund latency above."""

    gateway_errors_warn: float = 0.02
    gateway_errors_critical: float = 0.05
    """Payment: share of attempts that the provider's trouble failed above, by provider."""

    fraud_check_latency_warn: float = 1_000
    fraud_check_latency_critical: float = 3_000
    """Payment: fraud check latency above."""

    stock_checks_warn: float = 1_000
    stock_checks_critical: float = 5_000
    """Inventory: availability checks above."""

    stock_check_latency_warn: float = 100
    stock_check_latency_critical: float = 500
    """Inventory: check latency above; the promise is 1 s."""

    stock_update_latency_warn: float = 200
    stock_update_latency_critical: float = 1_000
    """Inventory: update latency above."""

    low_stock_warn: float = 50
    low_stock_critical: float = 100
    """Inventory: items below their reorder point above."""

    failed_cycles_warn: float = 0.05
    failed_cycles_critical: float = 0.10
    """Subscriptions: share of a day's billing cycles whose first charge failed above. The
    contract has 5 %, and no second threshold."""

    past_due_warn: float = 50
    past_due_critical: float = 100
    """Subscriptions: those past due or in grace above. The contract has no figure."""

    label_success_warn: float = 0.98
    label_success_critical: float = 0.95
    """Shipping: share of bookings that a carrier took below, by carrier."""

    carrier_latency_warn: float = 2_000
    carrier_latency_critical: float = 5_000
    """Shipping: a carrier's time to answer above, by carrier."""

    carrier_errors_warn: float = 0.02
    carrier_errors_critical: float = 0.05
    """Shipping: share of bookings that the carrier's own trouble failed above, by carrier."""

    tracking_rate_warn: float = 50
    tracking_rate_critical: float = 10
    """Shipping: tracking updates below."""

    tracking_lag_warn: float = 900_000
    tracking_lag_critical: float = 3_600_000
    """Shipping: from a scan to the carrier's word of it above: 15 minutes and an hour."""

    notification_latency_warn: float = 30_000
    notification_latency_critical: float = 300_000
    """Notification: time until a provider accepts above; the promise is 30 s."""

    notification_oldest_warn: float = 60_000
    notification_oldest_critical: float = 300_000
    """Notification: age of messages that no provider accepts above; the contract says 5 min."""

    notification_depth_warn: float = 10_000
    notification_depth_critical: float = 50_000
    """Notification: messages that wait for a provider above."""

    notification_dead_letters_warn: float = 0
    notification_dead_letters_critical: float = 10
    """Notification: messages given up above, a minute; the contract asks for a word at any."""
