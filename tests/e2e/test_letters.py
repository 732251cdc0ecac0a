"""Letters on real Kafka: each once though workers die on the way; and a customer who is erased."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import pytest
from confluent_kafka import Consumer, TopicPartition

from broker import Broker
from tests.e2e.harness import Workers, faust, until
from tests.e2e.heard import Ear
from tests.e2e.shop import Sender, line, order

pytestmark = [pytest.mark.own_broker, pytest.mark.slow]

TOKEN, PERSONAL = "let me in, and nobody who guesses", "all of it, and to nobody who guesses"
PRODUCT = "prd_lettered"
ORDERS: Final = 24
SENT_S_MAX, TAKEOVER_S_MAX = 120, 120
MAILS = {
    "order-confirmed",
    "payment-processed",
    "shipment-created",
    "shipment-dispatched",
    "shipment-delivered",
}


@pytest.fixture(scope="module")
def kafka() -> Iterator[str]:
    """A broker of these tests' own: nobody else's records are counted."""
    with Broker() as broker:
        yield broker.bootstrap


@pytest.fixture(scope="module")
def team(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Workers of an environment of their own, in real time."""
    settings = {
        "broker": kafka,
        "env": "sit",
        "view_token": TOKEN,
        "personal_token": PERSONAL,
        "session_timeout_s": "6",
        "erasure__settle_ms": "1000",
    }
    workers = Workers(tmp_path_factory.mktemp("letters"), settings, named=True)
    try:
        workers.start("one", "two")
        workers.settled()
        yield workers
    finally:
        workers.stop()


def request(number: int) -> dict[str, Any]:
    """An order of somebody whose every trace begins with their name."""
    asked = order("lettered", line(PRODUCT))
    name = str(asked["userId"])
    return asked | {
        "customer": {"customerId": name, "email": f"{name}@example.com", "phone": "+442071838750"},
        "shippingAddress": asked["shippingAddress"] | {"line1": f"{number} {name} Lane"},
        "risk": {"deviceId": f"device_{name}", "previousOrders": 20},
    }


def letters(team: Workers, customer: str, token: str = PERSONAL) -> list[dict[str, Any]]:
    """What lies in the outbox for a customer."""
    answer = team.running[0].answered(
        f"/outbox/?limit=100&customer={customer}", Authorization=f"Bearer {token}"
    )
    assert answer.status == 200, answer.text
    return list(answer.json["letters"])


def deliver(sender: Sender, order_id: str) -> None:
    for status in ("shipped", "in_transit", "delivered"):
        sender.send_raw(
            "shipping.{env}.commands",
            {
                "eventId": f"{order_id}-{status}",
                "eventType": "UpdateShipmentStatus",
                "eventVersion": "1.0.0",
                "timestamp": "2026-01-01T00:00:00.000Z",
                "source": "test",
                "data": {"shipmentId": f"shp_{order_id}", "status": status},
            },
            f"shp_{order_id}",
            {"eventType": "UpdateShipmentStatus"},
        )


