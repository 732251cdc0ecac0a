"""Messages that wait for their order."""

from streams.moments import MINUTE_MS
from streams.orders.early import EARLY_BYTES_MAX, EARLY_MAX, EarlyMessage, EarlyMessages, kept
from tests.streams.orders.samples import AT_MS, RULES


def message(offset: int, value: bytes = b"v") -> EarlyMessage:
    at_ms = AT_MS + offset * 1000
    return EarlyMessage("t.{env}", "PaymentProcessed", "t.dev", 0, offset, at_ms, b"k", value, ())


def test_all_that_waits_goes_when_the_first_has_waited_ten_minutes() -> None:
    waiting = kept(kept(None, message(0), RULES), message(7), RULES)

    assert waiting is not None
    assert waiting.due_ms == AT_MS + 10 * MINUTE_MS
    assert [early.offset for early in waiting.messages] == [0, 7]


def test_a_flood_finds_no_room() -> None:
    waiting = EarlyMessages(AT_MS, tuple(message(n) for n in range(EARLY_MAX)))

    assert kept(waiting, message(EARLY_MAX), RULES) is None


def test_what_is_too_heavy_finds_no_room() -> None:
    first = kept(None, message(0, b"v" * EARLY_BYTES_MAX), RULES)

    assert first is not None
    assert kept(first, message(1), RULES) is None
    assert kept(None, message(0, b"v" * (EARLY_BYTES_MAX + 1)), RULES) is None
