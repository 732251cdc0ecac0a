"""Customer experience."""

from observability.boards.queries import figure, lines, open_alerts, raised_alerts
from observability.panels import Board, Panel, Query

CUSTOMERS = Board(
    "customers",
    "customer experience",
    "What a customer feels: does the order go through, how fast, and is the promise kept.",
    (
        Panel(
            "Checkout success",
            (Query(f"1 - {figure('orders.refused_share', per='figure')}", "orders accepted"),),
            "Orders that were not refused.",
            unit="percentunit",
        ),
        Panel(
            "Order to confirmation, p95",
            lines("orders.confirm_ms", "p95"),
            "The promise is 2 s.",
            unit="ms",
        ),
        Panel(
            "Payment, p95",
            lines("payments.latency_ms", "p95"),
            "The promise is 3 s.",
            unit="ms",
        ),
        Panel(
            "Within the promise",
            (
                Query(figure("orders.in_promise_share", per="figure"), "orders in 2 s"),
                Query(figure("payments.in_promise_share", per="figure"), "payments in 3 s"),
                Query(figure("inventory.in_promise_share", per="figure"), "stock in 1 s"),
            ),
            "Share of the last whole minute.",
            unit="percentunit",
        ),
        Panel(
            "Promise budget used",
            (Query("flowmart:promise_budget_used:ratio30d", "{{promise}}"),),
            "Over 30 days. Alerts at 50, 75 and 90 %.",
            unit="percentunit",
        ),
        Panel(
            "Payments that succeed",
            lines("payments.success_share", "all"),
            "Of all attempts, any provider.",
            unit="percentunit",
        ),
        Panel(
            "Cancelled orders a minute",
            lines("orders.cancelled_per_minute"),
            "By reason.",
            stacked=True,
        ),
        Panel(
            "Refund rate",
            (
                Query(
                    f"sum({figure('payments.refunds_per_minute')})"
                    f" / sum({figure('orders.confirmed_per_minute')} > 0)",
                    "refunds by orders",
                ),
            ),
            "Refunds of the last whole minute by its orders.",
            unit="percentunit",
        ),
        Panel(
            "Delivered on time",
            (Query(figure("shipping.on_time_share", per="figure"), "parcels on time"),),
            "Parcels of the last whole minute that came when they were promised.",
            unit="percentunit",
        ),
        Panel(
            "Notifications, p99",
            lines("notifications.latency_ms", ".*p99"),
            "From an event to the provider's yes, by channel. The promise is 30 s.",
            unit="ms",
        ),
        open_alerts(".*"),
        raised_alerts(),
    ),
)
