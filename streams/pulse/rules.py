"""What can be set about the real-time figures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PulseRules:
    """The figures' windows, bounds and promises."""

    window_ms: int = 60_000
    """Figures are per minute (G-51)."""

    grace_ms: int = 120_000
    """How far behind the newest record of its topic partition a record may come and still count.

    Brokers that stamp records themselves (LogAppendTime) never need it; producers' clocks do.
    """

    kept_ms: int = 600_000
    """How long a partition keeps its windows after their end."""

    figures_kept_ms: int = 7_200_000
    """How long global windows stay after the newest one; Prometheus keeps figures for longer."""

    settle_s: float = 5
    """How long after its end a window is taken for whole: partial tallies travel once a second."""

    products_tracked: int = 200
    """Products counted per partition and window; with more, counts become lower bounds."""

    products_ranked: int = 1_000
    """The same over all partitions."""

    order_promise_s: float = 2
    """An order is confirmed sooner than this (seed promise, G-52)."""

    payment_promise_s: float = 3
    """A payment is processed sooner than this (seed promise, G-52)."""

    notification_promise_s: float = 30
    """A provider accepts a message sooner than this (seed promise, G-52)."""

    stock_promise_s: float = 1
    """Stock is held and visible sooner than this (seed promise «real-time», G-52)."""
