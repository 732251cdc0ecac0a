"""The oracle notices what is wrong, and only that."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from faults.load import envelope
from faults.oracle import OUTPUTS, Found, Oracle, Wanted

PAYMENT = {"id": 1, "payer": "a", "payee": "b", "product": "p", "amount": 10, "do": ""}
RAW = envelope(PAYMENT)
ROWS = {
    "accounts/a": {"read": 1, "unique": 1, "spent": 10, "bonuses": 1, "note": ""},
    "wallets/b": {"moves": 1, "received": 10},
    "shelves/p": {"sold": 1},
}
WROTE = {"moves": RAW, "copies": RAW, "calls": RAW, "bonuses": b"a/1"}


def row(key: str, value: dict[str, Any]) -> Any:
    table, _, name = key.partition("/")
    raw_key = f"{table}\0{name}".encode()
    return SimpleNamespace(partition=0, timestamp=1, key=raw_key, value=json.dumps(value).encode())


def oracle(rows: dict[str, Any], *wrote: str) -> Oracle:
    """One that has seen one payment, these rows and these outputs."""
    made = object.__new__(Oracle)
    made.wanted, made.found, made.letters = Wanted(), Found(), []
    made.wanted.take(RAW)
    for key, value in rows.items():
        made.found.changelog(row(key, value))
    for name in wrote:
        made.found.outputs[name][WROTE[name]] += 1
    return made


def test_what_is_right_is_green() -> None:
    verdict = oracle(ROWS, *WROTE)._judge()

    assert verdict.is_green
    assert verdict.words == []


@pytest.mark.parametrize(
    ("rows", "wrote", "wrong"),
    [
        ({**ROWS, "accounts/a": {**ROWS["accounts/a"], "read": 2}}, [*WROTE], (1, 0, 0)),
        ({**ROWS, "accounts/x": ROWS["accounts/a"]}, [*WROTE], (1, 0, 0)),
        ({k: v for k, v in ROWS.items() if k != "shelves/p"}, [*WROTE], (1, 0, 0)),
        (ROWS, ["moves", "copies", "bonuses"], (0, 1, 0)),
        (ROWS, [*WROTE, "moves"], (0, 0, 1)),
        ({**ROWS, "beats/0": {"count": 2}}, [*WROTE], (0, 2, 0)),
    ],
)
def test_each_kind_of_wrong_is_counted(rows, wrote, wrong) -> None:
    verdict = oracle(rows, *wrote)._judge()

    assert (verdict.rows_wrong, verdict.outputs_lost, verdict.outputs_twice) == wrong
    assert not verdict.is_green


def test_money_that_nobody_received_is_not_conserved() -> None:
    verdict = oracle({**ROWS, "wallets/b": {"moves": 1, "received": 9}}, *WROTE)._judge()

    assert not verdict.conserved


def test_a_repeat_is_read_and_not_paid() -> None:
    made = oracle({**ROWS, "accounts/a": {**ROWS["accounts/a"], "read": 2}}, *WROTE)
    made.wanted.take(RAW)

    assert made._judge().is_green


@pytest.mark.parametrize(
    ("raw", "letters"),
    [
        (b"{", 1),
        (b"", 1),
        (None, 1),
        (envelope(PAYMENT, version=2), 1),
        (envelope({**PAYMENT, "amount": "ten"}), 1),
        (envelope({**PAYMENT, "do": "raise"}), 1),
        (b'{"type":"Pay","version":1,"data":' + b"[" * 100_000, 1),
        (RAW + b" " * 1_000_000, 1),
        (envelope(PAYMENT, kind="Refund"), 0),
    ],
)
def test_what_cannot_be_paid_is_a_dead_letter_and_other_types_are_nothing(raw, letters) -> None:
    made = oracle(ROWS, *WROTE)

    made.wanted.take(raw)

    assert made._judge().outputs_lost == letters
    assert set(OUTPUTS) >= WROTE.keys()
