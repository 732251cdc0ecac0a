"""What a run came to: figures, a table for people, one JSON object for programs."""

import json
from dataclasses import asdict, dataclass
from typing import Final

from rich.console import Console
from rich.table import Table

from simulator.ends import End
from simulator.latency import Stopwatch, percentile
from simulator.verdict import Verdict

CONFIRM_MS_MAX: Final = 2_000
"""Promised: 99 of 100 orders are answered faster than this."""
PAYMENT_MS_MAX: Final = 3_000
"""Promised: 99 of 100 payments that wait for nobody are taken faster than this."""

NOTIFICATION_MS_MAX: Final = 30_000
"""Promised: 99 of 100 notifications are with their provider faster than this."""


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one run. Times in ms are the broker's, as a nearest-rank percentile."""

    orders_placed: int
    paid: int
    """And delivered: an order whose goods are on their way is open. What came back later counts."""
    delivered: int
    """Parcels."""
    returned: int
    """Orders that came back."""
    exchanged: int
    """Orders that replaced what came back."""
    refunded: int
    """Refunds, those of cancelled orders included."""
    disputed: int
    notifications_sent: int
    notification_ms_p99: int | None
    """From being asked for until the provider took it."""
    subscriptions_renewed: int
    subscriptions_suspended: int
    cancelled: int
    failed: int
    open: int
    unexplained: int
    confirm_ms_p50: int | None
    confirm_ms_p99: int | None
    payment_ms_p50: int | None
    payment_ms_p99: int | None
    stock_violations: int
    money_difference_minor: int
    oracle_differences: int
    dead_letters: int
    seconds: float
    """From the first order to the last end."""
    orders_per_s: float
    """While they were placed."""
    worker_restarts: int
    seed: int

    def broken(self, *, timed: bool) -> list[str]:
        """Promises that were not kept, in words; those about time only where it was `timed`."""
        found = [
            f"{name} is {value}, must be 0"
            for name, value in (
                ("unexplained", self.unexplained),
                ("stock_violations", self.stock_violations),
                ("money_difference_minor", self.money_difference_minor),
                ("oracle_differences", self.oracle_differences),
            )
            if value
        ]
        for name, value, most in (
            ("confirm_ms_p99", self.confirm_ms_p99, CONFIRM_MS_MAX),
            ("payment_ms_p99", self.payment_ms_p99, PAYMENT_MS_MAX),
            ("notification_ms_p99", self.notification_ms_p99, NOTIFICATION_MS_MAX),
        ):
            if timed and value is not None and value >= most:
                found.append(f"{name} is {value}, must be below {most}")
        return found

    def line(self) -> str:
        """Everything as one JSON object on one line."""
        return json.dumps(asdict(self))


def report_of(
    verdict: Verdict,
    stopwatch: Stopwatch,
    *,
    seconds: float,
    placing_s: float,
    restarts: int,
    seed: int,
) -> Report:
    """Put the figures of a run together."""
    return Report(
        orders_placed=verdict.placed,
        paid=verdict.ends[End.PAID],
        delivered=verdict.delivered,
        returned=verdict.returned,
        exchanged=verdict.exchanged,
        refunded=verdict.refunded,
        disputed=verdict.disputed,
        notifications_sent=len(stopwatch.notification_ms),
        notification_ms_p99=percentile(stopwatch.notification_ms, 0.99),
        subscriptions_renewed=verdict.renewed,
        subscriptions_suspended=verdict.suspended,
        cancelled=verdict.ends[End.CANCELLED],
        failed=verdict.ends[End.FAILED],
        open=verdict.ends[End.OPEN],
        unexplained=verdict.unexplained,
        confirm_ms_p50=percentile(stopwatch.confirm_ms, 0.5),
        confirm_ms_p99=percentile(stopwatch.confirm_ms, 0.99),
        payment_ms_p50=percentile(stopwatch.payment_ms, 0.5),
        payment_ms_p99=percentile(stopwatch.payment_ms, 0.99),
        stock_violations=verdict.stock_violations,
        money_difference_minor=verdict.money_difference_minor,
        oracle_differences=verdict.differences,
        dead_letters=verdict.dead_letters,
        seconds=round(seconds, 2),
        orders_per_s=round(verdict.placed / placing_s, 1) if placing_s else 0.0,
        worker_restarts=restarts,
        seed=seed,
    )


def show(report: Report, verdict: Verdict, console: Console) -> None:
    """Print the figures for people."""
    table = Table(title="What came of it", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    reasons = ", ".join(f"{name} {count}" for name, count in sorted(verdict.reasons.items()))
    rows = (
        ("orders placed", report.orders_placed, f"{report.orders_per_s} a second"),
        ("paid", report.paid, f"{report.delivered} parcels delivered"),
        ("cancelled", report.cancelled, reasons),
        ("refused", report.failed, ""),
        ("still open", report.open, ""),
        ("confirmed after, ms", report.confirm_ms_p50, f"99 %: {report.confirm_ms_p99}"),
        ("paid after, ms", report.payment_ms_p50, f"99 %: {report.payment_ms_p99}"),
        ("returned", report.returned, f"{report.exchanged} exchanged"),
        ("refunded", report.refunded, ""),
        ("disputed", report.disputed, ""),
        ("subscriptions renewed", report.subscriptions_renewed, ""),
        ("subscriptions suspended", report.subscriptions_suspended, ""),
        ("notifications sent", report.notifications_sent, f"99 %: {report.notification_ms_p99} ms"),
        ("dead letters", report.dead_letters, f"{verdict.expected_letters} bad records sent"),
        ("money missing, minor units", report.money_difference_minor, ""),
        ("stock violations", report.stock_violations, ""),
        ("differences found by the judge", report.oracle_differences, ""),
        ("workers started again", report.worker_restarts, ""),
        ("seconds", report.seconds, ""),
    )
    for name, value, note in rows:
        table.add_row(name, str(value), note)
    console.print(table)
