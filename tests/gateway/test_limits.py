"""Token buckets (G-3)."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.limits import Buckets, Rate, UnderWay

RATE = Rate.of(120, burst_ms=2_000, burst_min=10)


def test_a_bucket_holds_two_seconds_of_its_rate_and_ten_at_least() -> None:
    assert RATE.burst == 10
    assert Rate.of(6_000, 2_000, 10).burst == 200


def test_what_is_asked_at_once_ends_with_the_burst_and_says_when_to_come_back() -> None:
    buckets = Buckets(10)
    verdicts = [buckets.take("cus_1", RATE, 100.0) for _ in range(11)]
    assert [v.allowed for v in verdicts] == [True] * 10 + [False]
    assert [v.remaining for v in verdicts[:3]] == [9, 8, 7]
    assert (verdicts[-1].retry_after_s, verdicts[-1].reset_s) == (1, 5)
    assert verdicts[0].reset_s == 1, "one of ten is gone"


def test_tokens_flow_back_at_the_rate() -> None:
    buckets = Buckets(10)
    for _ in range(10):
        buckets.take("cus_1", RATE, 0.0)
    assert not buckets.take("cus_1", RATE, 0.4).allowed
    assert buckets.take("cus_1", RATE, 0.6).allowed


def test_so_many_tokens_flow_back_and_no_bucket_holds_more_than_fit_in() -> None:
    buckets, rate = Buckets(10), Rate.of(60, burst_ms=0, burst_min=10)
    for _ in range(10):
        buckets.take("cus_1", rate, 0.0)

    assert not buckets.take("cus_1", rate, 0.99).allowed
    assert buckets.take("cus_1", rate, 1.0).allowed
    passed = [buckets.take("cus_1", rate, 3_600.0).allowed for _ in range(11)]
    assert passed == [True] * 10 + [False]


def test_who_waited_already_waits_for_the_rest_only() -> None:
    buckets, rate = Buckets(10), Rate.of(6, burst_ms=0, burst_min=1)
    assert buckets.take("cus_1", rate, 0.0).retry_after_s == 0
    assert [buckets.take("cus_1", rate, at).retry_after_s for at in (0.0, 4.5, 9.5)] == [10, 6, 1]


def test_one_principal_does_not_use_up_anothers_tokens() -> None:
    buckets = Buckets(10)
    for _ in range(20):
        buckets.take("cus_1", RATE, 0.0)
    assert buckets.take("cus_2", RATE, 0.0).allowed


@given(st.lists(st.floats(0, 600), min_size=1, max_size=200))
def test_never_more_pass_than_burst_and_rate_allow(times: list[float]) -> None:
    buckets = Buckets(10)
    passed = [at for at in sorted(times) if buckets.take("p", RATE, at).allowed]
    for i, start in enumerate(passed):
        for j in range(i, len(passed)):
            assert j - i + 1 <= RATE.burst + (passed[j] - start) * RATE.per_min / 60 + 1e-6


def test_the_longest_unused_bucket_is_forgotten_first() -> None:
    buckets = Buckets(2)
    for name in ("a", "b", "a", "c"):
        buckets.take(name, RATE, 0.0)
    assert buckets.take("a", RATE, 0.0).remaining == 7
    assert buckets.take("b", RATE, 0.0).remaining == 9


def test_what_is_under_way_is_bounded_and_given_back() -> None:
    under_way = UnderWay(1)
    with under_way.one("cus_1") as first, under_way.one("cus_1") as second:
        assert (first, second) == (True, False)
    with under_way.one("cus_1") as again:
        assert again
    assert not under_way._count
