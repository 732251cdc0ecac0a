"""Puts one of the application's own commands on its topic."""

import time
import uuid
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from aiokafka import AIOKafkaProducer
from pydantic import ValidationError

import events
from commands.base import Command, CommandError, refuse_missing
from engine.partitioning import partition_of
from events.base import Message
from topics import topic_of

M = TypeVar("M", bound=Message)
P = ParamSpec("P")


def message_of(make: Callable[P, M], *args: P.args, **kwargs: P.kwargs) -> M:
    """Make a message of what was typed.

    Raises:
        CommandError: it cannot be sent; the text says why, field by field.
    """
    try:
        return make(*args, **kwargs)
    except ValidationError as wrong:
        why = "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in wrong.errors())
        raise CommandError(why) from None


async def send(desk: Command, message: Message) -> str:
    """Have it on its topic when this returns; gives the id it was sent under."""
    topology, topic = desk.app.lanes.topology, topic_of(type(message))
    key, event_id = events.key_of(message), str(uuid.uuid4())
    producer = AIOKafkaProducer(**desk.options_of_clients(), acks="all")
    await producer.start()
    try:
        name = topology.real_name(topic)
        refuse_missing([name], (await producer.client.fetch_all_metadata()).topics())
        await producer.send_and_wait(
            name,
            events.encode(
                message,
                event_id=event_id,
                timestamp=time.time_ns() // 1_000_000,
                correlation_id=event_id,
            ),
            key.encode(),
            partition=partition_of(topic.stem(key).encode(), topology.partitions_of(topic)),
            headers=events.headers(message, event_id),
        )
    finally:
        await producer.stop()
    return event_id
