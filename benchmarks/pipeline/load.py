"""Orders at a rate: made beforehand, so that while measuring they only have to be sent."""

import heapq
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from operator import attrgetter
from typing import Final, NamedTuple

from benchmarks.kafka import producer
from engine.partitioning import partition_of
from events.ids import derived_id
from events.registrations import UserSignedUpEvent
from events.subscriptions import SubscribeUser
from simulator.script import Script
from simulator.sending import Sent, sent
from simulator.settings import ShopSettings

STOCK_MIN: Final = 1_000_000
STOCK_MAX: Final = 1_500_000
CUSTOMERS_MANY: Final = 20_000
"""So many that nobody gets ten letters an hour: what waits for the next hour is not measured."""
ORDERS_A_SUBSCRIBER: Final = 100
LINGER_MS: Final = 1
TURN_S: Final = 0.002


class Due(NamedTuple):
    """A record and when to send it, in s after the start."""

    at_s: float
    order_id: bytes | None
    """None: no order."""
    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class Load:
    """One run of a shop where nothing goes wrong and nothing runs out."""

    def __init__(self, env: str, partitions: int, *, whole: bool = False) -> None:
        settings = replace(ShopSettings(), stock_min=STOCK_MIN, stock_max=STOCK_MAX).clean()
        if whole:
            settings = replace(settings, customers=CUSTOMERS_MANY)
        self._script = Script(settings, int(time.time() * 1000))
        self._env = env
        self._partitions = partitions

    def opening(self) -> list[Due]:
        """The stock."""
        return [self._due(0.0, step.sent) for step in self._script.opening()]

    def shelves(self) -> list[tuple[str, str]]:
        """Every product with a warehouse that has it."""
        found = {each.product_id: each.warehouse_id for each in self._script.catalogue.opening}
        return list(found.items())

    def orders(self, rate: float, count: int) -> list[Due]:
        """So many orders, evenly spread. Call it once: a script's orders are numbered from 0."""
        return [
            self._due(step.due_ms / 1000, step.sent) for step in self._script.orders(count, rate)
        ]

    def with_subscribers(self, orders: list[Due]) -> list[Due]:
        """The same with somebody who signs up, subscribes and pays after every hundred orders."""
        joining = [
            due
            for number, order in enumerate(orders[::ORDERS_A_SUBSCRIBER])
            for due in self._joins(f"usr_{self._script.planner.run}_{number:05d}", order.at_s)
        ]
        return list(heapq.merge(orders, joining, key=attrgetter("at_s")))

    def _joins(self, user_id: str, at_s: float) -> Iterator[Due]:
        email = f"{user_id}@example.com"
        yield self._said(
            UserSignedUpEvent(user_id=user_id, email=email, signup_method="email"), at_s
        )
        yield self._said(
            SubscribeUser(
                user_id=user_id,
                plan_id="plan_monthly_basic",
                payment_method_id="tok_visa",
                trial_period_days=0,
            ),
            at_s,
        )

    def _said(self, message: UserSignedUpEvent | SubscribeUser, at_s: float) -> Due:
        event_id = derived_id(message.user_id, message.name)
        return self._due(at_s, sent(message, event_id, self._script.start_ms))

    def _due(self, at_s: float, record: Sent) -> Due:
        stem = (record.stem or "").encode()
        key = None if record.key is None else record.key.encode()
        return Due(
            at_s,
            key if record.what == "PlaceOrder" else None,
            record.topic.format(env=self._env),
            partition_of(stem, self._partitions),
            key,
            record.value,
            list(record.headers),
        )


class Sender(threading.Thread):
    """Sends what is due, when it is due, and remembers when that was."""

    def __init__(self, bootstrap: str, dues: list[Due]) -> None:
        super().__init__(daemon=True)
        self._client = producer(bootstrap, LINGER_MS)
        self._dues = dues
        self.sent_s: dict[bytes, float] = {}
        """By order: when it was due, of `time.time`. Waiting to be sent counts as waiting."""
        self.late_s = 0.0
        """The most that sending fell behind."""

    def run(self) -> None:
        """Send everything."""
        started_s = time.time()
        for due in self._paced(started_s):
            if due.order_id is not None:
                self.sent_s[due.order_id] = started_s + due.at_s
            self._client.produce(due.topic, due.value, due.key, due.partition, headers=due.headers)
        self._client.flush()

    def _paced(self, started_s: float) -> Iterator[Due]:
        for due in self._dues:
            while (wait_s := started_s + due.at_s - time.time()) > 0:
                self._client.poll(0)
                time.sleep(min(wait_s, TURN_S) if wait_s > TURN_S else wait_s)
            self.late_s = max(self.late_s, -wait_s)
            yield due
