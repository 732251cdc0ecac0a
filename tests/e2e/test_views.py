"""What workers show on their ports while the marketplace works."""

import re
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families

from observability.boards import BOARDS
from observability.dashboards import text_of
from tests.e2e.harness import Answer, Worker, Workers, until
from tests.e2e.heard import Ear
from tests.e2e.shop import PARTITIONS, Sender, line, order

pytestmark = pytest.mark.own_broker

PRODUCT = "prd_viewed"
ORDERS = 12
ODD_ID = "ord_#1?limit=%41&ü/2 +x"
PROBLEM = "application/problem+json"
VISIBLE_S_MAX = 90


class Shown:
    """Orders that lie in all partitions, and the two workers that show them."""

    def __init__(self, workers: Workers, ear: Ear, sender: Sender) -> None:
        self.workers = workers
        sender.stock(PRODUCT, 1_000)
        requests = [
            order("viewed", line(PRODUCT), partition=number % PARTITIONS)
            for number in range(ORDERS)
        ]
        requests.append(order("viewed", line(PRODUCT)) | {"orderId": ODD_ID})
        self.ids = [sender.place(request) for request in requests]
        for order_id in self.ids:
            ear.until_said(order_id, "PaymentComplete")

    @property
    def one(self) -> Worker:
        return self.workers.running[0]

    @property
    def other(self) -> Worker:
        return self.workers.running[1]

    def owner(self, order_id: str) -> Worker:
        """Who answers without asking the other."""
        [owner] = [
            worker
            for worker in (self.one, self.other)
            if worker.ask(path_of(order_id), **{"X-Flowmart-Forwarded": "1"}).status == 200
        ]
        return owner


@pytest.fixture(scope="module")
def shown(workers: Workers, ear: Ear, sender: Sender) -> Shown:
    return Shown(workers, ear, sender)


def path_of(order_id: str) -> str:
    return f"/tables/orders/{quote(order_id, safe='')}"


def assert_problem(answer: Answer, status: int, *words: str) -> None:
    """An error is a problem detail that says what is wrong (RFC 9457)."""
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith(PROBLEM)
    assert answer.json["status"] == status
    assert set(answer.json) >= {"type", "title", "status", "detail"}
    for word in words:
        assert word in answer.json["detail"]


def test_every_key_is_answered_by_whichever_worker_is_asked(shown: Shown) -> None:
    answers = {
        order_id: [worker.answered(path_of(order_id)) for worker in (shown.one, shown.other)]
        for order_id in shown.ids
    }

    for order_id, both in answers.items():
        assert {answer.status for answer in both} == {200}, (order_id, both)
        assert {answer.json["key"] for answer in both} == {order_id}
        # Its state may change between two questions.
        assert {answer.json["value"]["order_id"] for answer in both} == {order_id}
        assert len({answer.json["partition"] for answer in both}) == 1
    assert {shown.owner(order_id).name for order_id in shown.ids} == {"one", "two"}


def test_a_row_says_in_which_partition_it_lies(shown: Shown) -> None:
    held = shown.workers.settled()

    for order_id in shown.ids:
        answer = shown.one.answered(path_of(order_id)).json
        assert answer["partition"] in held[shown.owner(order_id).name]


def test_the_index_tells_every_table_and_every_worker(shown: Shown) -> None:
    index = shown.one.ask("/tables/").json

    tables = {table["name"]: table for table in index["tables"]}
    assert {"orders", "payments", "stock", "reservations", "fraud", "allocations"} <= set(tables)
    assert all(table["key"] and table["help"] for table in tables.values())
    assert tables["timers"]["hidden"] is True
    assert index["partitions_total"] == 4
    assert len(index["workers"]) == 2
    for worker in (shown.one, shown.other):
        assert any(str(worker.port) in url for url in index["workers"])


