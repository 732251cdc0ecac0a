"""Messages that were given up: among the dead letters of the queue, ready to be asked for again.

The letter is SendNotification under a key of its own, so that a replay is a new message and not
a repeat that the queue drops. It names the customer and no address: contacts may have changed.
"""

from dataclasses import replace
from typing import Final

import events
from agents.notifier_rows import AGENT
from engine.dead_letters import SUFFIX, dead_letter
from engine.records import Record
from engine.specs import Context, Delivery
from events.errors import FlowMartError
from streams.notifications.outcomes import again, asked_by
from streams.notifications.rows import Notification
from topics import NOTIFICATIONS_QUEUE

BURIED: Final = replace(NOTIFICATIONS_QUEUE, name=NOTIFICATIONS_QUEUE.name + SUFFIX, partitions=1)


class NotSent(FlowMartError):
    """A message was not sent, however often it was tried; at its end is what its provider said.

    Operator: look at the channel's provider, or at the template; then replay the letter.
    """


def bury(ctx: Context, row: Notification, delivery: Delivery) -> None:
    """Put a message among the dead letters."""
    command = again(row)
    record, name = delivery.record, _queue(ctx)
    value = events.encode(
        command,
        event_id=events.derived_id(row.cause_id, AGENT, command.idempotency_key),
        timestamp=record.timestamp,
        correlation_id=row.correlation_id,
        causation_id=asked_by(row),
    )
    original = Record(
        topic=name,
        partition=ctx.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        key=row.user_id.encode(),
        value=value,
        headers=tuple(events.headers(command, row.correlation_id)),
    )
    said = str((delivery.value.metadata or {}).get("text", "its channel paused"))
    error = NotSent(f"{row.notification_id}: {row.reason}, tries: {row.attempts}: {said}")
    ctx.publish(BURIED, row.user_id, value, dead_letter(original, name, AGENT, error).headers)


def _queue(ctx: Context) -> str:
    """The queue's name in this environment, in which an application's id ends."""
    return NOTIFICATIONS_QUEUE.name.format(env=ctx.app_id.rpartition("-")[2])
