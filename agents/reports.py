"""Stage two of the daily reports: all partitions' sums of a day become its report.

Reads the sums, keyed by family. Keeps those of days that not all partitions have told, and the
reports of `days_kept` days. Publishes OrderMetricsCalculated, once a day (ADR-013): when the
last partition has told the day, at or after 00:15. A partition that nobody runs holds the
report up; nothing is guessed. Days before the first that all have told have no report: a
partition began after them. What others told of them counts on that first day, as late.
"""

from typing import Final

import msgspec

from agents.wiring import Cause, announce
from engine.specs import AgentSpec, Context, Delivery, Handler, Source
from events.ids import derived_id
from streams.clock import Clock
from streams.metrics.counts import LATE, ORDERS
from streams.metrics.days import date_of, day_key
from streams.metrics.reports import REPORTS, calculated
from streams.metrics.rules import MetricsRules
from streams.moments import DAY_MS, moment_of
from streams.pulse.tally import Cell, Partial, Tally, merge
from tables.metrics import DAILY, DAILY_ORDERS, DAY_PARTS
from topics import METRICS, ORDERS_EVENTS

AGENT: Final = "reports"


def reports_agent(rules: MetricsRules, clock: Clock, *, partitions: int) -> AgentSpec:
    """Declare the agent that draws the reports: of a day once that many partitions told it."""
    return AgentSpec(
        name=AGENT,
        help="Draws each day's reports from the sums of all partitions.",
        sources=(Source(METRICS, {"Partial": _gathering(rules, clock, partitions)}),),
        tables=(DAY_PARTS, *DAILY.values()),
        outputs=(ORDERS_EVENTS,),
    )


def _gathering(rules: MetricsRules, clock: Clock, partitions: int) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        part = msgspec.convert(delivery.value, Partial, str_keys=True)
        day, rows = part.start_ms // DAY_MS, ctx.table(DAY_PARTS)
        rows[day_key(day, part.figure, f"{part.partition:05d}")] = part
        told = dict(rows.scan(day_key(day, part.figure, ""), day_key(day, part.figure, "~")))
        if len(told) < partitions:
            return
        early = {key: one for key, one in rows.scan("", day_key(day)) if one.figure == part.figure}
        for key in (*told, *early):
            del rows[key]
        late = [Tally(cells={LATE: Cell(one.seq)}) for one in early.values()]
        _report(ctx, part.figure, day, [*told.values(), *early.values(), *late], rules)
        if part.figure == ORDERS:
            _announce(ctx, day, delivery.record.timestamp, clock)

    return handler


def _report(
    ctx: Context, family: str, day: int, parts: list[Partial | Tally], rules: MetricsRules
) -> None:
    """Keep the day's report, and let the oldest go."""
    table = ctx.table(DAILY[family])
    table[date_of(day).isoformat()] = REPORTS[family](date_of(day), merge(parts, 0), rules)
    oldest = date_of(day - rules.days_kept).isoformat()
    for key in [key for key, _ in table.scan("", oldest)]:
        del table[key]


def _announce(ctx: Context, day: int, at_ms: int, clock: Clock) -> None:
    table = ctx.table(DAILY_ORDERS)
    row, before = (table.get(date_of(one).isoformat()) for one in (day, day - 1))
    assert row is not None, "the report was just kept"
    event = calculated(row, before, moment_of(clock.calendar_ms(at_ms)))
    cause = derived_id("report", event.report_id)
    announce(ctx, AGENT, Cause(cause, cause, at_ms), (event,))
