"""The cache of answers (G-5) and the memory of keys (G-7)."""

import pytest

from gateway.answers import Answer, Answers
from gateway.keys import Keys, checked, fingerprint_of
from gateway.refusals import Refusal
from gateway.rules import GatewayRules

RULES = GatewayRules(key_kept_ms=1_000, keys_max=2)


def test_an_answer_serves_until_its_time_is_over() -> None:
    answers = Answers(10)
    answers.put(("k",), Answer(200, b"{}", until_ms=100))
    assert answers.get(("k",), 99) is not None
    assert answers.get(("k",), 100) is None


def test_an_event_about_its_subject_makes_an_answer_stale() -> None:
    answers = Answers(10)
    answers.put(("k",), Answer(200, b"{}", 100, frozenset({"ord_1"})))
    answers.put(("other",), Answer(200, b"{}", 100, frozenset({"ord_2"})))
    answers.evict(["ord_1", "ord_3"])
    assert answers.get(("k",), 0) is None
    assert answers.get(("other",), 0) is not None


def test_only_so_many_answers_are_kept_those_asked_for_longest() -> None:
    answers = Answers(2)
    for key in ("a", "b"):
        answers.put(key, Answer(200, key.encode(), 100))
    answers.get("a", 0)
    answers.put("c", Answer(200, b"c", 100))
    assert [key for key in "abc" if answers.get(key, 0)] == ["a", "c"]


def test_the_validator_changes_with_the_body() -> None:
    assert Answer(200, b"1", 0).etag == Answer(200, b"1", 9).etag != Answer(200, b"2", 0).etag


def test_a_key_answers_the_same_request_with_the_same_answer() -> None:
    keys = Keys(RULES)
    assert keys.begin("k", "f", 0) is None
    keys.answered("k", 202, {"Location": "/x"}, b"{}")
    again = keys.begin("k", "f", 10)
    assert again is not None
    assert (again.status, again.body, again.headers) == (202, b"{}", (("Location", "/x"),))


@pytest.mark.parametrize(
    ("fingerprint", "answered", "status"), [("other", 202, 422), ("f", 0, 409)]
)
def test_a_key_refuses_another_request_and_one_that_still_runs(
    fingerprint: str, answered: int, status: int
) -> None:
    keys = Keys(RULES)
    keys.begin("k", "f", 0)
    if answered:
        keys.answered("k", answered, {}, b"{}")
    with pytest.raises(Refusal) as refused:
        keys.begin("k", fingerprint, 10)
    assert refused.value.status == status


def test_a_key_is_forgotten_after_a_day_and_after_a_failure() -> None:
    keys = Keys(RULES)
    keys.begin("k", "f", 0)
    keys.failed("k")
    assert keys.begin("k", "g", 1) is None
    assert keys.begin("k", "h", 1_001) is None


def test_the_order_of_fields_does_not_make_another_request() -> None:
    one = fingerprint_of("POST", "/v1/orders", {"a": 1, "b": 2})
    assert one == fingerprint_of("POST", "/v1/orders", {"b": 2, "a": 1})
    assert one != fingerprint_of("POST", "/v1/returns", {"a": 1, "b": 2})


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_up_to_255_characters(key: str) -> None:
    with pytest.raises(Refusal):
        checked(key, GatewayRules())
