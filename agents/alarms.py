"""Alarms: what services raised by themselves lately, to be looked at.

Reads AlertRaised wherever it lies; those on figures stand in `alerts` while they are open. Keeps
the newest, each once, up to a number a partition and to an age, with who saw to it: AlertResolved
of an operator. Publishes nothing.
"""

from typing import Final

from engine.specs import AgentSpec, Context, Delivery, Source, Table
from streams.alarms import is_a_services_own
from streams.alerts.raised import RaisedAlert, raised_of, resolved, standing
from streams.alerts.rules import AlertRules
from tables.pulse import RAISED, raised_key
from topics import ALERTS_EVENTS

_TICK_MS: Final = 60_000


def alarms_agent(rules: AlertRules) -> AgentSpec:
    """Declare the agent that keeps services' own alerts."""

    def on_raised(ctx: Context, delivery: Delivery) -> None:
        event = delivery.value.data
        if is_a_services_own(event):
            row = raised_of(event, delivery.record.timestamp)
            _keep(ctx.table(RAISED), row, rules.raised_max)

    def on_resolved(ctx: Context, delivery: Delivery) -> None:
        event, table = delivery.value.data, ctx.table(RAISED)
        for key, row in list(table.scan()):
            if row.alert_id == event.alert_id:
                table[key] = resolved(row, event, delivery.record.timestamp)

    def tick(ctx: Context, now_ms: int) -> None:
        table = ctx.table(RAISED)
        for key, _ in list(table.scan(raised_key(now_ms - rules.raised_kept_ms))):
            del table[key]

    return AgentSpec(
        name="alarms",
        help="Keeps the alerts that services raised by themselves lately.",
        sources=(Source(ALERTS_EVENTS, {"AlertRaised": on_raised, "AlertResolved": on_resolved}),),
        tables=(RAISED,),
        tick=tick,
        tick_every_ms=_TICK_MS,
    )


def _keep(table: Table[RaisedAlert], row: RaisedAlert, rows_max: int) -> None:
    """Keep an alert that is new, its id says whether it is; without room let the least go."""
    kept = dict(table.scan())
    if any(one.alert_id == row.alert_id for one in kept.values()):
        return
    key = raised_key(row.raised_at_ms, row.alert_id)
    table[key] = kept[key] = row
    for least in sorted(kept, key=lambda key: (standing(kept[key]), key))[rows_max:]:
        del table[least]
