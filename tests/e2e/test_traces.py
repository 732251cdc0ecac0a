"""Traces of what lies on a real Kafka, told by a process that is killed on the way."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from broker import Broker, child_process
from broker.ports import free_ports
from engine.records import Record
from tests.e2e.harness import environment, until
from tests.e2e.heard import Ear, Said
from tests.e2e.shop import Sender, line, order
from tests.traces.collector import Collector, Got
from traces.spans import span_of

pytestmark = pytest.mark.own_broker

PRODUCT = "prd_traced"
TOLD_S_MAX = 120
AWAY_S = 5
CALLER = "00f067aa0ba902b7"


class Exporter:
    """`python -m traces`, killed at will."""

    def __init__(self, kafka: str, collector: Collector, log: Path) -> None:
        self.log = log
        named = {"FLOWMART_BROKER": kafka, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        unset = [f"--unset={name}" for name in os.environ if name.startswith(("FLOWMART_", "OTEL"))]
        self._command = ["/usr/bin/env", *unset, *(f"{k}={v}" for k, v in named.items()),
                         sys.executable, "-m", "traces"]  # fmt: skip
        self.process = child_process(self._command, log)

    def start(self) -> None:
        self.process = child_process(self._command, self.log)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(TOLD_S_MAX)

    def past(self, argument: str) -> None:
        """Run it once for what lies in Kafka."""
        subprocess.run(
            [*self._command, argument], env=environment(), timeout=TOLD_S_MAX, check=True
        )


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as listening:
        yield listening


@pytest.fixture(scope="module")
def exporter(
    kafka: str, collector: Collector, ear: Ear, sender: Sender,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Exporter]:  # fmt: skip
    """It runs, and has told of something: it has begun."""
    running = Exporter(kafka, collector, tmp_path_factory.mktemp("traces") / "traces.log")

    def begun() -> bool:
        assert running.process.poll() is None, running.log.read_text()
        sender.stock(PRODUCT, 10)
        return bool(collector.got)

    until(begun, TOLD_S_MAX, "it tells")
    yield running
    assert running.end(signal.SIGTERM) == 0, running.log.read_text()


def placed(ear: Ear, sender: Sender, name: str) -> tuple[str, str]:
    """A paid order and its saga."""
    request, saga = order(name, line(PRODUCT)), str(uuid.uuid4())
    headers = {
        "eventType": "PlaceOrder",
        "traceparent": f"00-{saga.replace('-', '')}-{CALLER}-01",
    }
    said = {"eventId": str(uuid.uuid4()), "correlationId": saga, "eventType": "PlaceOrder",
            "eventVersion": "1.0.0", "timestamp": "2026-01-01T00:00:00.000Z",
            "source": "api-gateway", "data": request}  # fmt: skip
    sender.send_raw("orders.{env}.commands", said, request["orderId"], headers)
    for event in ("PaymentComplete", "ShipmentCreated"):
        ear.until_said(request["orderId"], event)
    ear.until_quiet()
    return request["orderId"], saga


def of(collector: Collector, saga: str) -> dict[str, Got]:
    """The spans of a trace by their ids."""
    trace_id = saga.replace("-", "")
    return {got.span_id: got for got in list(collector.got) if got.trace_id == trace_id}


def wanted(ear: Ear, saga: str) -> set[str]:
    """The ids of all spans of a saga, by what an outsider heard of it."""
    heard = [said for said in list(ear.everything) if said.value.get("correlationId") == saga]
    return {f"{_span_id(said):016x}" for said in heard}


def _span_id(said: Said) -> int:
    lies = Record(said.topic, said.partition, said.offset, said.at_ms, None, said.raw)
    span = span_of(lies)
    assert span is not None
    assert span.context is not None
    return span.context.span_id


def test_an_orders_trace_goes_through_its_services(
    exporter: Exporter, collector: Collector, ear: Ear, sender: Sender
) -> None:
    order_id, saga = placed(ear, sender, "traced")
    until(lambda: set(of(collector, saga)) >= wanted(ear, saga), TOLD_S_MAX, "all is told")

    spans = of(collector, saga)

    def way(name: str) -> list[tuple[str, str]]:
        """The services and names from the first cause to that message."""
        found = next(got for got in spans.values() if got.name == name)
        steps = [(found.service, found.name)]
        while found.parent_id in spans:
            cause = spans[found.parent_id]
            # Later where it was forwarded first: its producer chose another partition.
            assert cause.end_ms <= found.start_ms <= found.end_ms
            found = cause
            steps.insert(0, (found.service, found.name))
        assert found.parent_id == CALLER
        return steps

    assert way("OrderConfirmed") == [
        ("api-gateway", "PlaceOrder"),
        ("orders-service", "OrderConfirmed"),
    ]
    assert [service for service, _ in way("InventoryAdjusted")][-1] == "inventory-service"
    paid = way("PaymentComplete")
    assert paid[0] == ("api-gateway", "PlaceOrder")
    assert {"orders-service", "payment-service"} <= {service for service, _ in paid}
    by_own = [got for got in spans.values() if got.service == "payment-service"]
    assert any(got.start_ms == spans[got.parent_id].end_ms for got in by_own)
    services = {got.service for got in spans.values()}
    assert services >= {"inventory-service", "shipping-service", "fraud-detection-service"}
    # The customer has no address by which to be told.
    assert {got.name for got in spans.values() if got.failed} == {"NotificationFailed"}
    assert {got.attributes.get("flowmart.order_id", order_id) for got in spans.values()} == {
        order_id
    }


def test_one_that_was_killed_tells_everything_under_the_same_ids(
    exporter: Exporter, collector: Collector, ear: Ear, sender: Sender
) -> None:
    _, before = placed(ear, sender, "before")
    exporter.end(signal.SIGKILL)
    _, meanwhile = placed(ear, sender, "meanwhile")
    exporter.start()

    for saga in (before, meanwhile):
        until(lambda saga=saga: set(of(collector, saga)) >= wanted(ear, saga),  # type: ignore[misc]  # bound here
              TOLD_S_MAX, "all is told")  # fmt: skip
        assert set(of(collector, saga)) == wanted(ear, saga)


def test_a_dead_letter_is_in_the_trace_of_its_record(
    exporter: Exporter, collector: Collector, ear: Ear, sender: Sender
) -> None:
    saga = str(uuid.uuid4())
    sent = sender.send("PlaceOrder", {"orderId": "ord_traced_bad"}, correlationId=saga)
    until(lambda: len(of(collector, saga)) == 2, TOLD_S_MAX, "both are told")

    record, letter = sorted(of(collector, saga).values(), key=lambda got: got.end_ms)

    assert record.attributes["messaging.message.id"] == sent["eventId"]
    assert (letter.name, letter.parent_id) == ("dead letter", record.span_id)
    assert letter.failed


@pytest.mark.parametrize("argument", ["--from-start", "--since=1d"])
def test_the_past_is_told_again_under_the_same_ids(
    exporter: Exporter, collector: Collector, ear: Ear, sender: Sender, argument: str
) -> None:
    _, saga = placed(ear, sender, "past")
    until(lambda: set(of(collector, saga)) >= wanted(ear, saga), TOLD_S_MAX, "all is told")
    told: Mapping[str, Got] = of(collector, saga)
    collector.got.clear()

    exporter.past(argument)

    assert of(collector, saga) == told


def test_it_waits_for_kafka_and_for_topics_and_tells_what_came_meanwhile(
    collector: Collector, tmp_path: Path
) -> None:
    log = tmp_path / "traces.log"
    with Broker(data_dir=tmp_path / "kafka", port=free_ports(1)[0]) as broker:
        admin, running = admin_of(broker), Exporter(broker.bootstrap, collector, log)
        until(lambda: has_begun(admin), TOLD_S_MAX, "it reads")
        topic = "orders.dev.commands"
        admin.create_topics([NewTopic(topic, 2, 1)])[topic].result()
        sender = Sender(broker.bootstrap, "dev")

        def is_told() -> bool:
            saga = str(uuid.uuid4())
            sender.send("PlaceOrder", {"orderId": f"ord_{saga}"}, correlationId=saga)
            return bool(until(lambda: of(collector, saga), TOLD_S_MAX, "it is told"))

        try:
            assert is_told()
            broker.stop()
            time.sleep(AWAY_S)
            broker.start()
            assert is_told()
        finally:
            ended = running.end(signal.SIGTERM)
        assert ended == 0, log.read_text()


def admin_of(broker: Broker) -> AdminClient:
    return AdminClient({"bootstrap.servers": broker.bootstrap})


def has_begun(admin: AdminClient) -> bool:
    found = admin.list_consumer_groups().result().valid
    return "flowmart-dev-traces" in {group.group_id for group in found}
