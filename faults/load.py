"""Payments at a steady rate, from a plain producer; every one of them tells what it asks for."""

import asyncio
import json
import random
import time
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from faults.processes import NotSo, until

ACCOUNTS: Final = 300
PRODUCTS: Final = 40
AMOUNT_MAX: Final = 500
RECENT: Final = 50
STEP_S: Final = 0.02
FLUSH_S_MAX: Final = 120.0
DELIVERY_MS: Final = 300_000
"""A record waits so long for a broker that is gone."""
ANSWER_MS: Final = 2_000
"""Its client may come back to a frozen node three times before it asks one that speaks."""
MALFORMED, REPEATED, RAISES, MISPLACED = 0.02, 0.10, 0.02, 0.3


def payment(number: int, chance: random.Random, do: str = "", payer: str = "") -> dict[str, Any]:
    """A payment of that number between two accounts."""
    return {
        "id": number,
        "payer": payer or f"a{chance.randrange(ACCOUNTS)}",
        "payee": f"a{chance.randrange(ACCOUNTS)}",
        "product": f"p{chance.randrange(PRODUCTS)}",
        "amount": chance.randint(1, AMOUNT_MAX),
        "do": do,
    }


def envelope(data: Any, kind: str = "Pay", version: Any = 1) -> bytes:
    """A payment as producers send it."""
    return json.dumps({"type": kind, "version": version, "data": data}).encode()


class Load:
    """Sends until stopped; some records are malformed, repeated, raise, or lie elsewhere."""

    def __init__(self, bootstrap: str, topic: str, partitions: int, rate: int, seed: int) -> None:
        self.misplaced = MISPLACED
        """Share of records that lie in another partition than their key's."""
        self._chance = random.Random(seed)
        self._topic, self._partitions, self._rate = topic, partitions, rate
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            request_timeout_ms=DELIVERY_MS,
            max_request_size=8 << 20,
        )
        # aiokafka has one figure for both; a frozen node is not waited for as long as for a return.
        self._producer.client._request_timeout_ms = ANSWER_MS
        self._recent: list[tuple[bytes, bytes]] = []
        self._task: asyncio.Task[None] | None = None
        self.sent = 0

    async def start(self) -> "Load":
        """Connect, and send from now on."""
        await self._producer.start()
        if self._rate:
            self._task = asyncio.create_task(self._run())
        return self

    async def _run(self) -> None:
        began, before = time.monotonic(), self.sent
        while True:
            due = int((time.monotonic() - began) * self._rate) - (self.sent - before)
            for _ in range(due):
                await self.send(*self._next())
            await asyncio.sleep(STEP_S)

    def _next(self) -> tuple[bytes, bytes]:
        chance, draw = self._chance, self._chance.random()
        if draw < MALFORMED:
            return b"bad", b"{malformed %d" % self.sent
        if draw < MALFORMED + REPEATED and self._recent:
            return chance.choice(self._recent)
        do = "raise" if draw > 1 - RAISES else ""
        made = payment(self.sent, chance, do)
        key, raw = made["payer"].encode(), envelope(made)
        self._recent = [*self._recent[-RECENT:], (key, raw)]
        return key, raw

    async def send(self, key: bytes | None, raw: bytes | None, at_ms: int | None = None) -> None:
        """Send one record; some lie where no hash of their key would put them."""
        place = None
        if self._chance.random() < self.misplaced:
            place = self._chance.randrange(self._partitions)
        await self._producer.send(self._topic, raw, key, partition=place, timestamp_ms=at_ms)
        self.sent += 1

    async def more(self, records: int) -> None:
        """Return when so many more have gone out."""
        goal = self.sent + records
        await until(f"{records} more records", lambda: self.sent >= goal, FLUSH_S_MAX)

    async def stop(self) -> int:
        """Send no more; returns how many records the broker has."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        await asyncio.wait_for(self._producer.stop(), FLUSH_S_MAX)
        if task is not None and not task.cancelled():
            raise NotSo(f"the load failed: {task.exception()!r}")
        return self.sent
