"""What commands print: plain lines for programs, tables for people, whatever customers wrote."""

import io
from typing import Any

import pytest
from rich.console import Console

from commands import order
from commands.base import Command

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


def test_a_table_on_a_terminal_shows_text_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = io.StringIO()

    def on_a_terminal(**options: Any) -> Console:
        return Console(file=paper, force_terminal=True, color_system=None, width=90, **options)

    monkeypatch.setattr("rich.console.Console", on_a_terminal)
    Command.show_rows(object.__new__(Command), "things", ["name"], [["got '[/b]' :smile: [red]"]])

    assert "got '[/b]' :smile: [red]" in paper.getvalue()