def test_rows_come_in_the_order_of_their_keys_as_many_as_asked_for(shown: Shown) -> None:
    whole = shown.one.ask("/tables/orders/?limit=1000&prefix=ord_viewed").json
    part = shown.one.ask("/tables/orders/?limit=2&prefix=ord_viewed").json

    keys = [row["key"] for row in whole["rows"]]
    assert keys == sorted(keys)
    assert all(key.startswith("ord_viewed") for key in keys)
    assert (whole["more"], part["more"]) == (False, True)
    # Their states may change between two questions.
    assert [row["key"] for row in part["rows"]] == keys[:2]


def test_a_prefix_that_nothing_has_gives_no_rows(shown: Shown) -> None:
    answer = shown.one.ask("/tables/orders/?prefix=zzz").json

    assert (answer["rows"], answer["more"]) == ([], False)


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many", "", "1.5", "\u00b2", "9" * 5_000])
def test_a_limit_out_of_bounds_is_refused(shown: Shown, limit: str) -> None:
    assert_problem(shown.one.ask(f"/tables/orders/?limit={quote(limit)}"), 400, "1 to 1000")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/tables/nonsense/", "no table is called nonsense"),
        ("/tables/nonsense/key", "no table is called nonsense"),
        ("/tables/orders/ord_nobody", "no row ord_nobody"),
        ("/nonsense", "/nonsense"),
        ("/table/", "/table/"),
    ],
)
def test_what_is_not_there_is_a_404_that_says_so(shown: Shown, path: str, words: str) -> None:
    assert_problem(shown.one.answered(path), 404, words)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/tables/", "/tables/orders/", "/health", "/metrics"])
def test_views_are_read_only(shown: Shown, path: str, method: str) -> None:
    answer = shown.one.ask(path, method)

    assert_problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


def test_addresses_are_masked(shown: Shown) -> None:
    row = shown.one.answered(f"/tables/orders/{shown.ids[0]}")
    rows = shown.one.ask("/tables/orders/?limit=1000")

    assert row.json["value"]["shipping_address"] == "***"
    assert "Main Street" not in row.text + rows.text


def test_a_web_page_elsewhere_that_names_this_machine_its_own_does_not_get_in(
    shown: Shown,
) -> None:
    answer = shown.one.ask("/tables/orders/", Host="evil.example")

    assert_problem(answer, 401)
    assert shown.one.ask("/metrics", Host="evil.example").status == 401
    assert shown.one.ask("/health", Host="evil.example").status == 200
    assert shown.one.ask("/tables/orders/", Host=f"localhost:{shown.one.port}").status == 200


def test_health_and_readiness_are_told(shown: Shown) -> None:
    assert shown.one.ask("/health").json == {"status": "ok"}
    ready = shown.one.ask("/ready").json
    assert ready["status"] == "ready"
    assert ready["partitions"]


def test_metrics_are_prometheus_text_with_every_metric_of_the_dashboards(shown: Shown) -> None:
    used = {
        name
        for board in BOARDS
        for name in re.findall(r"\bflowmart_[a-z_]+\b", text_of(board))
        if not name.startswith("flowmart_gateway_")  # Of another process: see tests/gateway.
    }  # fmt: skip

    def served() -> set[str]:
        names: set[str] = set()
        for worker in (shown.one, shown.other):
            for family in text_string_to_metric_families(worker.ask("/metrics").text):
                names |= {sample.name for sample in family.samples} | {family.name}
                names |= {f"{family.name}_total"} if family.type == "counter" else set()
        return names

    until(lambda: used <= served(), VISIBLE_S_MAX, f"{used - served()} are served")
    assert len(used) > 5


def test_metrics_count_what_was_done(shown: Shown) -> None:
    def samples(name: str) -> float:
        return sum(
            sample.value
            for worker in (shown.one, shown.other)
            for family in text_string_to_metric_families(worker.ask("/metrics").text)
            for sample in family.samples
            if sample.name == name
        )

    assert samples("flowmart_records_total") > ORDERS
    assert samples("flowmart_transactions_total") > 0
    assert samples("flowmart_lanes_open") == 4
    assert samples("flowmart_transaction_seconds_count") > 0
    until(lambda: samples("flowmart_consumer_lag_records") == 0, VISIBLE_S_MAX, "no lag is left")
