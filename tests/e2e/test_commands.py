"""`faust -A app topics|tables|order` against a marketplace that works."""

import json
import re
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from tests.e2e.harness import Workers, faust, until
from tests.e2e.heard import Ear
from tests.e2e.shop import Sender, line, order

pytestmark = pytest.mark.own_broker

PRODUCT = "prd_commanded"
SEEN_S_MAX = 90


class Desk:
    """An operator's desk, with one order that was paid."""

    def __init__(self, workers: Workers, kafka: str, ear: Ear, sender: Sender) -> None:
        self._settings = {"broker": kafka, "worker_url": workers.running[0].url}
        sender.stock(PRODUCT, 10)
        self.order_id = sender.place(order("commanded", line(PRODUCT, 2)))
        ear.until_said(self.order_id, "PaymentComplete")
        until(
            lambda: (workers.row("orders", self.order_id) or {}).get("status") == "processing",
            SEEN_S_MAX, "its row says so",
        )  # fmt: skip

    def run(self, *arguments: str, **settings: str) -> CompletedProcess[str]:
        return faust(*arguments, **(self._settings | settings))

    def says(self, *arguments: str, **settings: str) -> str:
        done = self.run(*arguments, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refuses(self, *arguments: str, **settings: str) -> str:
        done = self.run(*arguments, **settings)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith("error: ")
        return done.stderr


@pytest.fixture(scope="module")
def desk(workers: Workers, kafka: str, ear: Ear, sender: Sender) -> Desk:
    return Desk(workers, kafka, ear, sender)


# -- topics


def test_topics_are_made_once_and_then_as_they_must_be(desk: Desk, kafka: str) -> None:
    forget_prod(kafka)  # Another test's shop may have been there.
    new = {"env": "prod", "view_token": "x" * 32}
    missing = desk.run("topics", "check", "--json", **new)
    made = desk.run("topics", "create", "--json", **new)
    checked = desk.says("topics", "check", "--json", **new)

    before = [json.loads(row) for row in missing.stdout.splitlines()]
    after = [json.loads(row) for row in checked.splitlines()]
    assert missing.returncode == 1
    assert "orders.prod.commands" in missing.stderr
    assert {row["found"] for row in before} == {None}
    assert made.returncode == 0
    assert all(row["ok"] and row["found"] == row["partitions"] for row in after)
    partitions = {row["topic"]: row["partitions"] for row in after}
    assert partitions["orders.prod.commands"] == partitions["flowmart-prod-changelog"] == 4
    assert partitions["orders.prod.commands.dlq"] == 1


def forget_prod(kafka: str) -> None:
    """Delete every topic of `prod`."""
    admin = AdminClient({"bootstrap.servers": kafka})

    def left() -> list[str]:
        known = admin.list_topics(timeout=SEEN_S_MAX).topics
        return [name for name in known if "prod" in re.split(r"[.-]", name)]

    there = left()
    for deleted in (admin.delete_topics(there) if there else {}).values():
        deleted.result(SEEN_S_MAX)
    until(lambda: not left(), SEEN_S_MAX, "the topics of prod are gone")


def test_topics_that_differ_are_named(desk: Desk) -> None:
    done = desk.run("topics", "check", partitions="5")

    assert done.returncode == 1
    assert "orders.dev.commands\t5\t4\tFalse" in done.stdout
    assert "are not as they must be" in done.stderr


# -- tables


def test_tables_are_listed_with_what_they_are_for(desk: Desk) -> None:
    head, *rows = desk.says("tables", "list").splitlines()

    assert head.split("\t") == ["table", "key", "help"]
    assert {"orders", "payments", "stock"} <= {row.split("\t")[0] for row in rows}


def test_a_row_is_got_by_its_key(desk: Desk) -> None:
    row = json.loads(desk.says("tables", "get", "orders", desk.order_id, "--json"))

    assert row["value"]["status"] == "processing"
    assert row["value"]["shipping_address"] == "***"


def test_a_row_that_is_not_there_is_one_line(desk: Desk) -> None:
    assert "no row ord_nobody" in desk.refuses("tables", "get", "orders", "ord_nobody")


def test_a_table_is_exported_whole_and_masked(desk: Desk, tmp_path: Path, workers: Workers) -> None:
    out = tmp_path / "orders.jsonl"

    def shown() -> dict[str, Any]:
        return {
            row["key"]: row["value"]
            for worker in workers.running
            for row in worker.ask("/tables/orders/?limit=1000").json["rows"]
        }

    before = shown()
    done = desk.run("tables", "export", "orders", "--out", str(out))
    after = shown()

    rows = {row["key"]: row["value"] for row in map(json.loads, out.read_text().splitlines())}
    # Parcels of earlier tests may be on their way meanwhile.
    still = {key: value for key, value in after.items() if before.get(key) == value}
    assert done.returncode == 0
    assert rows.keys() == after.keys()
    assert desk.order_id in still
    assert {key: rows[key] for key in still} == still
    assert list(rows) == sorted(rows)
    assert f"{len(rows)} rows written" in done.stderr
    assert "Main Street" not in out.read_text()


def test_an_export_goes_to_standard_output_as_well(desk: Desk) -> None:
    lines = desk.says("tables", "export", "stock").splitlines()

    assert PRODUCT in {json.loads(line)["key"] for line in lines}


def test_a_table_that_does_not_exist_is_refused_with_those_that_do(desk: Desk) -> None:
    assert "orders" in desk.refuses("tables", "export", "nonsense")


# -- order


def test_an_orders_life_is_printed(desk: Desk) -> None:
    said = desk.says("order", desk.order_id)

    assert desk.order_id in said
    for word in ("processing", "40.00 USD", "PLACED", "payment:", "CAPTURED", "fraud:", "stock:"):
        assert word in said
    assert "Main Street" not in said


def test_an_orders_life_is_one_object(desk: Desk) -> None:
    life = json.loads(desk.says("order", desk.order_id, "--json"))

    assert life["order"]["status"] == "processing"
    assert life["payment"]["status"] == "CAPTURED"
    assert [hold["status"] for hold in life["reservations"]] == ["CONFIRMED"]


def test_an_order_that_nobody_placed_is_one_line(desk: Desk) -> None:
    assert "no order is called ord_nobody" in desk.refuses("order", "ord_nobody")


# -- nobody there


def test_without_a_worker_commands_say_where_they_looked(desk: Desk) -> None:
    said = desk.refuses("order", desk.order_id, worker_url="http://127.0.0.1:1")

    assert "no worker answers at http://127.0.0.1:1" in said


def test_without_a_broker_commands_say_where_they_looked(desk: Desk) -> None:
    said = desk.refuses("dead-letters", "list", broker="127.0.0.1:1")

    assert "no Kafka broker answers at 127.0.0.1:1" in said


# -- stuck


def puzzling(name: str, workers: Workers, ear: Ear, sender: Sender) -> str:
    """A payment that its bank disputes although all of it went back; returns its id."""
    order_id = sender.place(order(name, line(PRODUCT, 1)))
    ear.until_said(order_id, "PaymentComplete")
    sender.refund(order_id, "all", amount=20.00)
    ear.until_said(order_id, "RefundIssued")
    payment_id = f"pay_{order_id}"
    claim = {"paymentId": payment_id, "chargebackReference": f"cb_{order_id}"}
    sender.send("RecordChargeback", claim | {"amountMinor": 20_00, "reason": "fraudulent"})
    until(lambda: workers.row("stuck_payments", payment_id), SEEN_S_MAX, "its row says so")
    return payment_id


def test_a_payment_that_a_person_must_look_at_is_listed_and_taken_off(
    desk: Desk, workers: Workers, ear: Ear, sender: Sender
) -> None:
    payment_id = puzzling("puzzling", workers, ear, sender)
    claim = payment_id.replace("pay_", "cb_", 1)

    rows = [json.loads(row) for row in desk.says("stuck", "list", "--json").splitlines()]
    done = desk.says("stuck", "resolve", payment_id, "--note", "the bank took it back")

    assert [row["on"] for row in rows if row["key"] == payment_id] == [[claim]]
    assert done == f"{payment_id} is off the list: {claim}\n"
    assert "is not stuck" in desk.refuses("stuck", "resolve", payment_id, "--note", "again")


# -- alerts


def test_what_services_raised_is_listed_until_somebody_says_that_it_is_seen_to(
    desk: Desk, workers: Workers, ear: Ear, sender: Sender
) -> None:
    payments = {puzzling(name, workers, ear, sender) for name in ("alarming", "frightening")}

    def listed() -> dict[str, str]:
        rows = [json.loads(row) for row in desk.says("alerts", "list", "--json").splitlines()]
        return {row["alert_id"]: row["subject"] for row in rows if row["subject"] in payments}

    until(lambda: len(listed()) == len(payments), SEEN_S_MAX, "both are listed")
    raised = listed()
    done = desk.says("alerts", "resolve", *raised)

    assert done.splitlines() == [
        f"{alert_id} is resolved: stuck_payment of {payment_id}"
        for alert_id, payment_id in raised.items()
    ]
    assert listed() == {}
    assert "nobody waits for alert" in desk.refuses("alerts", "resolve", *raised)
