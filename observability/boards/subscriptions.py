"""Subscriptions and their billing."""

from observability.boards.queries import lines, open_alerts
from observability.panels import Board, Panel

SUBSCRIPTIONS = Board(
    "subscriptions",
    "subscriptions",
    "Who subscribes, who owes, and how the newest billing day went.",
    (
        Panel(
            "Subscriptions by state",
            lines("subscriptions.by_state"),
            "Those that have not ended. Alerts on past due and grace begin at 50 and 100.",
            stacked=True,
        ),
        Panel(
            "Failed cycles",
            lines("subscriptions.failed_cycle_share"),
            "Cycles of the newest billing day whose first charge failed. Alerts: 5 % and 10 %.",
            unit="percentunit",
        ),
        open_alerts("failed_cycles|past_due"),
    ),
)
