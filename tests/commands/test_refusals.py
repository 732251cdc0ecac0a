"""What a command says when it cannot do what was asked: one line, exit code 1, nobody asked."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import KafkaConnectionError, KafkaError
from msgspec.structs import replace

from app import create_app
from commands.alerts import alerts
from commands.base import Command, CommandError
from commands.dead_letters import dead_letters
from commands.erase import erase
from commands.order import order
from commands.outbox import outbox
from commands.stuck import stuck
from commands.tables import tables
from commands.topics import topics
from engine.admin import TopicState
from settings import Settings
from streams.alerts.raised import RaisedAlert

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; what it said on standard error as it ended with 1."""
    app = create_app(Settings(data_dir=tmp_path, broker="127.0.0.1:9092"))

    def running(command: type[Command], **arguments: Any) -> str:
        made: Any = command.__new__(command)
        made.app = app
        with pytest.raises(SystemExit) as ended:
            asyncio.run(made.run(**arguments))
        assert ended.value.code == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("error: ")
        assert said.err.count("\n") == 1
        return said.err

    return running


def test_a_command_that_is_done_waits_for_nothing() -> None:
    made: Any = tables.__new__(tables)

    asyncio.run(asyncio.wait_for(made._Worker()._sentinel_task(), 0.5))  # Mode's is a second.


def letters(action: str, letter: str | None = None, topic: str | None = None) -> dict[str, Any]:
    rest = {"limit": 5, "as_json": False, "personal": False}
    return {"action": action, "letter": letter, "topic": topic, **rest}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (letters("burn", "all"), "usage: dead-letters list"),
        (letters("list", "orders.dev.commands"), "usage: dead-letters list"),
        (letters("show"), "usage: dead-letters list"),
        (letters("replay"), "usage: dead-letters list"),
        (letters("show", "nonsense"), "expected TOPIC@OFFSET"),
        (letters("show", "orders.dev.commands@last"), "expected TOPIC@OFFSET"),
        (letters("show", "orders.dev.commands@\u00b2"), "expected TOPIC@OFFSET"),
        (letters("show", "orders.dev.nonsense@1"), "orders.dev.nonsense has no dead letters"),
        (letters("list", topic="nonsense"), "topics that have: "),
    ],
)
def test_dead_letters_says_what_it_cannot_do(run: Run, arguments: dict[str, Any], why: str) -> None:
    assert why in run(dead_letters, **arguments)


@pytest.mark.parametrize(
    ("action", "table", "key", "why"),
    [
        ("burn", None, None, "usage: tables list"),
        ("list", "orders", None, "usage: tables list"),
        ("get", None, None, "usage: tables list"),
        ("get", "orders", None, "usage: tables list"),
        ("rows", None, None, "usage: tables list"),
        ("export", None, None, "usage: tables list"),
        ("get", "nonsense", "key", "no table is called nonsense; there are: "),
        ("export", "nonsense", None, "no table is called nonsense; there are: "),
    ],
)
def test_tables_says_what_it_cannot_do(
    run: Run, action: str, table: str | None, key: str | None, why: str
) -> None:
    assert why in run(tables, action=action, table=table, key=key, out="-", as_json=False)


def test_order_asks_for_no_order_without_a_name(run: Run) -> None:
    assert run(order, order_id="", as_json=False) == "error: usage: order ORDER_ID [--json]\n"


def test_topics_says_what_it_cannot_do(run: Run) -> None:
    assert "topics burn: expected create or check" in run(topics, action="burn", as_json=False)


def test_topics_that_differ_are_told_with_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def states(*_: Any) -> list[TopicState]:
        return [TopicState("a", 4, 4), TopicState("b", 4, None), TopicState("c", 4, 2)]

    monkeypatch.setattr("commands.topics.check_topics", states)
    monkeypatch.setattr(topics, "show_rows", lambda *_: None)

    told = run(topics, action="check", as_json=False)

    assert "2 topics are not as they must be: b, c: `faust -A app topics create` makes" in told
    assert "FLOWMART_PARTITIONS" in told


@pytest.mark.parametrize(
    ("raised", "why"),
    [
        (CommandError("no such thing"), "error: no such thing\n"),
        (KafkaError(), "error: KafkaError\n"),
    ],
)
def test_what_is_expected_to_fail_is_one_line(run: Run, raised: Exception, why: str) -> None:
    class failing(Command):  # noqa: N801 - a command's name
        abstract = True

        async def act(self) -> None:
            raise raised

    assert run(failing).startswith(why.rstrip("\n"))


def test_a_missing_broker_is_told_with_its_address(run: Run) -> None:
    class failing(Command):  # noqa: N801 - a command's name
        abstract = True

        async def act(self) -> None:
            raise KafkaConnectionError

    assert "no Kafka broker answers at 127.0.0.1:9092" in run(failing)


class Elsewhere:
    """A client of a cluster without topics of ours."""

    client = property(lambda self: self)

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def topics(self) -> set[str]:
        return {"somebody.elses"}

    async def fetch_all_metadata(self) -> ClusterMetadata:
        return ClusterMetadata()


