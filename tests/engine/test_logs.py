"""What the log of a process says, and what it leaves out (G-51, G-55)."""

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from engine.logs import log_as


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
