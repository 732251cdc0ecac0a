"""Order volume."""

from observability.boards.queries import QUANTILES, lines, major_units, open_alerts
from observability.panels import Board, Panel

ORDERS = Board(
    "orders",
    "order volume",
    "Orders and revenue a minute, refusals, and how long a customer waits.",
    (
        Panel(
            "Orders a minute",
            lines("orders.confirmed_per_minute"),
            "Confirmed orders by currency.",
            stacked=True,
        ),
        Panel(
            "Revenue a minute",
            major_units("orders.revenue_minor_per_minute"),
            "Totals of confirmed orders, each in its own currency.",
        ),
        Panel(
            "Average order value",
            major_units("orders.value_minor_mean"),
            "Revenue by confirmed orders, each in its own currency.",
        ),
        Panel(
            "Order to confirmation",
            lines("orders.confirm_ms", QUANTILES),
            "From PlaceOrder to OrderConfirmed. The promise is 2 s, alerts begin at 2 and 5 s.",
            unit="ms",
        ),
        Panel(
            "Refused orders a minute",
            lines("orders.refused_per_minute"),
            "By reason.",
            stacked=True,
        ),
        Panel(
            "Share of refused orders",
            lines("orders.refused_share"),
            "Alerts begin at 1 % and 5 %.",
            unit="percentunit",
        ),
        Panel(
            "Cancelled orders a minute",
            lines("orders.cancelled_per_minute"),
            "By reason.",
            stacked=True,
        ),
        open_alerts("order_.*"),
    ),
)
