"""What the log of a process says, and what it leaves out (G-51, G-55)."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Literal

import pytest

from engine.dead_letters import tell_buried
from engine.logs import log_as
from engine.records import Record


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.getLogger("aiokafka").setLevel(logging.NOTSET)


def told(form: Literal["text", "json"], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a failure with an address in it."""
    logging.getLogger().handlers = []  # Those of pytest would stand in.
    log_as(form)
    logging.getLogger("gateway").error(
        "%s failed", "GET /v1/users/+442071838750/x", exc_info=ValueError("ann@example.com")
    )
    return capsys.readouterr().err


def test_lines_of_text_are_masked_with_their_tracebacks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = told("text", capsys)

    assert "ERROR GET /v1/users/+44***/x failed" in said
    assert "ValueError: a***@***" in said


def test_lines_are_json_where_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    [line] = told("json", capsys).splitlines()

    found = json.loads(line)
    assert (found["level"], found["event"]) == ("error", "GET /v1/users/+44***/x failed")
    assert "a***@***" in found["exception"]
    assert "ann@" not in line


def test_what_is_repeated_while_a_peer_is_away_is_told_seldom(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging.getLogger().handlers = []
    log_as("json", "gateway.kafka")

    for _ in range(3):
        logging.getLogger("gateway.kafka").warning("away")
        logging.getLogger("gateway.guard").warning("failed")

    said = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert said == ["away", "failed", "failed", "failed"]


def test_the_line_of_a_dead_letter_says_what_it_was_and_of_which_saga(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging.getLogger().handlers = []
    log_as("json")
    headers = (("eventType", b"OrderConfirmed"), ("correlationId", b"saga-1"), ("x", b"y"))

    tell_buried(Counter(), Record("t", 0, 7, 9, None, b"", headers), "t", "orders", KeyError("k"))

    found = json.loads(capsys.readouterr().err)
    assert (found["eventType"], found["correlationId"]) == ("OrderConfirmed", "saga-1")
    assert found["event"].startswith("dead letter: agent 'orders', t-0 offset 7: KeyError")
    assert "x" not in found
