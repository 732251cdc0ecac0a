"""Rows in the form of the API."""

from enum import StrEnum

import msgspec

from gateway.rows import public


class _Status(StrEnum):
    OPEN = "open"


class _Step(msgspec.Struct, frozen=True, array_like=True):
    at_ms: int
    status: _Status


class _Row(msgspec.Struct, frozen=True):
    order_id: str
    total_minor: int
    placed_at_ms: int
    status: _Status
    history: tuple[_Step, ...]
    correlation_id: str = "x"
    note: str | None = None


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
    }


def test_a_masked_row_shows_as_it_is() -> None:
    assert public({**ROW, "total_minor": "***"}, _Row)["total"] == "***"


def test_no_payment_token_is_shown() -> None:
    assert public({"method": {"token": "tok_visa", "last4": "4242"}}, dict) == {
        "method": {"last4": "4242"}
    }
