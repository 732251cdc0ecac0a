"""What is told by the minute is measured against the contract's promises."""

from streams.pulse.rules import PulseRules


def test_the_promises_are_the_contracts() -> None:
    rules = PulseRules()

    assert rules.window_ms == 60_000  # G-51: figures are per minute.
    assert (rules.order_promise_s, rules.payment_promise_s) == (2, 3)  # G-52
    assert (rules.notification_promise_s, rules.stock_promise_s) == (30, 1)
