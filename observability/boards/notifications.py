"""Notifications: how fast, how many, and what waits."""

from observability.boards.queries import figure, lines, open_alerts
from observability.panels import Board, Panel, Query

NOTIFICATIONS = Board(
    "notifications",
    "notifications",
    "Are customers told, how soon, and by which channel; what waits and what was given up.",
    (
        Panel(
            "Accepted messages a minute",
            lines("notifications.sent_per_minute"),
            "By channel: what a provider, or the embedded outbox, took.",
            stacked=True,
        ),
        Panel(
            "From the event to the provider's yes",
            lines("notifications.latency_ms"),
            "By channel and quantile. The promise is 30 s.",
            unit="ms",
        ),
        Panel(
            "Within the promise",
            (Query(figure("notifications.in_promise_share", per="figure"), "accepted in 30 s"),),
            "Share of the last whole minute.",
            unit="percentunit",
        ),
        Panel(
            "Messages that wait for a provider",
            (Query(figure("letters.waiting", per="figure"), "messages"),),
            "Now, over all channels.",
        ),
        Panel(
            "Age of messages whose tries fail",
            lines("notifications.waiting_ms"),
            "Each tells it at every try.",
            unit="ms",
        ),
        Panel(
            "Given up, and never tried",
            (
                *lines("notifications.given_up_per_minute"),
                *lines("notifications.suppressed_per_minute"),
            ),
            "By reason. What was given up is among the dead letters of the queue.",
        ),
        open_alerts("notification_.*"),
    ),
)
