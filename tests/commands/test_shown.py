"""What commands print: plain lines for programs, tables for people, whatever customers wrote."""

import asyncio
import io
from typing import Any

import pytest
from rich.console import Console

from commands import order
from commands.base import Command
from commands.dead_letters import dead_letters
from engine.dead_letters import DeadLetter

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


class _Letters:
    """Three dead letters of one topic."""

    async def whole(self, topic: str) -> tuple[list[DeadLetter], set[DeadLetter]]:
        return [DeadLetter(0, n, topic, topic, 0, n, n, "", "E", "", b"k", b"", ())
                for n in range(3)], set()  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "told"), [(2, "1 older letters: see all with --limit 3\n"), (3, "")]
)
def test_letters_that_a_list_leaves_out_are_counted_beside_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], limit: int, told: str
) -> None:
    listing: Any = dead_letters.__new__(dead_letters)
    listing._seen = str
    monkeypatch.setattr(dead_letters, "_letters", _Letters())

    asyncio.run(listing._list(["t"], limit, as_json=True))

    shown, said = capsys.readouterr()
    assert len(shown.splitlines()) == limit
    assert said == told


def test_a_table_on_a_terminal_shows_text_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = io.StringIO()

    def on_a_terminal(**options: Any) -> Console:
        return Console(file=paper, force_terminal=True, color_system=None, width=90, **options)

    monkeypatch.setattr("rich.console.Console", on_a_terminal)
    Command.show_rows(object.__new__(Command), "things", ["name"], [["got '[/b]' :smile: [red]"]])

    assert "got '[/b]' :smile: [red]" in paper.getvalue()
