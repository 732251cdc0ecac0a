"""Every figure of the payment service, with the contract's defaults."""

from dataclasses import dataclass

from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from streams.percents import insist


@dataclass(frozen=True, slots=True)
class PaymentRules:
    """Business figures of payments. Times are milliseconds, money minor units.

    Not here: «over 10 attempts a customer an hour» (domain §3). Payments are kept by payment,
    so no payment sees its customer's others. The figure belongs to Fraud, which is kept by
    customer and sees every session: it declines with the reason `rate_limited`, and the
    payment then fails with that failure reason, which is never retried.
    """

    attempts_max: int = 3
    """Charges tried for one payment (domain §3 Payment)."""
    retry_interval_ms: int = 10 * MINUTE_MS
    """Attempt n begins n - 1 times this after the first, or at once when that is past (G-16)."""
    session_ms: int = 15 * MINUTE_MS
    """How long fraud or the provider may owe an answer before it is asked again (domain §3)."""
    session_asks_max: int = 2
    """Times a fraud decision or a charge is asked for before its silence counts as a failure."""
    review_ms: int = 24 * HOUR_MS
    """How long a review may last (G-24)."""
    review_grace_ms: int = 5 * MINUTE_MS
    """Waited on top, because the review itself decides at 24 h: this timer is its backstop."""
    authorization_ms: int = 7 * DAY_MS
    """Age at which an authorisation that was never captured is let go (G-20)."""
    operation_retry_first_ms: int = 1 * MINUTE_MS
    """Wait before a capture, void or refund that the provider failed is asked again (G-17)."""
    operation_retry_second_ms: int = 5 * MINUTE_MS
    operation_retry_third_ms: int = 30 * MINUTE_MS
    """After the third repeat a person must look."""
    fee_basis_points: int = 290
    """The provider's share of an amount: 2.9 %."""
    fee_fixed_minor: int = 30
    """The provider's fee per payment, in minor units."""
    refund_days_customer: int = 5
    """Business days a refund is said to take when the customer cancelled (G-9)."""
    refund_days_system: int = 3
    """The same when the shop cancelled (G-9)."""
    refund_window_ms: int = 30 * DAY_MS
    """How long after the capture a refund may be asked for; a return has a window of its own,
    which Shipping minds (G-17, G-32)."""
    refund_look_ms: int = DAY_MS
    """How long after a provider took a refund on, and then each time, it is asked how it went."""
    refund_pending_ms: int = 30 * DAY_MS
    """Age at which a refund that is still under way is for a person; only the provider's word
    ends it."""
    approval_from_gbp_minor: int = 500_00
    """A refund worth more in pounds waits until somebody else approves it (G-17)."""
    approval_ms: int = 7 * DAY_MS
    """How long it waits; then it is cancelled (G-17)."""
    gbp_percent_per_usd: int = 79
    """What a dollar is worth for that limit, in hundredths of a pound (G-12)."""
    gbp_percent_per_eur: int = 86
    gbp_percent_per_cad: int = 58
    amendment_waived_minor: int = 50
    """A difference up to this after an amendment is neither charged nor given back (G-8)."""
    refurbished_percent: int = 10
    """Taken off the refund of goods that came back used (G-32)."""
    settlement_business_days: int = 2
    """Business days from the capture to the provider's payout: T+2 (G-20)."""
    settlement_day_ms: int = DAY_MS
    """How long such a day is: another length takes the calendar out of it."""
    reconciliation_minute: int = 120
    """Minute of the UTC day from which the day before is compared with the providers' books: 02:00
    (G-20). Nights are real ones: neither the time scale nor the calendar's rate moves them."""
    reconciliation_retry_ms: int = 30 * MINUTE_MS
    """How long an answer is waited for before a comparison is asked for again."""
    reconciliation_page_max: int = 100
    """Payments compared at once, by partition."""
    chargeback_fee_minor: int = 15_00
    """Kept by the provider whatever the outcome of a dispute (G-18)."""
    evidence_ms: int = 7 * DAY_MS
    """How long evidence may be handed in (G-18)."""
    evidence_retry_ms: int = 30 * MINUTE_MS
    """How long after a provider did not take evidence it is offered again."""
    verdict_ms: int = 90 * DAY_MS
    """How long the bank may take once it has the evidence; then a person must ask it."""
    early_ms: int = 10 * MINUTE_MS
    """How long news of a payment whose session is not open yet is kept (G-13)."""
    early_cancel_ms: int = 24 * HOUR_MS
    """How long a cancellation is, because forgetting it would charge a cancelled order (G-46)."""
    lines_max: int = 50
    """Lines of an order remembered before its session is open (G-10)."""
    currency_default: str = "USD"
    """Of a refund that names none, for a payment that nobody opened (domain: payments)."""
    provider_default: str = "stripe"
    """Who is asked first, and who answered when a provider's webhook does not say (G-19)."""

    gateway_tries_max: int = 3
    """Technical tries of one call to a provider (domain §3)."""
    gateway_backoff_s: float = 1.0
    """Wait between two of them, in seconds (domain §3). Peers keep real time: none of the
    gateway's figures follows the time scale."""
    gateway_call_s: float = 5.0
    """How long one call may take before its outcome counts as unknown, in seconds (G-6)."""
    breaker_errors_max: int = 5
    """Errors in a row after which a provider counts as down (G-19)."""
    breaker_share_max: float = 0.5
    """Or this share of the calls of one window (G-19)."""
    breaker_window_s: float = 60.0
    breaker_calls_min: int = 20
    """Calls of a window before their share says anything."""
    breaker_down_s: float = 30.0
    """After these seconds one call is let through to see whether the provider is back (G-19)."""

    def __post_init__(self) -> None:
        """Refuse to keep more of used goods' price than there is."""
        insist(refurbished_percent=self.refurbished_percent)

    @property
    def operation_retry_ms(self) -> tuple[int, int, int]:
        """The waits before an operation is asked again, in order."""
        return (
            self.operation_retry_first_ms,
            self.operation_retry_second_ms,
            self.operation_retry_third_ms,
        )

    def needs_approval(self, amount_minor: int, currency: str) -> bool:
        """Whether a refund is worth more than may go back without approval."""
        percents = {
            "USD": self.gbp_percent_per_usd,
            "EUR": self.gbp_percent_per_eur,
            "CAD": self.gbp_percent_per_cad,
        }
        return amount_minor * percents.get(currency, 100) > self.approval_from_gbp_minor * 100

    def fee_minor(self, amount_minor: int) -> int:
        """Give the processing fee, cut to whole minor units and never above the amount."""
        share = amount_minor * self.fee_basis_points // 10_000
        return min(amount_minor, share + self.fee_fixed_minor)
