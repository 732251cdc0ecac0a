"""Rows in the form of the API."""

import json
import re
from enum import StrEnum
from typing import Any, get_type_hints

import msgspec
import pytest

from engine.views import committed_rows
from gateway.__main__ import SHOWN
from gateway.rows import public
from simulation.run import Run, script_of
from simulation.world import World
from streams.orders.rows import Order


class _Status(StrEnum):
    OPEN = "open"


class _Step(msgspec.Struct, frozen=True, array_like=True):
    at_ms: int
    status: _Status


class _Place(msgspec.Struct, frozen=True):
    street: int = 0
    version: int = 1


class _Row(msgspec.Struct, frozen=True):
    order_id: str
    total_minor: int
    placed_at_ms: int
    status: _Status
    history: tuple[_Step, ...]
    correlation_id: str = "x"
    note: str | None = None
    place: _Place = _Place()
    eta_ms: int = 60_000
    waited_ms: int = 60_000
    earlier_totals_minor: tuple[int, ...] = (2550,)


ROW = {
    "order_id": "o", "total_minor": 1999, "placed_at_ms": 1_700_000_000_123, "status": "open",
    "history": [[1, "open"]],
}  # fmt: skip


def test_a_row_shows_camel_case_major_units_and_moments() -> None:
    assert public(ROW, _Row) == {
        "orderId": "o",
        "total": 19.99,
        "placedAt": "2023-11-14T22:13:20.123Z",
        "status": "open",
        "history": [{"at": "1970-01-01T00:00:00.001Z", "status": "open"}],
        "place": {"street": 0, "version": 1},
        "eta": "1970-01-01T00:01:00.000Z",
        "waitedMs": 60_000,
        "earlierTotals": [25.5],
    }


def test_what_is_masked_shows_as_it_is_and_the_rest_as_ever() -> None:
    masked = {**ROW, "total_minor": "***", "place": {"street": "***"}}
    shown = public(masked, _Row)
    assert shown == {**public(ROW, _Row), "total": "***", "place": {"street": "***", "version": 1}}


@pytest.mark.parametrize("masked", [True, False])
def test_every_row_of_a_simulated_shop_shows(lives: list[World], masked: bool) -> None:  # noqa: FBT001 - a case
    shown: dict[str, list[Any]] = {}
    for world in lives:
        for table in SHOWN:
            for lane in world.lanes:
                rows = committed_rows(lane.processor, table, limit=1_000, masked=masked)
                shown.setdefault(table.name, []).extend(public(row, table.row) for _, row in rows)
    text = json.dumps(list(shown.values()))
    assert not re.findall(r'[:\[,] \d{13}[,}\]]|"1970-', text), "a moment reads as one"
    assert all(shown.values()), {name for name, rows in shown.items() if not rows}
    assert not set(re.findall(r'"(\w+_\w+)":', text))
    assert max(one["version"] for one in shown["orders"]) > 1
    steps = [step for one in shown["orders"] for step in one["history"]]
    assert all({"at", "status", "reason"} <= set(step) for step in steps)
    assert all(one["levels"][0]["policy"]["reorderPoint"] for one in shown["stock"])


@pytest.fixture(scope="module")
def lives() -> list[World]:
    """A few whole lives of the shop, one of them with subscribers."""
    chosen = [seed for seed in range(100) if script_of(seed).orders > 2][:3]
    chosen += [seed for seed in range(100) if script_of(seed).subscribers][:1]
    return [Run(seed).live().world for seed in chosen]


def test_what_went_back_of_an_order_is_told_by_payment_in_major_units() -> None:
    refunds = get_type_hints(Order)["refunds"]

    assert public([["pay_o", 1999]], refunds) == [{"paymentId": "pay_o", "amount": 19.99}]


def test_no_payment_token_is_shown() -> None:
    assert public({"method": {"token": "tok_visa", "last4": "4242"}}, dict) == {
        "method": {"last4": "4242"}
    }


def test_what_keeps_the_shop_going_is_nobodys_to_read() -> None:
    inner = ("asked_ms", "cause_id", "correlation_id", "idempotency_key", "members", "pauses")

    assert public(dict.fromkeys(inner, 1), dict) == {}


def test_what_people_wrote_of_a_stuck_payment_is_not_its_customers_to_read() -> None:
    note = {"at_ms": 1, "by": "eve", "note": "Ann calls every day", "entries": ["capture"]}

    assert public({"status": "CAPTURED", "resolved": [note]}, dict) == {"status": "CAPTURED"}


def test_what_the_shop_thinks_of_a_payment_and_who_decided_is_for_its_staff() -> None:
    refund = {"amount_minor": 100, "requested_by": "eve", "approved_by": "dan"}
    payment = {
        "status": "CAPTURED",
        "fraud": "DECLINED",
        "stuck_on": ["refund"],
        "suspected": True,
        "refunds": [refund],
    }

    assert public(payment, dict, staff=False) == {
        "status": "CAPTURED",
        "refunds": [{"amount": 1.0}],
    }
    assert {*public(payment, dict)} == {"status", "fraud", "stuckOn", "suspected", "refunds"}