@pytest.fixture(scope="module")
def told(team: Workers, kafka: str) -> dict[str, dict[str, Any]]:
    """Orders that went all the way while workers were killed and came back, by customer."""
    sender = Sender(kafka, "sit")
    sender.stock(PRODUCT, 1_000)
    until(lambda: team.row("stock", PRODUCT), SENT_S_MAX, "the goods are in stock")
    placed = {}
    with Ear(kafka, "sit") as ear:
        for number in range(ORDERS):
            asked = request(number)
            placed[str(asked["userId"])] = asked
            sender.place(asked)
            if number % 8 == 4:
                victim = list(team.all.values())[number // 8 % 2]
                victim.kill()
                victim.start()
                team.settled(TAKEOVER_S_MAX)
        for asked in placed.values():
            ear.until_said(str(asked["orderId"]), "ShipmentCreated", within_s=SENT_S_MAX)
            deliver(sender, str(asked["orderId"]))
        team.all["two"].kill()
        team.all["two"].start()
        for asked in placed.values():
            ear.until_said(str(asked["orderId"]), "ShipmentDelivered", within_s=SENT_S_MAX)
        team.settled(TAKEOVER_S_MAX)
    return placed


def test_every_letter_of_an_order_is_in_the_outbox_once(team: Workers, told: dict) -> None:
    def mailed(customer: str) -> list[str]:
        found = letters(team, customer)
        return [one["templateId"] for one in found if one["channel"] == "EMAIL"]

    for customer in told:
        until(lambda who=customer: set(mailed(who)) >= MAILS, SENT_S_MAX, f"{customer} is told")

    assert {who: Counter(mailed(who)) for who in told} == {who: Counter(MAILS) for who in told}


def test_no_provider_took_anything_twice(kafka: str, told: dict) -> None:
    """As a reader of committed records sees it, whatever was tried by workers that died."""
    with Ear(kafka, "sit") as ear:

        def sent() -> Counter[str]:
            told = [said.data for said in ear.everything if said.name == "NotificationSent"]
            return Counter(data["notificationId"] for data in told)

        ear.until(lambda: len(sent()) >= ORDERS * len(MAILS), "all letters are read", SENT_S_MAX)
        ear.until_quiet()

    assert {name: count for name, count in sent().items() if count > 1} == {}


def test_letters_are_listed_and_read_with_addresses_masked(team: Workers, told: dict) -> None:
    customer = next(iter(told))
    wanted = {"worker_url": team.running[0].url}

    listed = faust("outbox", "--customer", customer, "--json", view_token=TOKEN, **wanted)
    first = json.loads(listed.stdout.splitlines()[0])
    shown = faust("outbox", "show", first["notificationId"], view_token=TOKEN, **wanted)
    whole = faust("outbox", "show", first["notificationId"], personal_token=PERSONAL, **wanted)

    assert first["to"] == ["c***@***"]
    assert shown.stdout.startswith("To: c***@***\nSubject: ")
    assert whole.stdout.startswith(f"To: {customer}@example.com\n")


def test_an_erased_customer_is_in_no_row_and_no_log(team: Workers, kafka: str, told: dict) -> None:
    gone, stays = list(told)[:2]
    assert traces(kafka, gone)

    asked = faust(
        "erase", gone, "--by", "support", broker=kafka, env="sit",
        view_token=TOKEN, worker_url=team.running[0].url,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert "rows erased" in asked.stdout
    row = until(
        lambda: (found := team.row("erasures", gone)) and found.get("erased_at_ms") and found,
        SENT_S_MAX,
        "the erasure ends",
    )

    assert row["rows"] > 5
    assert traces(kafka, gone) == {}
    assert traces(kafka, stays)
    assert team.row("orders", str(told[gone]["orderId"]))["total_minor"] == 2_000
    assert all("@example.com" not in worker.log.read_text() for worker in team.all.values())


def traces(kafka: str, customer: str) -> dict[bytes, bytes]:
    """Rows of the changelog, the newest of each key, that tell where a customer is reached."""
    words = [f"{customer}@example.com".encode(), f"{customer} Lane".encode()]
    words.append(f'device_{customer}"'.encode())
    rows = _changelog(kafka)
    return {key: row for key, row in rows.items() if any(word in key + row for word in words)}


def _changelog(kafka: str) -> dict[bytes, bytes]:
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": "traces", "isolation.level": "read_committed"}
    )
    topic = "flowmart-sit-changelog"
    places = [
        TopicPartition(topic, p, 0) for p in consumer.list_topics(topic).topics[topic].partitions
    ]
    ends = {p.partition: consumer.get_watermark_offsets(p)[1] for p in places}
    consumer.assign(places)
    rows: dict[bytes, bytes] = {}
    while any(p.offset < ends[p.partition] for p in consumer.position(places) if p.offset >= 0) or (
        any(p.offset < 0 and ends[p.partition] for p in consumer.position(places))
    ):
        for record in consumer.consume(5_000, 0.2):
            if record.value() is None:
                rows.pop(record.key(), None)
            else:
                rows[record.key()] = record.value()
    consumer.close()
    return rows
