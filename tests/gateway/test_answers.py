"""The cache of answers (G-5) and the memory of keys (G-7)."""

import gc
import os
import tracemalloc

import pytest

from gateway.answers import ENTRY_BYTES as ANSWER_BYTES
from gateway.answers import Answer, Answers
from gateway.keys import ENTRY_BYTES, Keys, checked, fingerprint_of
from gateway.refusals import Refusal
from settings.gateway import GatewayRules

RULES = GatewayRules(key_kept_ms=1_000)
ROOM = 1 << 20


def test_an_answer_serves_until_its_time_is_over() -> None:
    answers = Answers(ROOM)
    answers.put(("k",), Answer(200, b"{}", until_ms=100))
    assert answers.get(("k",), 99) is not None
    assert answers.get(("k",), 100) is None


def test_an_event_about_its_subject_makes_an_answer_stale() -> None:
    answers = Answers(ROOM)
    answers.put(("k",), Answer(200, b"{}", 100, frozenset({"ord_1"})))
    answers.put(("other",), Answer(200, b"{}", 100, frozenset({"ord_2"})))
    answers.evict(("ord_1", "ord_3"))
    assert answers.get(("k",), 0) is None
    assert answers.get(("other",), 0) is not None


def test_only_what_has_room_is_kept_what_was_asked_for_last() -> None:
    answers = Answers(2 * ANSWER_BYTES + 2)
    for key in ("a", "b"):
        answers.put(key, Answer(200, key.encode(), 100))
    answers.get("a", 0)
    answers.put("c", Answer(200, b"c", 100))
    assert [key for key in "abc" if answers.get(key, 0)] == ["a", "c"]
    answers.put("d", Answer(200, b"d" * ROOM, 100))
    assert not [key for key in "abcd" if answers.get(key, 0)]


@pytest.mark.parametrize("subjects", [1, 20])
def test_answers_take_about_as_much_memory_as_is_counted(subjects: int) -> None:
    answers = Answers(1 << 30)
    gc.collect()
    tracemalloc.start()
    try:
        for n in range(1_000):
            about = frozenset(f"ord_{n:032}_{subject}" for subject in range(subjects))
            key = ("/v1/orders/{id}", f"ord_{n:032}", f"cus_{n:032}")
            answers.put(key, Answer(200, os.urandom(300), 100, about))
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.5 * answers._bytes < taken < 1.2 * answers._bytes


def test_what_is_forgotten_takes_no_room() -> None:
    answers = Answers(ROOM)
    for n in range(3):
        answers.put(("k",), Answer(200, b"{}", n + 1, frozenset({"ord_1"})))
    answers.get(("k",), 3)
    assert (answers._bytes, answers._kept, answers._about) == (0, {}, {})


def test_a_question_that_was_answered_is_kept_in_mind_no_longer() -> None:
    answers = Answers(ROOM)

    with answers.asked() as overtaken:
        answers.evict(("ord_1",))
    answers.evict(("ord_2",))

    assert overtaken == {"ord_1"}
    assert not answers._asked


def test_the_validator_changes_with_the_body() -> None:
    assert Answer(200, b"1", 0).tag == Answer(200, b"1", 9).tag != Answer(200, b"2", 0).tag
    assert Answer(200, b"1", 0, version="3").tag == f"3-{Answer(200, b'1', 0).tag}"


def test_a_key_answers_the_same_request_with_the_same_answer() -> None:
    keys = Keys(RULES)
    assert keys.begin("k", "f", 0) is None
    keys.answered("k", 202, {"Location": "/x"}, b"{}", 5)
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
        keys.answered("k", answered, {}, b"{}", 5)
    with pytest.raises(Refusal) as refused:
        keys.begin("k", fingerprint, 10)
    assert refused.value.status == status
    assert refused.value.headers == ({"Retry-After": "1"} if status == 409 else {})


def test_a_key_is_forgotten_after_a_day_and_after_a_failure() -> None:
    keys = Keys(RULES)
    keys.begin("k", "f", 0)
    keys.failed("k")
    assert keys.begin("k", "g", 1) is None
    assert keys.begin("k", "h", 1_001) is None


