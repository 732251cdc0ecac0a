"""Carriers and parcels."""

from observability.boards.queries import QUANTILES, lines, open_alerts
from observability.panels import Board, Panel, Query

SHIPPING = Board(
    "shipping",
    "shipping",
    "Do carriers take parcels, do they tell where those are, and do they arrive.",
    (
        Panel(
            "Labels by carrier",
            lines("shipping.label_success_share"),
            "Bookings that a carrier took. Alerts begin below 98 % and 95 %.",
            unit="percentunit",
        ),
        Panel(
            "Carriers' own errors",
            lines("shipping.carrier_error_share"),
            "Bookings without an answer, or with a carrier that is down. Alerts: 2 % and 5 %.",
            unit="percentunit",
        ),
        Panel(
            "Carrier latency",
            lines("shipping.carrier_ms", ".*p95"),
            "95th percentile, from the question to the answer. Alerts begin at 2 and 5 s.",
            unit="ms",
        ),
        Panel(
            "Scans a minute",
            lines("shipping.scans_per_minute"),
            "Tracking updates by carrier, told or asked for. Alerts begin below 50 and 10.",
            stacked=True,
        ),
        Panel(
            "Tracking lag",
            lines("shipping.lag_ms", QUANTILES),
            "From a scan to the carrier's word of it. Alerts begin at 15 minutes and 1 h.",
            unit="ms",
        ),
        Panel(
            "Deliveries a minute",
            lines("shipping.delivered_per_minute"),
            "Parcels at the door, on time or late.",
            stacked=True,
        ),
        Panel(
            "Failed attempts a minute",
            lines("shipping.failed_attempts_per_minute"),
            "Attempts to deliver that failed, by reason; LOST is a parcel nobody scanned for days.",
            stacked=True,
        ),
        Panel(
            "Quotes a minute",
            (Query("flowmart:quotes:per_minute", "quotes"),),
            "Answers to what shipping costs. Alerts begin below 10 and 2.",
        ),
        open_alerts("label_.*|carrier_.*|tracking_.*"),
    ),
)
