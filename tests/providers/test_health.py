"""When a provider counts as down, and how it comes back (G-19)."""

import pytest

from providers.health import Health, HealthRules

RULES = HealthRules()
SECOND_MS = 1_000


def test_five_errors_in_a_row_bring_it_down() -> None:
    health = Health("peer", RULES)
    for _ in range(4):
        health.failed(0, "cut off")
    assert health.is_up

    health.failed(0, "cut off")

    assert not health.allows(1)


def test_an_answer_between_errors_keeps_it_up() -> None:
    health = Health("peer", RULES)
    for _ in range(9):
        health.failed(0, "cut off")
        health.answered(0)

    assert health.is_up


def test_more_than_half_of_a_minutes_calls_bring_it_down() -> None:
    health = Health("peer", RULES)
    for _ in range(10):
        health.failed(0, "cut off")
        health.answered(0)
    assert health.is_up

    health.failed(0, "cut off")

    assert not health.is_up


def test_half_of_a_minutes_calls_do_not() -> None:
    health = Health("peer", RULES)
    for _ in range(20):
        health.answered(0)
        health.failed(0, "cut off")

    assert health.is_up


def test_errors_of_an_earlier_minute_do_not_count() -> None:
    health = Health("peer", HealthRules(errors_max=1_000, calls_min=4))
    for _ in range(3):
        health.failed(0, "cut off")
    health.answered(0)

    health.failed(61 * SECOND_MS, "cut off")

    assert health.is_up


def test_while_down_one_call_in_thirty_seconds_is_let_through() -> None:
    health = Health("peer", HealthRules(errors_max=1))
    health.failed(0, "cut off")

    asked_at = [0, 29_999, 30_000, 30_001, 59_999, 60_000]

    assert [health.allows(ms) for ms in asked_at] == [False, False, True, False, False, True]


def test_looking_whether_a_call_is_due_does_not_use_it_up() -> None:
    health = Health("peer", HealthRules(errors_max=1))
    health.failed(0, "cut off")

    assert [health.takes_calls(1), health.takes_calls(30_000), health.takes_calls(30_000)] == [
        False,
        True,
        True,
    ]


def test_an_answered_probe_brings_it_back() -> None:
    health = Health("peer", RULES)
    for _ in range(5):
        health.failed(0, "cut off")

    health.answered(29_000)  # A call that was under way when it went down.
    assert not health.is_up

    assert health.allows(30_000)
    health.answered(30_010)

    assert health.is_up
    health.failed(30_011, "cut off")
    assert health.is_up


def test_a_failed_probe_keeps_it_down() -> None:
    health = Health("peer", HealthRules(errors_max=1))
    health.failed(0, "cut off")
    assert health.allows(30_000)

    health.failed(30_010, "cut off")

    assert not health.allows(40_000)
    assert health.allows(60_000)


def test_an_old_call_that_is_answered_after_a_failed_probe_does_not_bring_it_back() -> None:
    health = Health("peer", HealthRules(errors_max=1))
    health.failed(0, "cut off")
    assert health.allows(30_000)
    health.failed(30_010, "cut off")

    health.answered(30_020)

    assert not health.is_up


def test_after_twenty_calls_their_share_of_errors_counts() -> None:
    health = Health("peer", HealthRules(errors_max=1_000, calls_min=20))
    for _ in range(9):
        health.answered(0)
    for _ in range(10):
        health.failed(0, "cut off")
    assert health.is_up, "of nineteen calls nothing follows"

    health.failed(59_999, "cut off")

    assert not health.is_up


def test_the_log_says_once_why_it_is_down_and_once_that_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health("stripe", HealthRules(errors_max=2))

    for now_ms in (0, 1, 2, 3):
        health.failed(now_ms, "HTTP 401")
    for now_ms in (30_001, 30_002):
        if health.allows(now_ms):
            health.answered(now_ms)

    assert caplog.messages == [
        "stripe counts as down, tried every 30 s: HTTP 401",
        "stripe answers again",
    ]