def filled(keys: Keys, count: int, body_bytes: int = 300) -> Keys:
    for number in range(count):
        name = f"cus_1\x1f{number:032}"
        keys.begin(name, f"{number:032x}", number)
        where = {"Location": f"/v1/orders/{number:036}", "Content-Type": "application/json"}
        keys.answered(name, 202, where, os.urandom(body_bytes), number)
    return keys


@pytest.mark.parametrize("body_bytes", [100, 3_000])
def test_keys_take_no_more_memory_than_is_counted(body_bytes: int) -> None:
    gc.collect()
    tracemalloc.start()
    try:
        keys = filled(Keys(GatewayRules()), 2_000, body_bytes)
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.5 * keys.size_bytes < taken < keys.size_bytes


def test_when_there_is_no_room_the_oldest_keys_are_forgotten_and_counted() -> None:
    room = 10 * (ENTRY_BYTES + 400)
    keys = filled(Keys(GatewayRules(keys_bytes_max=room)), 100)
    assert keys.size_bytes <= room
    assert keys.forgotten >= 90
    assert keys.begin("cus_1\x1f" + f"{99:032}", f"{99:032x}", 100) is not None
    assert keys.begin("cus_1\x1f" + f"{0:032}", "another", 100) is None


def test_keys_whose_day_is_over_take_no_room_and_are_no_loss() -> None:
    keys = filled(Keys(RULES), 50)
    keys.begin("later", "f", 10_000)
    assert keys.size_bytes == ENTRY_BYTES + len("later")
    assert keys.forgotten == 0


def test_a_key_that_is_used_again_after_its_day_is_the_newest() -> None:
    keys = Keys(RULES)
    for name, at_ms in (("a", 0), ("b", 500), ("a", 1_000), ("c", 1_500)):
        keys.begin(name, "f", at_ms)
    assert list(keys._kept) == ["a", "c"]


def test_what_just_fits_is_kept() -> None:
    keys = Keys(GatewayRules(keys_bytes_max=2 * (ENTRY_BYTES + 1)))
    for name in "abc":
        keys.begin(name, "f", 0)
    assert (list(keys._kept), keys.forgotten) == (["b", "c"], 1)


def test_an_answer_that_does_not_fit_is_not_kept() -> None:
    keys = Keys(GatewayRules(keys_bytes_max=ENTRY_BYTES + 10))
    keys.begin("one", "f", 0)

    keys.answered("one", 202, {}, b"x" * 100, 1)

    assert (keys.size_bytes, keys.forgotten) == (0, 1)


def test_a_request_that_is_forgotten_while_it_runs_is_answered_all_the_same() -> None:
    keys = Keys(GatewayRules(keys_bytes_max=ENTRY_BYTES + 10))
    keys.begin("one", "f", 0)
    keys.begin("two", "f", 0)
    keys.answered("one", 202, {}, b"{}", 1)
    assert keys.begin("one", "f", 2) is None


def test_the_order_of_fields_does_not_make_another_request() -> None:
    one = fingerprint_of("POST", "/v1/orders", {"a": 1, "b": 2})
    assert one == fingerprint_of("POST", "/v1/orders", {"b": 2, "a": 1})
    assert one != fingerprint_of("POST", "/v1/returns", {"a": 1, "b": 2})


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_up_to_255_characters(key: str) -> None:
    assert checked("x" * 255, GatewayRules()) == "x" * 255
    with pytest.raises(Refusal):
        checked(key, GatewayRules())


def test_a_request_is_another_one_by_its_verb_its_path_or_its_body() -> None:
    first = fingerprint_of("POST", "/v1/orders", {"a": 1, "b": 2})

    assert first == fingerprint_of("POST", "/v1/orders", {"b": 2, "a": 1})
    assert first not in {
        fingerprint_of("PATCH", "/v1/orders", {"a": 1, "b": 2}),
        fingerprint_of("POST", "/v1/returns", {"a": 1, "b": 2}),
        fingerprint_of("POST", "/v1/orders", {"a": 1, "b": 3}),
    }
