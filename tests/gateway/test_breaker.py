"""The circuit breaker (G-6)."""

import pytest

from gateway.breaker import Breaker, State
from settings.gateway import GatewayRules

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


@pytest.mark.parametrize(("later", "state"), [(10_000, State.OPEN), (10_001, State.CLOSED)])
def test_failures_of_more_than_ten_seconds_ago_do_not_count(later: int, state: State) -> None:
    breaker = Breaker(RULES)
    for _ in range(19):
        breaker.ended(0, well=False)
    breaker.ended(later, well=False)
    assert breaker.state(later) is state


def test_failures_that_are_forgotten_are_no_share_of_what_comes() -> None:
    breaker = Breaker(RULES)
    for _ in range(10):
        breaker.ended(0, well=False)
    for _ in range(20):
        breaker.ended(10_001, well=True)
    assert breaker.state(10_001) is State.CLOSED


def test_open_it_lets_nothing_through_and_says_for_how_long() -> None:
    breaker = opened()
    assert not breaker.allows(29_999)
    assert breaker.retry_after_s(10_500) == 20


@pytest.mark.parametrize("breaker", [Breaker(RULES), opened(-RULES.breaker_open_ms)])
def test_who_may_try_at_once_is_told_a_second(breaker: Breaker) -> None:
    assert breaker.retry_after_s(0) == 1


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


def test_opened_anew_it_asks_for_all_probes_anew() -> None:
    breaker = opened()
    for well in (True, True, False):
        assert breaker.allows(30_000)
        breaker.ended(30_000, well=well)
    for _ in range(RULES.breaker_probes):
        assert breaker.state(60_000) is State.HALF_OPEN
        assert breaker.allows(60_000)
        breaker.ended(60_000, well=True)
    assert breaker.state(60_000) is State.CLOSED


@pytest.mark.parametrize(("failures", "state"), [(9, State.CLOSED), (10, State.OPEN)])
def test_closed_again_it_counts_from_nothing(failures: int, state: State) -> None:
    breaker = opened()
    for _ in range(RULES.breaker_probes):
        breaker.allows(30_000)
        breaker.ended(30_000, well=True)
    for call in range(20):
        breaker.ended(30_001, well=call >= failures)
    assert breaker.state(30_001) is state


def test_a_call_that_was_under_way_when_it_opened_changes_nothing() -> None:
    breaker = opened()

    for _ in range(RULES.breaker_probes):
        breaker.ended(1, well=True)
    breaker.ended(RULES.breaker_open_ms - 1, well=False)

    assert breaker.state(RULES.breaker_open_ms - 1) is State.OPEN
    assert breaker.state(RULES.breaker_open_ms) is State.HALF_OPEN
