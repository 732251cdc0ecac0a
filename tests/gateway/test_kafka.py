"""What the gateway hears."""

import asyncio
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError

import engine.confirmed
import gateway.kafka
from events.orders import CancelOrder
from gateway.__main__ import _serve, issuer_of
from gateway.kafka import Commands, Events, NotAccepted, hear
from settings import Settings
from wire.traceparent import span_in

SENT_BY = "import gateway.kafka, aiokafka.client as c; print(c.AIOKafkaClient.send.__module__)"
GOOD = ([("eventType", b"OrderConfirmed")], b"ord_1", b"{}")


@pytest.mark.parametrize(
    ("headers", "key", "value", "told"),
    [
        (*GOOD, True),
        ([], b"k", b"{}", False),
        ([("other", b"x")], b"k", b"{}", False),
        ([("eventType", None)], b"k", b"{}", False),
        (GOOD[0], None, b"{}", False),
        (GOOD[0], b"k", None, False),
        ([("eventType", b"\xff")], b"\xff", b"{}", True),
    ],
)
def test_a_record_of_another_form_says_nothing(
    headers: Any, key: Any, value: Any, *, told: bool
) -> None:
    heard: list[Any] = []
    hear(headers, key, value, lambda *event: heard.append(event))
    assert bool(heard) is told


def test_the_gateway_waits_for_a_node_that_froze_no_longer_than_workers_do() -> None:
    told = subprocess.run([sys.executable, "-c", SENT_BY], capture_output=True, check=True)

    assert told.stdout.decode().strip() == "engine.patches"


class Client:
    """The first fails when asked and when stopped, the second finds no broker, the third serves."""

    made = 0
    stopped = 0

    def __init__(self, *_: Any, **__: Any) -> None:
        Client.made += 1
        self._number = Client.made

    async def start(self) -> None:
        if self._number == 2:
            raise KafkaConnectionError

    async def stop(self) -> None:
        Client.stopped += 1
        if self._number == 1:
            raise KafkaError

    def subscribe(self, topics: tuple[str, ...]) -> None:
        assert topics == ("t",)

    async def getmany(self, **_: Any) -> dict[str, list[Any]]:
        await asyncio.sleep(0)
        if self._number == 1:
            raise KafkaError
        headers, key, value = GOOD
        return {"t": [SimpleNamespace(headers=headers, key=key, value=value)]}


@pytest.fixture
def _clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.kafka, "AIOKafkaConsumer", Client)
    monkeypatch.setattr(gateway.kafka, "_AGAIN_S", 0)
    monkeypatch.setattr(Client, "made", 0)
    monkeypatch.setattr(Client, "stopped", 0)


@pytest.mark.usefixtures("_clients")
async def test_a_failure_of_kafka_does_not_make_the_gateway_deaf() -> None:
    heard = asyncio.Event()
    events = Events({}, ("t",), lambda *_: heard.set())

    await events.start()
    async with asyncio.timeout(60):
        await heard.wait()
    await events.stop()

    assert Client.made == Client.stopped == 3


@pytest.mark.usefixtures("_clients")
async def test_who_stops_at_once_leaves_no_client_open() -> None:
    """A task that is cancelled before its first step never takes one."""
    events = Events({}, ("t",), lambda *_: None)

    await events.start()
    await events.stop()

    assert Client.made == Client.stopped == 1


async def test_a_command_names_the_span_that_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Any] = []

    class Producer:
        def __init__(self, _options: Any) -> None: ...

        async def partitions_of(self, _topic: str) -> int:
            return 4

        async def send(self, *record: Any) -> None:
            written.append(record)

    monkeypatch.setattr(gateway.kafka, "ConfirmedProducer", Producer)
    command = CancelOrder(order_id="ord_1", user_id="cus_1", cancellation_reason="x")
    told = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    caller = span_in(told)

    await Commands({}, "dev").send(command, b"{}", "saga-7", caller)

    [(topic, _, key, _, headers)] = written
    assert (topic, key) == ("orders.dev.commands", b"ord_1")
    assert headers == [
        ("eventType", b"CancelOrder"),
        ("contentType", b"application/json"),
        ("correlationId", b"saga-7"),
        ("traceparent", told.encode()),
    ]


async def test_a_command_that_kafka_does_not_take_was_not_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Producer:
        def __init__(self, _options: Any) -> None: ...

        async def partitions_of(self, _topic: str) -> int:
            raise KafkaError("no metadata")

    monkeypatch.setattr(gateway.kafka, "ConfirmedProducer", Producer)
    command = CancelOrder(order_id="ord_1", user_id="cus_1", cancellation_reason="x")

    with pytest.raises(NotAccepted, match=r"orders\.dev\.commands: .*no metadata"):
        await Commands({}, "dev").send(command, b"{}", "saga-7")


async def test_the_gateway_is_let_in_as_its_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []

    class Started(Exception):
        pass

    class Client:
        def __init__(self, **options: Any) -> None:
            made.append(options)

        async def start(self) -> None:
            if len(made) == 2:
                raise Started

        async def stop(self) -> None: ...

    monkeypatch.setattr(engine.confirmed, "AIOKafkaProducer", Client)
    monkeypatch.setattr(gateway.kafka, "AIOKafkaConsumer", Client)
    login: dict[str, Any] = {"broker_user": "shop", "broker_password": "word"}
    settings = Settings(broker="b:9093", broker_tls=True, gateway_jwt_key="k" * 32, **login)

    with pytest.raises(Started):
        await _serve(settings, issuer_of(settings))

    asked = {"bootstrap_servers": "b:9093", "security_protocol": "SASL_SSL"}
    asked |= {"sasl_plain_username": "shop", "sasl_plain_password": "word"}
    assert [asked.items() <= options.items() for options in made] == [True, True]
