"""What commands print: plain lines for programs, tables for people, whatever customers wrote."""

import asyncio
import io
import json
import unicodedata
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace
from rich.console import Console

from commands import order, outbox, tables
from commands.alerts import alerts
from commands.base import Command, plain
from commands.dead_letters import dead_letters
from commands.letters import Newest, Replayed
from commands.stuck import stuck
from engine.dead_letters import DeadLetter
from streams.alerts.raised import RaisedAlert
from streams.payments.books import Stuck
from tables.pulse import RAISED

WRITTEN = "mug [/b] [red] :smile: " + "of many colours " * 20
LIFE: dict[str, Any] = {
    "order": {
        "user_id": "cus_1", "status": "shipped", "total_minor": 1250, "currency": "EUR",
        "lines": [{"product_id": "prd_1", "quantity": 1, "product_name": WRITTEN}],
        "history": [[0, "confirmed", "PLACED"]],
    },
    "payment": {"status": "CAPTURED"},
    "fraud": None,
    "reservations": [],
    "shipments": [{"carrier": "UPS", "eta_ms": 1_767_225_600_000, "lateness_ms": 7}],
}  # fmt: skip


def test_each_part_of_an_order_is_a_line_with_every_word_in_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    order._print("ord_1", LIFE)

    assert capsys.readouterr().out.splitlines() == [
        "order ord_1   shipped   12.50 EUR  of cus_1",
        f"  line 1: product_id=prd_1 quantity=1 product_name={WRITTEN}",
        "  1970-01-01 00:00:00.000Z   confirmed     PLACED",
        "payment: status=CAPTURED",
        "parcel: carrier=UPS eta=2026-01-01 00:00:00.000Z lateness_ms=7",
    ]


EVIL: Final = "mug\x1b[2J\x1b]0;title\x07\x9b31m\r\x7f"
"""What a terminal would obey: a screen wiped, a title, a colour, a line begun anew."""


def _obeyed(told: str) -> set[str]:
    return {char for char in told if unicodedata.category(char) == "Cc" and char != "\n"}


def test_what_customers_wrote_commands_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def answer(_path: str) -> Any:
        return {"to": [EVIL], "subject": EVIL, "text": f"Thanks.\n2 x {EVIL}\n", "value": [EVIL]}

    for module in (outbox, tables):
        monkeypatch.setattr(module, "ask", answer)
    lines = [{"product_name": f"{EVIL}\nparcel: none"}]
    desk: Any = Command.__new__(Command)
    table: Any = tables.tables.__new__(tables.tables)
    monkeypatch.setattr(tables.tables, "_spec", lambda *_: RAISED)

    order._print(EVIL, LIFE | {"order": LIFE["order"] | {"lines": lines, "user_id": EVIL}})
    desk.show_rows("things", ["name"], [[f"{EVIL}\tmore\nlines"]])
    desk.show_json([{"name": EVIL}])
    asyncio.run(outbox.outbox._show(desk, "n_1", None, as_json=False))
    asyncio.run(table.act("get", "t", "k", "-", as_json=False))

    told = capsys.readouterr().out
    assert _obeyed(told) == set()
    assert "mug\\u001b[2J" in told
    assert f"\n2 x {plain(EVIL)}\n" in told
    assert "product_name=mug" in told
    assert "parcel: none" in told
    assert not [line for line in told.splitlines() if line.startswith(("parcel: none", "lines"))]


class _Letters:
    """Three dead letters of one topic."""

    async def newest(self, topic: str, letters_max: int) -> Newest:
        letters = [DeadLetter(n, topic, topic, 0, n, n, "", "E", "", b"k", b"", ())
                   for n in range(3)]  # fmt: skip
        return Newest(letters[-letters_max:], 3, Replayed())


