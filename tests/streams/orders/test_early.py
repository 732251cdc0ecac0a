"""Messages that wait for their order."""

import pytest

from streams.orders.early import EARLY_MAX, EarlyMessage, EarlyMessages, OrderUnknown, kept
from tests.streams.orders.samples import AT_MS, MINUTE_MS, RULES


def message(offset: int) -> EarlyMessage:
    at_ms = AT_MS + offset * 1000
    return EarlyMessage("t.{env}", "PaymentProcessed", "t.dev", 0, offset, at_ms, b"k", b"v", ())


def test_all_that_waits_goes_when_the_first_has_waited_ten_minutes() -> None:
    waiting = kept(None, "ord_1", message(0), RULES)
    waiting = kept(waiting, "ord_1", message(7), RULES)

    assert waiting.due_ms == AT_MS + 10 * MINUTE_MS
    assert [early.offset for early in waiting.messages] == [0, 7]


def test_a_flood_of_early_messages_is_refused() -> None:
    waiting = EarlyMessages(AT_MS, tuple(message(n) for n in range(EARLY_MAX)))

    with pytest.raises(OrderUnknown, match="ord_1"):
        kept(waiting, "ord_1", message(EARLY_MAX), RULES)