@pytest.mark.parametrize(
    ("command", "arguments", "topic"),
    [
        (dead_letters, letters("list", topic="orders.dev.commands"), "orders.dev.commands.dlq"),
        (tables, {"action": "export", "table": "orders", "key": None, "out": "-", "as_json": False},
         "flowmart-dev-changelog"),
        (erase, {"customer_id": "cus_1", "by": "ann", "reason": None, "as_json": False},
         "registrations.dev.commands"),
    ],
)  # fmt: skip
def test_a_cluster_that_is_another_ones_is_told_at_once(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    command: type[Command],
    arguments: dict[str, Any],
    topic: str,
) -> None:
    for module, client in (
        ("letters", "Consumer"),
        ("changelog", "Consumer"),
        ("sending", "Producer"),
    ):
        monkeypatch.setattr(f"commands.{module}.AIOKafka{client}", lambda **_: Elsewhere())

    said = run(command, **arguments)

    assert f"the cluster tells of no topic {topic}: are FLOWMART_BROKER and FLOWMART_ENV" in said


def test_what_nobody_thought_of_is_not_hidden(tmp_path: Path) -> None:
    class failing(Command):  # noqa: N801 - a command's name
        abstract = True

        async def act(self) -> None:
            raise ZeroDivisionError

    made: Any = failing.__new__(failing)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(made.run())


@pytest.mark.parametrize(
    ("action", "letter"), [("show", None), ("burn", "letter"), ("list", "letter")]
)
def test_outbox_says_how_it_is_asked(run: Run, action: str, letter: str | None) -> None:
    rest = {"customer": None, "limit": 5, "html": None, "as_json": False}

    assert "usage: outbox" in run(outbox, action=action, letter=letter, **rest)


@pytest.mark.parametrize("customer_id", ["", "c" * 129])
def test_an_erasure_of_what_is_no_customer(run: Run, customer_id: str) -> None:
    told = {"customer_id": customer_id, "by": "ann", "reason": None, "as_json": False}

    assert "customer_id: String should have at " in run(erase, **told)


@pytest.mark.parametrize(
    ("action", "payment", "note"),
    [
        ("burn", "pay_1", "x"),
        ("list", "pay_1", None),
        ("resolve", None, "x"),
        ("resolve", "pay_1", None),
    ],
)
def test_stuck_says_how_it_is_asked(
    run: Run, action: str, payment: str | None, note: str | None
) -> None:
    rest = {"by": "ann", "only": None, "captured": None, "refunded": None, "as_json": False}

    assert "usage: stuck list" in run(stuck, action=action, payment=payment, note=note, **rest)


@pytest.mark.parametrize(("action", "ids"), [("burn", ("a",)), ("list", ("a",)), ("resolve", ())])
def test_alerts_says_how_it_is_asked(run: Run, action: str, ids: tuple[str, ...]) -> None:
    assert "usage: alerts list" in run(alerts, action=action, alerts=ids, by=None, as_json=False)


@pytest.mark.parametrize(
    ("alert", "by", "why"),
    [
        ("a0", "ann", "nobody waits for alert a0"),
        ("a1", "ann", "nobody waits for alert a1"),
        ("a2", " ", "resolved_by: String should have at least 1 character"),
    ],
)
def test_an_alert_that_nobody_can_resolve(
    run: Run, monkeypatch: pytest.MonkeyPatch, alert: str, by: str, why: str
) -> None:
    row = RaisedAlert("a1", "stuck_order", "warn", "ord_1", 1, "", "docs", 1, resolved_at_ms=2)

    async def all_rows(*_: Any) -> dict[str, Any]:
        rows = {"1": row, "2": replace(row, alert_id="a2", resolved_at_ms=0)}
        return {key: msgspec.to_builtins(one) for key, one in rows.items()}

    monkeypatch.setattr("commands.alerts.all_rows", all_rows)
    monkeypatch.setattr("commands.alerts.send", None)

    assert why in run(alerts, action="resolve", alerts=(alert,), by=by, as_json=False)


ROW = {"why": "provider", "since_ms": 1, "provider": "p", "charge_id": "c", "currency": "USD",
       "captured_minor": 0, "refunded_minor": 0}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "told", "why"),
    [
        (None, {}, "payment pay_1 is not stuck: "),
        ({"on": ["puzzle"]}, {"only": "ref_1"}, "pay_1 is not stuck on ref_1, but on puzzle"),
        ({"on": ["capture"]}, {}, "pay_1 waits for its capture: look for it at the provider"),
        ({"on": ["puzzle"]}, {"captured": True}, "pay_1 is not stuck on capture, but on puzzle"),
        (
            {"on": ["puzzle"]},
            {"refunded": True},
            "pay_1 is not stuck on a refund, but on puzzle",
        ),
        (
            {"on": ["ref_1"]},
            {},
            "look for it at the provider, then say --refunded or --not-refunded",
        ),
        ({"on": ["puzzle"]}, {"note": " "}, "note: String should have at least 1 character"),
        ({"on": ["puzzle"]}, {"note": "x" * 501}, "note: String should have at most 500 char"),
    ],
)
def test_a_payment_that_nobody_can_resolve(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    row: dict[str, Any] | None,
    told: dict[str, Any],
    why: str,
) -> None:
    async def ask(path: str) -> Any:
        assert path == "/tables/stuck_payments/pay_1"
        return None if row is None else {"value": ROW | row}

    monkeypatch.setattr("commands.stuck.ask", ask)
    asked = {"action": "resolve", "payment": "pay_1", "by": "ann", "as_json": False}

    assert why in run(
        stuck, **asked | {"note": "x", "only": None, "captured": None, "refunded": None} | told
    )
