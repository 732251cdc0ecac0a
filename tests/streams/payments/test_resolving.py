"""What a person says of a stuck payment: which entries leave, and that nothing else changes."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from events.base import Message
from events.books import ResolveStuckPayment
from streams.moments import HOUR_MS, moment_of
from streams.payments.books import BOOKS, Stuck, relisted, stuck_at_provider
from streams.payments.evolution import evolve_all
from streams.payments.refund import RefundState
from streams.payments.refund_facts import Refunded
from streams.payments.refunds import made_after_all
from streams.payments.resolving import resolve, settled
from streams.payments.states import RESOLUTIONS_MAX, Payment, Resolution, Status
from streams.payments.steps import Facts
from tests.streams.payments.samples import (
    NOW_MS,
    PAYMENT,
    RULES,
    Life,
    cancelled,
    capturing,
    chargeback,
    failed,
    paid,
    refunded,
    voided,
    voiding,
)

SINCE_MS, AT_MS = NOW_MS + HOUR_MS, NOW_MS + 2 * HOUR_MS


def listed(*on: str, why: str = "provider") -> Stuck:
    return Stuck(why, SINCE_MS, "stripe", "ch_1", "USD", 100, 0, on=on)


def word(
    *entries: str, since_ms: int = SINCE_MS, is_refunded: bool | None = False
) -> ResolveStuckPayment:
    return ResolveStuckPayment(
        payment_id=PAYMENT,
        entries=entries,
        listed_at=moment_of(since_ms),
        resolved_by=" ann ",
        note="made again by hand",
        refunded=is_refunded,
    )


@pytest.mark.parametrize(
    ("row", "said", "settled"),
    [
        (listed("puzzle"), word("puzzle"), ("puzzle",)),
        (listed("puzzle", "ref_1"), word("ref_1"), ("ref_1",)),
        (listed("puzzle", "ref_1"), word("ref_1", "puzzle", "ref_1"), ("ref_1", "puzzle")),
        (listed(why=BOOKS), word(BOOKS), (BOOKS,)),
        (listed("void", why=BOOKS), word("void"), ("void",)),
        (listed("capture", "puzzle"), word("capture", "puzzle"), ("puzzle",)),
        (None, word("puzzle"), ()),
        (listed("puzzle"), word("puzzle", since_ms=SINCE_MS - 1), ()),
        (listed("puzzle"), word("ref_1"), ()),
        (listed("puzzle"), word(BOOKS), ()),
        (listed("puzzle"), word(), ()),
        (listed("capture"), word("capture"), ()),
        (listed("ref_1", "puzzle"), word("ref_1", "puzzle", is_refunded=None), ("puzzle",)),
    ],
)
def test_a_person_takes_off_what_they_saw_and_nothing_that_wants_a_word(
    row: Stuck | None, said: ResolveStuckPayment, settled: tuple[str, ...]
) -> None:
    entries = [entry for fact in resolve(row, said, AT_MS) for entry in fact.entries]

    assert entries == [*settled]


def say(life: Life, *entries: str) -> Payment:
    row = stuck_at_provider(life.payment, SINCE_MS)
    return evolve_all(life.payment, resolve(row, word(*entries), AT_MS))


def refund_given_up() -> Life:
    return paid().hear(cancelled()).wait(2 * HOUR_MS)


def void_given_up() -> Life:
    return voiding().wait(2 * HOUR_MS)


def puzzled() -> Life:
    return capturing().hear(chargeback())


@pytest.mark.parametrize("make", [refund_given_up, void_given_up, puzzled])
def test_nothing_changes_but_that_nobody_looks_any_more(make: Callable[[], Life]) -> None:
    life = make()
    before = life.payment
    assert before.stuck

    after = say(life, *before.stuck_on)

    who = Resolution(AT_MS, "ann", "made again by hand", before.stuck_on)
    assert after == replace(before, stuck_on=(), resolved=(who,))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (voided(), Status.CANCELLED),
        (failed("void", retryable=False, failure_code="already_voided"), Status.CANCELLED),
    ],
)
def test_a_void_is_heard_also_after_a_person_took_it_off(answer: Message, status: Status) -> None:
    life = void_given_up()
    life.row = say(life, "void")

    life.hear(answer)

    assert (life.status, life.payment.authorized_minor, life.payment.stuck) == (status, 0, False)


def test_money_that_was_taken_after_all_goes_back_once_also_after_a_person_took_the_void_off() -> (
    None
):
    life = void_given_up()
    life.row = say(life, "void")
    taken = failed("void", retryable=False, failure_code="already_captured")

    life.hear(taken, taken)

    assert life.names.count("RefundCharge") == 1
    assert life.payment.captured_minor > 0


def test_a_claim_that_a_person_settled_and_that_is_told_again_is_not_listed_again() -> None:
    life = puzzled()
    life.row = say(life, *life.payment.stuck_on)

    life.hear(chargeback())

    assert not life.payment.stuck


def test_another_claim_is_listed_whatever_a_person_settled_before() -> None:
    life = puzzled()
    life.row = say(life, *life.payment.stuck_on)

    life.hear(chargeback(reference="cb_2"))

    assert life.payment.stuck_on == ("cb_2",)


def test_what_a_person_must_look_at_is_listed_once_and_hides_nothing_else() -> None:
    life = puzzled().hear(chargeback(), chargeback(reference="cb_2"), chargeback())

    assert life.payment.stuck_on == ("cb_1", "cb_2")


def test_of_many_words_the_newest_are_kept() -> None:
    life = puzzled()
    for _ in range(RESOLUTIONS_MAX + 3):
        life.row = replace(say(life, "cb_1"), stuck_on=("cb_1",))

    assert len(life.payment.resolved) == RESOLUTIONS_MAX


@pytest.mark.parametrize(
    ("row", "before", "after", "on"),
    [
        (None, (), ("void",), (AT_MS, "provider", ("void",))),
        (listed("void"), ("void",), (), None),
        (listed("void"), ("void",), ("void", "puzzle"), (AT_MS, "provider", ("void", "puzzle"))),
        (
            listed("void", "puzzle"),
            ("void", "puzzle"),
            ("void",),
            (SINCE_MS, "provider", ("void",)),
        ),
        (listed(why=BOOKS), (), ("ref_1",), (AT_MS, BOOKS, ("ref_1",))),
        (listed("ref_1", why=BOOKS), ("ref_1",), (), (SINCE_MS, BOOKS, ())),
        (None, ("void",), (), None),
    ],
)
def test_a_row_says_what_it_stands_for_and_since_when_the_newest(
    row: Stuck | None,
    before: tuple[str, ...],
    after: tuple[str, ...],
    on: tuple[int, str, tuple[str, ...]] | None,
) -> None:
    payment = paid().payment
    was, now = replace(payment, stuck_on=before), replace(payment, stuck_on=after)

    found = relisted(row, was, now, AT_MS)

    assert on == (None if found is None else (found.since_ms, found.why, found.on))


def say_made(life: Life, *, is_refunded: bool) -> Facts:
    """What a person's word on refunds means."""
    before = life.payment
    command = word(*before.stuck_on, is_refunded=is_refunded)
    [said] = resolve(stuck_at_provider(before, SINCE_MS), command, AT_MS)
    return settled(before, said, command, AT_MS, RULES)


def test_a_refund_that_failed_here_and_was_made_all_the_same_counts_as_issued_once() -> None:
    life = refund_given_up()
    [refund] = life.payment.refunds
    assert refund.state is RefundState.FAILED

    facts = say_made(life, is_refunded=True)
    after = evolve_all(life.payment, facts)

    assert [type(fact) for fact in facts] == [Refunded]
    assert (after.status, after.refunded_minor) == (Status.REFUNDED, after.captured_minor)
    assert made_after_all(after, refund.refund_id, AT_MS, RULES) == ()


def test_a_refund_that_was_not_made_stays_failed() -> None:
    assert say_made(refund_given_up(), is_refunded=False) == ()


def test_a_word_on_refunds_says_nothing_of_money_that_came_back() -> None:
    life = paid().hear(cancelled())
    life.hear(refunded(life.payment.refund_id))
    bounced = failed("refund", retryable=False, refund_id=life.payment.refund_id)
    life.hear(bounced)
    assert life.payment.stuck

    assert say_made(life, is_refunded=True) == ()
