"""Payment gateway health."""

from observability.boards.queries import QUANTILES, lines, major_units, open_alerts
from observability.panels import Board, Panel

PAYMENTS = Board(
    "payments",
    "payment gateway health",
    "Success, declines and latency by provider; fraud decisions; refunds.",
    (
        Panel(
            "Success by provider",
            lines("payments.success_share"),
            "Attempts that a provider accepted. Alerts begin below 95 % and 90 %.",
            unit="percentunit",
        ),
        Panel(
            "Provider's own errors",
            lines("payments.gateway_error_share"),
            "Attempts that failed for the provider's trouble. Alerts begin at 2 % and 5 %.",
            unit="percentunit",
        ),
        Panel(
            "Payment latency",
            lines("payments.latency_ms", ".*p95"),
            "95th percentile, session to outcome, all and by provider. Alerts: 3 and 8 s.",
            unit="ms",
        ),
        Panel(
            "Payments a minute",
            lines("payments.confirmed_per_minute"),
            "Captured payments by provider.",
            stacked=True,
        ),
        Panel(
            "Declines a minute",
            lines("payments.failed_per_minute"),
            "Failed attempts by reason.",
            stacked=True,
        ),
        Panel(
            "Refunds a minute",
            lines("payments.refunds_per_minute"),
            "By currency.",
            stacked=True,
        ),
        Panel(
            "Refunded a minute",
            major_units("payments.refunded_minor_per_minute"),
            "Money returned, each in its own currency.",
        ),
        Panel(
            "Refund latency",
            lines("payments.refund_ms", QUANTILES),
            "Alerts begin at 5 and 15 s.",
            unit="ms",
        ),
        Panel(
            "Fraud check latency",
            lines("risk.check_ms", QUANTILES),
            "From PaymentInitiated to the decision. Alerts begin at 1 and 3 s.",
            unit="ms",
        ),
        Panel(
            "Fraud decisions a minute",
            lines("risk.decisions_per_minute"),
            "Approved, declined, or for a person to review.",
            stacked=True,
        ),
        Panel(
            "Mean risk score",
            lines("risk.score_mean"),
            "Of scored payments, 0 to 100.",
        ),
        Panel(
            "Risk scores",
            lines("risk.scores_per_minute"),
            "Payments a minute by raw score, ten points a bar.",
            kind="bargauge",
        ),
        Panel(
            "Disputed",
            lines("disputes.month_share"),
            "Of the payments of the last thirty days. Alerts begin above 0.75 % and 1 %.",
            unit="percentunit",
        ),
        open_alerts("payment_.*|gateway_.*|refund_.*|fraud_.*|disputes"),
    ),
)