@pytest.mark.parametrize(
    ("limit", "told"), [(2, "1 older letters: see all with --limit 3\n"), (3, "")]
)
def test_letters_that_a_list_leaves_out_are_counted_beside_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], limit: int, told: str
) -> None:
    listing: Any = dead_letters.__new__(dead_letters)
    monkeypatch.setattr(dead_letters, "_letters", _Letters())

    asyncio.run(listing._list(["t"], limit, as_json=True))

    shown, said = capsys.readouterr()
    assert len(shown.splitlines()) == limit
    assert said == told


STUCK = Stuck("provider", 2, "stripe", "ch_1", "USD", 100, 0, on=("capture",))
ALERT = RaisedAlert("a1", "stuck_order", "warn", "ord_1", 61, "minutes", "docs", 1)


@pytest.mark.parametrize(
    ("command", "table", "rows", "told"),
    [
        (stuck, "stuck_payments", {"pay_2": STUCK, "pay_1": replace(STUCK, since_ms=1)},
         [("key", "pay_1"), ("key", "pay_2")]),
        (alerts, "raised_alerts", {"1|a1": ALERT, "2|a2": replace(ALERT, resolved_at_ms=3)},
         [("alert_id", "a1")]),
    ],
    ids=["stuck", "alerts"],
)  # fmt: skip
def test_what_people_must_look_at_is_listed_as_workers_tell_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: Any,
    table: str,
    rows: dict[str, Any],
    told: list[tuple[str, str]],
) -> None:
    async def all_rows(name: str) -> Any:
        return json.loads(msgspec.json.encode(rows)) if name == table else {}

    monkeypatch.setattr(f"commands.{command.__name__}.all_rows", all_rows)

    asyncio.run(command._list(command.__new__(command), as_json=True))

    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(name, row[name]) for row, (name, _) in zip(shown, told, strict=True)] == told


def test_a_list_says_of_each_letter_what_a_replay_did_with_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class _Replayed:
        async def newest(self, topic: str, _letters_max: int) -> Newest:
            letters = [
                DeadLetter(n, topic, topic, 0, n, n, "", "E", "", b"k", b"", (), truncated_from)
                for n, truncated_from in enumerate((None, 1_100_000, None))
            ]
            return Newest(letters, 3, Replayed(up_to=2))

    listing: Any = dead_letters.__new__(dead_letters)
    monkeypatch.setattr(dead_letters, "_letters", _Replayed())

    asyncio.run(listing._list(["t"], 3, as_json=False))
    asyncio.run(listing._list(["t"], 3, as_json=True))

    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[-1] for line in lines[:4]] == ["replayed", "yes", "cut", ""]
    told = [json.loads(line) for line in lines[4:]]
    assert [each["replayed"] for each in told] == [True, False, False]
    assert [each["truncated_from"] for each in told] == [None, 1_100_000, None]


@pytest.mark.parametrize("personal", [False, True])
def test_a_letter_names_nobody_unless_it_is_asked_to(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    personal: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    class _One:
        async def read(self, topic: str, _start: int) -> AsyncIterator[DeadLetter]:
            told = (b'{"email": "ann@example.org"}', ())
            yield DeadLetter(0, topic, topic, 0, 0, 0, "", "E", "no ann@example.org", b"k", *told)

    showing: Any = dead_letters.__new__(dead_letters)
    monkeypatch.setattr(dead_letters, "_letters", _One())
    monkeypatch.setattr(dead_letters, "_letter_topics", lambda _self, topic: [topic])

    asyncio.run(showing.act("show", "t@0", None, 1, as_json=True, personal=personal))

    shown = json.loads(capsys.readouterr().out)
    assert ["ann@example.org" in shown[part] for part in ("value", "reason")] == [personal] * 2


def test_a_table_on_a_terminal_shows_text_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = io.StringIO()

    def on_a_terminal(**options: Any) -> Console:
        return Console(file=paper, force_terminal=True, color_system=None, width=90, **options)

    monkeypatch.setattr("rich.console.Console", on_a_terminal)
    Command.show_rows(object.__new__(Command), "things", ["name"], [["got '[/b]' :smile: [red]"]])

    assert "got '[/b]' :smile: [red]" in paper.getvalue()
