"""Messages that wait for their order: kept, handed on once it is placed, or buried (G-13)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from engine.dead_letters import SUFFIX, dead_letter
from engine.records import Record
from engine.specs import Context, Delivery, Timer, TopicSpec
from streams.orders.early import EarlyMessage, OrderUnknown, kept
from streams.orders.rules import OrderRules
from tables.orders import EARLY_ORDERS
from topics import INVENTORY_EVENTS, ORDERS_COMMANDS, PAYMENTS_EVENTS, SHIPPING_EVENTS

AGENT: Final = "orders"
TIMER: Final = "early"

_SOURCES: Final = {
    spec.name: spec
    for spec in (ORDERS_COMMANDS, INVENTORY_EVENTS, PAYMENTS_EVENTS, SHIPPING_EVENTS)
}
_LETTERS: Final = {
    name: replace(spec, name=name + SUFFIX, partitions=1) for name, spec in _SOURCES.items()
}
LETTER_TOPICS: Final = tuple(_LETTERS.values())


def keep(
    ctx: Context, topic: TopicSpec, order_id: str, delivery: Delivery, rules: OrderRules
) -> None:
    """Have a message wait for its order, or bury it when there is no room."""
    table = ctx.table(EARLY_ORDERS)
    waiting = table.get(order_id)
    message = _message(topic, delivery)
    row = kept(waiting, message, rules)
    if row is None:
        _bury(ctx, message, OrderUnknown(f"order {order_id}: too much waits for it already"))
        return
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


def give_up(ctx: Context, timer: Timer, _now_ms: int) -> None:
    """Bury what has waited too long: the timer's handler."""
    table = ctx.table(EARLY_ORDERS)
    waiting = table.get(timer.key)
    if waiting is None or waiting.due_ms != timer.due_ms:
        return
    del table[timer.key]
    for message in waiting.messages:
        _bury(ctx, message, OrderUnknown(f"order {timer.key}: nobody has placed it"))


def _bury(ctx: Context, message: EarlyMessage, error: OrderUnknown) -> None:
    """Put a message among the dead letters of its topic, just as the engine would."""
    letter = dead_letter(_record(message), message.topic, AGENT, error)
    key = (message.key or b"").decode("utf-8", "replace")
    ctx.publish(_LETTERS[message.source], key, message.value or b"", letter.headers)


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
        key=message.key,
        value=message.value,
        headers=message.headers,
    )
