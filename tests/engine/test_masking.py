"""No line that a worker writes tells an address, a number, a card or a secret."""

import io
import json
import logging
import logging.config
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.logs import json_logging
from engine.masking import MaskingFormatter, mask_handlers, mask_text


@pytest.mark.parametrize(
    ("said", "masked"),
    [
        ("ann.lee+shop@mail.example.com is unknown", "a***@*** is unknown"),
        ("{'email': 'ann@example.com'}", "{'email': 'a***@***'}"),
        ("ä.ö@exämple.de", "ä***@***"),
        ("called +15551234567.", "called +15***."),
        ("called +44 (0)20 7183-8750", "called +44***"),
        ("card 4242 4242 4242 4242", "card ***"),
        ("card 4000-0566-5566-5556;", "card ***;"),
        ("card 378282246310005", "card ***"),
        ("token tok_visa_4242 and pm_1NabcXYZ", "token tok_*** and pm_***"),
        ("key sk_live_51Habc", "key sk_***"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer ***"),
        ("{'Authorization': 'Basic QWxh'}", "{'Authorization': 'Basic ***'}"),
        ("(b'authorization', b'Bearer xyz123')", "(b'authorization', b'Bearer ***')"),
        ('"authorization":"abcdef"', '"authorization":"***"'),
        ("sent bearer abcdefgh1234", "sent bearer ***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1", "***"),
        ("smtp://me:secret@host:587 refused", "smtp://***@host:587 refused"),
    ],
)
def test_personal_data_and_secrets_are_masked(said: str, masked: str) -> None:
    assert mask_text(said) == masked
    assert mask_text(masked) == masked


@pytest.mark.parametrize(
    "said",
    [
        "commit of partition 3 took 12 ms, 1200 records, offset 1750000000001",
        "2026-11-22 03:45:21,123+00:00 order ord_1, payment pay_ord_1:1, shp_ord_1:2",
        "eventId 0b9d7e0e-6f4a-5d5c-8f4e-1a2b3c4d5e6f",
        "kafka+lane://127.0.0.1:9092",
        "1e+100000000 and a+15551234567",
        "a@b",
        "the token is missing",
    ],
)
def test_everything_else_stays_as_it_is(said: str) -> None:
    assert mask_text(said) == said


@given(st.text(alphabet="ab1 +@._-:/'", max_size=60))
def test_masking_twice_changes_nothing(text: str) -> None:
    assert mask_text(mask_text(text)) == mask_text(text)


@pytest.mark.parametrize("part", ["a", "a.", "+1 ", "1-", "eyJ", "authorization: ", "a@", "a://"])
def test_a_hostile_line_takes_no_longer_than_its_length(part: str) -> None:
    started = time.process_time()
    mask_text(part * (100_000 // len(part)))

    assert time.process_time() - started < 1


def _logger(handler: logging.Handler) -> logging.Logger:
    made = logging.Logger("test")  # noqa: LOG001 - apart from the root, which pytest listens to
    made.addHandler(handler)
    mask_handlers(made)
    return made


def _crash(log: logging.Logger) -> None:
    try:
        raise ValueError("no mailbox\nann@exämple.com")  # noqa: TRY301 - to be caught below
    except ValueError:
        log.exception("sending to %s failed", "+15551234567")


def test_lines_of_text_are_masked_with_their_traceback() -> None:
    said = io.StringIO()

    _crash(_logger(logging.StreamHandler(said)))

    assert "sending to +15*** failed" in said.getvalue()
    assert "ValueError: no mailbox\na***@***" in said.getvalue()


def test_lines_of_json_are_masked_and_stay_json() -> None:
    said, wanted = io.StringIO(), json_logging()["formatters"]["json"]
    made = logging.config.DictConfigurator({"version": 1})
    handler = logging.StreamHandler(said)
    handler.setFormatter(made.configure_formatter(dict(wanted)))

    _crash(_logger(handler))

    [line] = said.getvalue().splitlines()
    found = json.loads(line)
    assert found["event"] == "sending to +15*** failed"
    assert "a***@***" in found["exception"]
    assert "ann@" not in line


def test_a_handler_masks_once() -> None:
    handler = logging.StreamHandler(io.StringIO())
    log = _logger(handler)
    before = handler.formatter

    mask_handlers(log)

    assert handler.formatter is before
    assert isinstance(before, MaskingFormatter)
