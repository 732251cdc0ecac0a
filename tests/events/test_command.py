"""The command line: one line out, or one line of error and exit code 1."""

import io
import json
import sys
from pathlib import Path

import pytest

from events.__main__ import main

EXAMPLES = Path(__file__).parent / "examples"


def test_decode_prints_the_canonical_envelope_as_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = EXAMPLES / "OrderConfirmed" / "standard-order.json"

    assert main(["decode", "OrderConfirmed", str(path)]) == 0

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["data"]["orderTotal"] == 134.97


def test_decode_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = (EXAMPLES / "DeliveryFailed" / "damaged-in-transit.json").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))

    assert main(["decode", "DeliveryFailed", "-", "--timestamp-ms", "1763288129553"]) == 0

    record = json.loads(capsys.readouterr().out)
    assert record["data"]["reasonCode"] == "DAMAGED_IN_TRANSIT"
    assert record["timestamp"] == "2025-11-16T10:15:29.553Z"


def test_decode_leaves_out_fields_the_contract_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {"orderId": "o1", "userId": "u1", "rejectionReason": "FRAUD_FLAG", "mood": "sunny"}
    (tmp_path / "failed.json").write_text(json.dumps(record))

    assert main(["decode", "OrderFailed", str(tmp_path / "failed.json")]) == 0

    assert "mood" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("OrderFailed", b"{}", "events: OrderFailed.orderId: Field required (and 2 more)"),
        ("OrderFailed", b"\xff", "events: record: expected a JSON object"),
        (
            "OrderFailed",
            b" " * 2_000_000,
            "events: record: 1048577 bytes, expected at most 1048576",
        ),
        (
            "OrderFialed",
            b"{}",
            "events: no message is named 'OrderFialed'; close names: OrderFailed",
        ),
        ("OrderFailed", None, "events: [Errno 2] No such file or directory"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_exit_code_1(
    name: str, content: bytes | None, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "record.json").write_bytes(content)

    assert main(["decode", name, str(tmp_path / "record.json")]) == 1

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(text)
    assert captured.err.count("\n") == 1


def test_list_shows_every_message_with_its_topic(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0

    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["OrderFailed", "event", "orders.{env}.events", "order_id", "orders-service"] in rows
    assert ["GetOrder", "query", "-", "-", "orders-service"] in rows
