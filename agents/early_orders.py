"""Messages that wait for their order: kept, handed on once it is placed, or buried (G-13)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from engine.dead_letters import SUFFIX, dead_letter
from engine.records import Record
from engine.specs import Context, Delivery, Timer, TimerHandler, TopicSpec
from streams.orders.early import EarlyMessage, OrderUnknown, kept
from streams.orders.rules import OrderRules
from tables.orders import EARLY_ORDERS
from topics import INVENTORY_EVENTS, ORDERS_COMMANDS, PAYMENTS_EVENTS

TIMER: Final = "early"

_SOURCES: Final = {spec.name: spec for spec in (ORDERS_COMMANDS, INVENTORY_EVENTS, PAYMENTS_EVENTS)}
_LETTERS: Final = {
    name: replace(spec, name=name + SUFFIX, partitions=1) for name, spec in _SOURCES.items()
}
LETTER_TOPICS: Final = tuple(_LETTERS.values())


def keep(
    ctx: Context, topic: TopicSpec, order_id: str, delivery: Delivery, rules: OrderRules
) -> None:
    """Have a message wait for its order.

    Raises:
        OrderUnknown: too many wait for it already.
    """
    table = ctx.table(EARLY_ORDERS)
    waiting = table.get(order_id)
    row = kept(waiting, order_id, _message(topic, delivery), rules)
    table[order_id] = row
    if waiting is None:
        ctx.set_timer(TIMER, order_id, row.due_ms)


def taken(ctx: Context, order_id: str) -> Iterator[tuple[str, Delivery]]:
    """Hand out what waited for an order, oldest first, by its topic; nothing waits any more."""
    table = ctx.table(EARLY_ORDERS)
    waiting = table.get(order_id)
    if waiting is None:
        return
    del table[order_id]
    ctx.cancel_timer(TIMER, order_id, waiting.due_ms)
    for message in waiting.messages:
        record = _record(message)
        name, value = _SOURCES[message.source].codec.decode(record, message.name)
        yield message.source, Delivery(record, name, value)


def burying(agent: str) -> TimerHandler:
    """Make the timer handler that puts what has waited too long among the dead letters."""

    def bury(ctx: Context, timer: Timer, _now_ms: int) -> None:
        table = ctx.table(EARLY_ORDERS)
        waiting = table.get(timer.key)
        if waiting is None or waiting.due_ms != timer.due_ms:
            return
        del table[timer.key]
        error = OrderUnknown(f"order {timer.key}: nobody has placed it")
        for message in waiting.messages:
            letter = dead_letter(_record(message), message.topic, agent, error)
            ctx.publish(
                _LETTERS[message.source],
                (message.key or b"").decode("utf-8", "replace"),
                message.value or b"",
                letter.headers,
            )

    return bury


def _message(topic: TopicSpec, delivery: Delivery) -> EarlyMessage:
    record = delivery.record
    return EarlyMessage(
        topic.name,
        delivery.name,
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        tuple(record.headers),
    )


def _record(message: EarlyMessage) -> Record:
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        timestamp=message.at_ms,
        timestamp_type=1,
        key=message.key,
        value=message.value,
        headers=message.headers,
    )
