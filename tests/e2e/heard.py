"""An outsider's ear on the topics: everything that was committed, in the order of each partition.

It reads with confluent-kafka and plain JSON, so it shares no code with the application.
"""

import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Self, TypeVar

from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient

T = TypeVar("T")

POLL_S: Final = 0.1
POLL_RECORDS: Final = 2_000
WAIT_S_MAX: Final = 120.0
QUIET_S: Final = 1.5
FIND_S: Final = 60.0


@dataclass(frozen=True, eq=False)
class Said:
    """One record."""

    topic: str
    partition: int
    offset: int
    at_ms: int
    key: str | None
    raw: bytes | None
    headers: dict[str, str]

    @cached_property
    def value(self) -> dict[str, Any]:
        """The envelope; empty when the record is not a JSON object."""
        try:
            value = json.loads(self.raw or b"")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def name(self) -> str:
        """The message's name."""
        return str(self.value.get("eventType", ""))

    @property
    def data(self) -> dict[str, Any]:
        """The message itself."""
        data = self.value.get("data", {})
        return data if isinstance(data, dict) else {}

    @cached_property
    def order_id(self) -> str:
        """The order that it is about, or nothing."""
        data = self.data
        named = data.get("orderId") or data.get("triggeredByOrderId")
        payment = str(data.get("paymentId", "")).removeprefix("pay_")
        return str(named or payment or str(data.get("reservationId", "")).rpartition(":")[0])

    def __str__(self) -> str:
        spot = f"{self.topic}-{self.partition}@{self.offset}"
        return f"{spot} {self.key} {json.dumps(self.data)[:200]} {self.name}"


@dataclass(slots=True)
class Ear:
    """Listens to every public topic of one environment from its beginning until it is closed."""

    bootstrap: str
    env: str
    everything: list[Said] = field(default_factory=list)
    by_order: dict[str, list[Said]] = field(default_factory=lambda: defaultdict(list))
    _news: threading.Condition = field(default_factory=threading.Condition)
    _closing: threading.Event = field(default_factory=threading.Event)
    _heard_s: float = 0.0
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "ear",
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 50,
            }
        )
        consumer.assign([TopicPartition(t, p, 0) for t, p in self._partitions()])
        self._heard_s = time.monotonic()
        self._thread = threading.Thread(target=self._listen, args=(consumer,), name="ear")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        assert self._thread is not None
        self._thread.join()

    def _partitions(self) -> Iterable[tuple[str, int]]:
        """Every partition of `<domain>.<env>.*`; the application's inner topics begin otherwise."""
        public = re.compile(rf"[a-z]+\.{self.env}\.(events|commands|queue)(\.dlq)?")
        topics = AdminClient({"bootstrap.servers": self.bootstrap}).list_topics(timeout=FIND_S)
        for name, topic in topics.topics.items():
            if public.fullmatch(name):
                yield from ((name, number) for number in topic.partitions)

    def _listen(self, consumer: Consumer) -> None:
        while not self._closing.is_set():
            records = [m for m in consumer.consume(POLL_RECORDS, POLL_S) if m.error() is None]
            if not records:
                continue
            with self._news:
                for said in map(_said, records):
                    self.everything.append(said)
                    if said.order_id and not said.topic.endswith(".dlq"):
                        self.by_order[said.order_id].append(said)
                self._heard_s = time.monotonic()
                self._news.notify_all()
        consumer.close()

    # -- looking

    def of(self, order_id: str, domain: str = "", *names: str) -> list[Said]:
        """What was said of an order, on topics of that domain, under those names."""
        found = self.by_order.get(order_id, [])
        return [
            said
            for said in found
            if said.topic.startswith(domain) and (not names or said.name in names)
        ]

    def letters(self) -> list[Said]:
        """Every dead letter."""
        return [said for said in self.everything if said.topic.endswith(".dlq")]

    # -- waiting

    def until(self, true: Callable[[], T], what: str, within_s: float = WAIT_S_MAX) -> T:
        """What `true` gives once it is true; it is tried whenever something was heard.

        Raises:
            AssertionError: it was not within that time.
        """
        with self._news:
            found = true()
            deadline = time.monotonic() + within_s
            while not found:
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"not within {within_s:.0f} s: {what}"
                self._news.wait(left_s)
                found = true()
            return found

    def until_said(self, order_id: str, *names: str, within_s: float = WAIT_S_MAX) -> Said:
        """The first record of one of these names about an order."""

        def said() -> Said | None:
            return next(iter(self.of(order_id, "", *names)), None)

        try:
            return self.until(said, f"{' or '.join(names)} of {order_id}", within_s)
        except AssertionError as error:
            story = "\n".join(map(str, self.of(order_id))) or "nothing was said of it"
            raise AssertionError(f"{error}\n{story}") from None

    def until_quiet(self, quiet_s: float = QUIET_S) -> None:
        """Return once nothing was heard for a while."""
        while (left_s := self._heard_s + quiet_s - time.monotonic()) > 0:
            time.sleep(left_s)


def _said(record: Message) -> Said:
    key = record.key()
    return Said(
        topic=record.topic() or "",
        partition=record.partition() or 0,
        offset=record.offset() or 0,
        at_ms=record.timestamp()[1],
        key=None if key is None else key.decode(errors="replace"),
        raw=record.value(),
        headers={k: (v or b"").decode(errors="replace") for k, v in record.headers() or ()},
    )
