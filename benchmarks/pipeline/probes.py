"""What is asked of the shop over HTTP while it is under load: a few orders, and its stock."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from itertools import cycle
from typing import Any, Final
from urllib.parse import urlsplit

from confluent_kafka import Message

from benchmarks.kafka import BenchmarkError, producer
from benchmarks.pipeline.load import LINGER_MS, Due
from benchmarks.pipeline.shop import ENV, PARTITIONS, Shop
from engine.partitioning import partition_of
from events.ids import derived_id
from events.inventory import AddInventory
from gateway.tokens import Issuer, Role
from simulator.sending import sent

API_A_S: Final = 2.0
"""Orders that are placed through the gateway, a second."""
API_CALLERS: Final = 10
"""Who place them, in turn: so many that none is late though each answer may take seconds."""
STOCK_EVERY_S: Final = 0.25
LOOK_EVERY_S: Final = 0.01
PRODUCTS: Final = 40
"""Products whose stock is changed and looked at, in turn."""
ANSWER_S: Final = 10.0


class Caller(threading.Thread):
    """Places orders through the gateway, as a service of a partner would."""

    def __init__(self, shop: Shop, dues: list[Due]) -> None:
        super().__init__(daemon=True)
        self._host = urlsplit(shop.api).netloc
        token = Issuer(shop.api_key).sign("svc_bench", [Role.SERVICE], ["orders:write"])
        self._headers = {
            "Authorization": f"Bearer {token}", "Content-Type": "application/json"
        }  # fmt: skip
        self._dues = dues
        self.sent_s: dict[bytes, float] = {}
        """By order: when it was due, of `time.time`."""
        self.late_s = 0.0
        """Nothing: a caller who waits for an answer is no measure of the load."""
        self.answered_ms: list[float] = []
        """How long each took until it was answered, from when it was due."""
        self.unconfirmed = 0
        """Answers that were not 201: refused, or not confirmed in two seconds."""

    def run(self) -> None:
        """Place all of them."""
        started_s = time.time()
        with closing(http.client.HTTPConnection(self._host, timeout=ANSWER_S)) as connection:
            for due in self._dues:
                time.sleep(max(0.0, started_s + due.at_s - time.time()))
                self._place(connection, due, started_s + due.at_s)

    def _place(self, connection: http.client.HTTPConnection, due: Due, due_s: float) -> None:
        assert due.order_id is not None, "only orders are placed through the gateway"
        body = json.dumps(json.loads(due.value or b"")["data"])
        self.sent_s[due.order_id] = due_s
        connection.request("POST", "/v1/orders", body, self._headers)
        with connection.getresponse() as answer:
            answer.read()
        self.answered_ms.append((time.time() - due_s) * 1000)
        self.unconfirmed += answer.status != HTTPStatus.CREATED


class StockProbe(threading.Thread):
    """Brings in a unit of a product and looks at its row in a worker's view until it is there."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(daemon=True)
        self._shelves = shop.load.shelves()[:PRODUCTS]
        self._client = producer(shop.bootstrap, LINGER_MS)
        self._hosts = cycle([urlsplit(url).netloc for url in shop.urls])
        self._headers = {"Authorization": f"Bearer {shop.view_token}"}
        self._done = threading.Event()
        self.seen_ms: list[float] = []
        """From when the broker had the change until a worker answered with it."""
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Go on until `finish`."""
        try:
            for number, shelf in enumerate(cycle(self._shelves)):
                if self._done.wait(STOCK_EVERY_S):
                    return
                self.seen_ms.append(self._one(number, *shelf))
        except (BenchmarkError, OSError, http.client.HTTPException) as failed:
            self.failure = failed

    def finish(self) -> None:
        """Stop, and return once it has.

        Raises:
            BenchmarkError: it could not go on to the end.
        """
        self._done.set()
        self.join()
        if self.failure is not None:
            raise BenchmarkError(f"the stock could not be looked at: {self.failure}")

    def _one(self, number: int, product_id: str, warehouse_id: str) -> float:
        with closing(http.client.HTTPConnection(next(self._hosts), timeout=ANSWER_S)) as worker:
            before = self._seen(worker, product_id, warehouse_id, other_than=None)
            changed_s = self._bring(number, product_id, warehouse_id)
            self._seen(worker, product_id, warehouse_id, other_than=before)
        return (time.time() - changed_s) * 1000

    def _seen(
        self,
        worker: http.client.HTTPConnection,
        product_id: str,
        warehouse_id: str,
        other_than: int | None,
    ) -> int:
        """Look until there are other units than that; a worker that is too busy is asked again."""
        deadline = time.monotonic() + ANSWER_S
        while True:
            worker.request("GET", f"/tables/stock/{product_id}", headers=self._headers)
            with worker.getresponse() as answer:
                body = answer.read()
            if answer.status == HTTPStatus.OK:
                units = on_hand(json.loads(body)["value"], warehouse_id)
                if units != other_than:
                    return units
            if time.monotonic() > deadline:
                raise BenchmarkError(f"{product_id}: {answer.status} {body[:200]!r}")
            time.sleep(LOOK_EVERY_S)

    def _bring(self, number: int, product_id: str, warehouse_id: str) -> float:
        """Have a unit come in; returns when the broker had the record, of `time.time`."""
        command = AddInventory(product_id=product_id, quantity=1, warehouse_id=warehouse_id)
        now_ms = round(time.time() * 1000)
        record = sent(command, derived_id("probe", str(now_ms), str(number)), now_ms)
        appended_s: list[float] = []
        self._client.produce(
            record.topic.format(env=ENV),
            record.value,
            product_id,
            partition_of(product_id.encode(), PARTITIONS),
            headers=list(record.headers),
            on_delivery=_noted(appended_s),
        )
        if self._client.flush(ANSWER_S) or not appended_s:
            raise BenchmarkError("the broker did not take a change of stock")
        return appended_s[0]


def _noted(appended_s: list[float]) -> Callable[[Any, Message], None]:
    def note(error: Any, message: Message) -> None:
        if error is None:
            appended_s.append(message.timestamp()[1] / 1000)

    return note


def on_hand(row: dict[str, Any], warehouse_id: str) -> int:
    """Units of a stock row in one warehouse."""
    return sum(
        level.get("on_hand", 0) for level in row["levels"] if level["warehouse_id"] == warehouse_id
    )
