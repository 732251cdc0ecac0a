"""The circuit breaker (G-6)."""

import pytest

from gateway.breaker import Breaker, State
from gateway.rules import GatewayRules

RULES = GatewayRules()


def opened(at_ms: int = 0) -> Breaker:
    breaker = Breaker(RULES)
    for call in range(20):
        breaker.ended(at_ms, well=call % 2 == 0)
    return breaker


@pytest.mark.parametrize(
    ("calls", "failures", "state"),
    [(19, 19, State.CLOSED), (20, 9, State.CLOSED), (20, 10, State.OPEN)],
)
def test_it_opens_at_half_failures_of_twenty_calls(calls: int, failures: int, state: State) -> None:
    breaker = Breaker(RULES)
    for call in range(calls):
        breaker.ended(1_000, well=call >= failures)
    assert breaker.state(1_000) is state


def test_failures_of_more_than_ten_seconds_ago_do_not_count() -> None:
    breaker = Breaker(RULES)
    for _ in range(19):
        breaker.ended(0, well=False)
    breaker.ended(10_001, well=False)
    assert breaker.state(10_001) is State.CLOSED


def test_open_it_lets_nothing_through_and_says_for_how_long() -> None:
    breaker = opened()
    assert not breaker.allows(29_999)
    assert breaker.retry_after_s(10_500) == 20


def test_half_open_three_probes_go_and_close_it() -> None:
    breaker = opened()
    assert [breaker.allows(30_000) for _ in range(4)] == [True, True, True, False]
    for expected in (State.HALF_OPEN, State.HALF_OPEN, State.CLOSED):
        breaker.ended(30_100, well=True)
        assert breaker.state(30_100) is expected


def test_one_failed_probe_opens_it_anew() -> None:
    breaker = opened()
    assert breaker.allows(30_000)
    breaker.ended(30_100, well=False)
    assert breaker.state(60_000) is State.OPEN
    assert breaker.state(60_100) is State.HALF_OPEN


def test_a_call_that_was_under_way_when_it_opened_changes_nothing() -> None:
    breaker = opened()

    for _ in range(RULES.breaker_probes):
        breaker.ended(1, well=True)
    breaker.ended(RULES.breaker_open_ms - 1, well=False)

    assert breaker.state(RULES.breaker_open_ms - 1) is State.OPEN
    assert breaker.state(RULES.breaker_open_ms) is State.HALF_OPEN
