"""Workers that come, go and die while orders flow: nothing is lost and nothing happens twice."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain

import pytest

from tests.e2e.books import balanced
from tests.e2e.harness import Answer, Worker, Workers, until
from tests.e2e.heard import Ear
from tests.e2e.shop import Sender, line, order

pytestmark = [pytest.mark.own_broker, pytest.mark.slow]

PRODUCTS = tuple(f"prd_flow_{number}" for number in range(8))
UNITS = 100_000
PAUSE_S = 0.02
"""Between two orders: about fifty a second."""
ENDS_S_MAX = 120
TAKEOVER_S_MAX = 120
TOKEN = "let me in, and nobody who guesses"


@dataclass(slots=True)
class Flow:
    """Orders, two lines each, placed by a thread until it is stopped."""

    sender: Sender
    placed: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._place, name="flow")
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _place(self) -> None:
        while not self._stop.is_set():
            number = len(self.placed)
            lines = [line(PRODUCTS[(number + n) % len(PRODUCTS)], n) for n in (1, 2)]
            self.placed.append(self.sender.place(order("flow", *lines)))
            time.sleep(PAUSE_S)


@pytest.fixture(scope="module")
def team(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Workers of an environment of their own, in real time, with a token."""
    settings = {
        "broker": kafka,
        "env": "sit",
        "view_token": TOKEN,
        "session_timeout_s": "6",
    }
    workers = Workers(tmp_path_factory.mktemp("team"), settings, named=True)
    try:
        workers.start("ann", "bob")
        workers.settled()
        yield workers
    finally:
        workers.stop()


@pytest.fixture(scope="module")
def flow(team: Workers, kafka: str) -> Iterator[Flow]:
    sender = Sender(kafka, "sit")
    for product in PRODUCTS:
        sender.stock(product, UNITS)
    flowing = Flow(sender)
    try:
        flowing.start()
        yield flowing
    finally:
        flowing.stop()


@pytest.fixture(scope="module")
def sit(team: Workers, kafka: str) -> Iterator[Ear]:
    with Ear(kafka, "sit") as ear:
        yield ear


def until_ready(worker: Worker) -> list[Answer]:
    """What `/ready` answered until it said yes; its yes is the last."""
    told: list[Answer] = []

    def ready() -> bool:
        with suppress(OSError):
            told.append(worker.ask("/ready"))
        return bool(told) and told[-1].status == 200

    until(ready, TAKEOVER_S_MAX, f"{worker.name} is ready")
    return told


def until_more_are_paid(ear: Ear, flow: Flow) -> None:
    """Return once an order that was placed from now on is paid: the work goes on."""
    count = len(flow.placed)
    until(lambda: len(flow.placed) > count + 4, ENDS_S_MAX, "orders flow")
    for order_id in flow.placed[count : count + 4]:
        ear.until_said(order_id, "PaymentComplete", within_s=ENDS_S_MAX)


def test_two_workers_share_the_partitions(team: Workers) -> None:
    held = team.settled()

    assert sorted(p for partitions in held.values() for p in partitions) == [0, 1, 2, 3]
    assert {len(partitions) for partitions in held.values()} == {2}


def test_only_health_is_shown_to_those_without_the_token(team: Workers) -> None:
    worker = team.running[0]
    refused = [
        worker.ask(path, Authorization=shown)
        for path in ("/tables/", "/tables/orders/", "/metrics", "/nonsense")
        for shown in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x")
    ]

    for answer in refused:
        assert answer.status == 401
        assert answer.json["status"] == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert TOKEN not in answer.text
    assert worker.ask("/health", Authorization="").status == 200
    assert worker.ask("/ready", Authorization="").status == 200
    assert worker.ask("/tables/", Authorization=f"bearer {TOKEN}").status == 200
    assert worker.ask("/tables/", Host="shop.example").status == 200


def test_one_that_is_stopped_hands_its_work_over_and_takes_it_up_again(
    team: Workers, flow: Flow, sit: Ear
) -> None:
    until_more_are_paid(sit, flow)

    code = team.all["bob"].stop()

    assert code == 0
    assert team.settled(TAKEOVER_S_MAX) == {"ann": [0, 1, 2, 3]}
    until_more_are_paid(sit, flow)
    team.start("bob")
    assert len(team.settled(TAKEOVER_S_MAX)) == 2
    until_more_are_paid(sit, flow)


def test_one_that_is_killed_and_loses_its_disk_comes_back_with_its_tables(
    team: Workers, flow: Flow, sit: Ear
) -> None:
    before = set(flow.placed[:20])
    victim = team.all["ann"]

    victim.kill()
    victim.wipe()
    team.start("ann")

    team.settled(TAKEOVER_S_MAX)
    until_more_are_paid(sit, flow)
    found = {order_id for order_id in before if team.row("orders", order_id)}
    assert found == before


def test_a_third_takes_part_of_the_work(team: Workers, flow: Flow, sit: Ear) -> None:
    [cid] = team.start("cid")

    *not_yet, ready = until_ready(cid)
    held = team.settled(TAKEOVER_S_MAX)

    assert sorted(len(partitions) for partitions in held.values()) == [1, 1, 2]
    assert {answer.json["status"] for answer in not_yet} <= {503}
    assert all("recoveryRemaining" in answer.json for answer in not_yet)
    assert ready.json["partitions"], "it is not ready before it has joined the others"
    until_more_are_paid(sit, flow)


def test_one_that_is_killed_and_stays_away_is_replaced(team: Workers, flow: Flow, sit: Ear) -> None:
    team.all["bob"].kill()

    held = team.settled(TAKEOVER_S_MAX)

    assert set(held) == {"ann", "cid"}
    until_more_are_paid(sit, flow)


def test_in_the_end_every_order_is_paid_once_and_the_books_balance(
    team: Workers, flow: Flow, sit: Ear
) -> None:
    flow.stop()
    for order_id in flow.placed:
        sit.until_said(order_id, "PaymentComplete", within_s=ENDS_S_MAX)
    books = balanced(sit)

    assert {books.orders[order_id].end for order_id in flow.placed} == {"paid"}
    assert [str(letter) for letter in sit.letters()] == []
    sold = Counter[str]()
    for account in books.orders.values():
        sold.update(account.asked)
    for product in PRODUCTS:
        row = team.row("stock", product)
        assert row is not None
        [level] = row["levels"]
        assert (level["on_hand"], level["reserved"]) == (UNITS, sold[product])


def test_in_the_end_every_row_is_in_one_place(team: Workers, flow: Flow) -> None:
    def found() -> Counter[str]:
        return Counter(chain.from_iterable(map(paid_orders, team.running)))

    with suppress(AssertionError):  # The last parcels may still be booked.
        until(lambda: len(found()) == len(flow.placed), ENDS_S_MAX, "every order is paid")

    assert dict(found()) == dict.fromkeys(flow.placed, 1)


def paid_orders(worker: Worker) -> Iterator[str]:
    """The orders of the flow that this worker shows as paid, page by page."""
    after, more = "", True
    while more:
        page = worker.ask(f"/tables/orders/?limit=1000&prefix=ord_flow&after={after}").json
        yield from (r["key"] for r in page["rows"] if r["value"]["status"] == "processing")
        after, more = page["rows"][-1]["key"] if page["rows"] else "", page["more"]
