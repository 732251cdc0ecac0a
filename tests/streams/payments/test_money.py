"""Money is conserved: whatever races and breaks, the shop's rows equal the provider's books."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.base import Message
from events.refunds import RefundIssued
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from streams.payments.amounts import remaining_minor
from streams.payments.refund import OPEN
from streams.payments.states import PAID, TERMINAL, Status
from tests.streams.payments.model_provider import FATES, Provider
from tests.streams.payments.samples import (
    AMOUNT,
    FAR_MS,
    Life,
    amended,
    asked_back,
    cancelled,
    chargeback,
    checked,
    closed,
    committed,
    detected,
    initiated,
    lapsed,
    line,
    renewal,
)

NEWS: dict[str, Any] = {
    "approve": checked,
    "decline": lambda: checked("DECLINED"),
    "review": lambda: checked("MANUAL_REVIEW"),
    "suspect": detected,
    "cancel": cancelled,
    "hold 1": lambda: line(1),
    "hold 2": lambda: line(2),
    "lapse": lambda: lapsed(2),
    "refund some": lambda: asked_back(5_000, "k1"),
    "refund more": lambda: asked_back(9_000, "k2"),
    "refund rest": lambda: asked_back(None, "k3"),
    "cheaper": lambda: amended(AMOUNT - 6_000),
    "dearer": lambda: amended(AMOUNT + 6_000),
    "shorter": lambda: amended(AMOUNT - 9_000, 1, 0),
}
WAITS = (SECOND_MS, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 8 * DAY_MS)
BANK = ("claim", "claim some", "lost", "won", "arrives", "fails", "bounces")
COMMANDS = ("ProcessPayment", "CapturePayment", "VoidPayment", "RefundCharge")

steps = st.one_of(
    st.tuples(st.just("news"), st.sampled_from(sorted(NEWS))),
    st.tuples(st.just("news"), st.sampled_from(["approve", "hold 1", "hold 2"])),
    st.tuples(st.just("call"), st.sampled_from(FATES)),
    st.tuples(st.just("call"), st.sampled_from(FATES)),
    st.tuples(st.just("answer"), st.integers(0, 3)),
    st.tuples(st.just("answer"), st.just(0)),
    st.tuples(st.just("repeat"), st.integers(0, 50)),
    st.tuples(st.just("wait"), st.sampled_from(WAITS)),
    st.tuples(st.just("bank"), st.sampled_from(BANK)),
)


class World:
    """A payment, a provider, and what travels between them."""

    def __init__(self, *, recurring: bool) -> None:
        self.life = Life(renewal() if recurring else initiated())
        self.provider = Provider()
        self.called = 0
        self.in_flight: list[Message] = []
        self.heard: list[Message] = []

    def step(self, kind: str, what: Any) -> None:
        if kind == "news":
            self.life.hear(NEWS[what]())
        elif kind == "bank":
            self.bank(what)
        elif kind == "call":
            self.call(what)
        elif kind == "answer" and self.in_flight:
            self.hear(self.in_flight.pop(what % len(self.in_flight)))
        elif kind == "repeat" and self.heard:
            self.life.hear(self.heard[what % len(self.heard)])
        elif kind == "wait":
            self.wait(what)

    def bank(self, what: str) -> None:
        """Let the cardholder's bank claim money back, or decide."""
        if what == "claim" and self.provider.claim(AMOUNT):
            self.life.hear(chargeback())
        elif what == "claim some" and self.provider.claim(7_000):
            self.life.hear(chargeback(7_000))
        elif what in ("arrives", "fails") and self.provider.underway:
            told = self.provider.arrive(min(self.provider.underway), fails=what == "fails")
            assert told is not None
            self.hear(told)
        elif what == "bounces":
            self.bounce()
        elif what == "lost" and self.provider.judge(lost=True):
            self.life.hear(closed("lost"))
        elif what == "won" and self.provider.judge(lost=False):
            self.life.hear(closed("won"))

    def bounce(self) -> None:
        """Let a refund that went through come in again, as a webhook tells it."""
        done = [r for r in self.life.payment.refunds if r.state == "completed" and not r.bounced]
        if done:
            self.hear(self.provider.bounce(done[0].refund_id, done[0].amount_minor))

    def wait(self, ms: int) -> None:
        """Let time pass; without evidence the bank decides for the cardholder."""
        self.life.wait(ms)
        dispute = self.life.payment.dispute
        if dispute is not None and dispute.outcome == "lost":
            self.provider.judge(lost=True)

    def call(self, fate: str) -> bool:
        """Let the provider answer the oldest command; one payment's calls follow each other."""
        waiting = [
            (message, metadata)
            for message, metadata in zip(self.life.said, self.life.metadata, strict=True)
            if message.name in COMMANDS
        ][self.called :]
        if not waiting:
            return False
        command, metadata = waiting[0]
        self.called += 1
        ask = (metadata or {}).get("ask")
        self.in_flight.append(self.provider.answer(command, ask, fate))
        return True

    def hear(self, answer: Message) -> None:
        self.heard.append(answer)
        self.life.hear(answer)

    def settle_now(self) -> None:
        """Let the provider answer all it was asked."""
        while self.call("fine") or self.in_flight:
            self.hear(self.in_flight.pop(0))

    def settle(self) -> None:
        """Let everything come to its end, with a provider that is well again."""
        for _ in range(100):
            self.settle_now()
            if not self.life.timers:
                in_review = self.life.payment.fraud == "MANUAL_REVIEW"
                if not (in_review and self.life.status in PAID):
                    return
                self.life.hear(checked("DECLINED"))  # A review decides within a day (G-24).
                continue
            self.wait(min(due_ms for _, due_ms in self.life.timers) - self.life.now_ms)
        raise AssertionError(f"timers without end: {self.life.timers}")


def judge(world: World) -> None:
    """Hold the row against the books, once all has come to its end."""
    row, books = world.life.payment, world.provider
    assert books.captures <= 1
    assert world.life.names.count("PaymentProcessed") <= 1
    issued = [m.amount_minor for m in world.life.said if isinstance(m, RefundIssued)]
    assert sum(issued) == row.refunded_minor + books.bounced
    ids = [m.refund_id for m in world.life.said if isinstance(m, RefundIssued)]
    assert len(ids) == len(set(ids)), "a cause was refunded twice"
    assert all(refund.state not in OPEN for refund in row.refunds), "a refund without an end"
    if row.stuck:  # A person must look: the provider knows more than it told.
        assert row.captured_minor <= books.taken
        assert row.refunded_minor <= books.given_back
        return
    assert row.captured_minor == books.taken
    if not row.session.recurring:
        assert books.left <= row.session.amount_minor, "more is kept than the order costs"
    assert remaining_minor(row) == books.left
    if row.status is not Status.CHARGED_BACK:
        assert row.refunded_minor == books.given_back
    assert row.authorized_minor == books.held
    if row.status is Status.CANCELLED or row.cancel_reason:
        assert row.status in TERMINAL
        assert books.held == 0
        assert books.left == 0 or row.status is Status.CHARGED_BACK


@pytest.mark.parametrize("recurring", [False, True], ids=["order", "renewal"])
@settings(max_examples=100)
@given(st.lists(steps, max_size=40))
def test_the_rows_equal_the_books(recurring: bool, story: list[tuple[str, Any]]) -> None:  # noqa: FBT001 - a parameter of pytest
    world = World(recurring=recurring)

    for kind, what in story:
        world.step(kind, what)
        assert world.provider.captures <= 1
    world.settle()

    judge(world)


KINDS = ["news"] * 3 + ["call"] * 3 + ["answer"] * 3 + ["repeat", "wait", "bank"]


def drawn(chance: random.Random) -> tuple[str, Any]:
    kind = chance.choice(KINDS)
    what: dict[str, Any] = {
        "news": chance.choice(sorted(NEWS) + ["approve", "hold 1", "hold 2"] * 3),
        "call": chance.choice(FATES),
        "answer": chance.choice([0, 0, 1, 2]),
        "repeat": chance.randrange(50),
        "wait": chance.choice(WAITS),
        "bank": chance.choice(BANK),
    }
    return kind, what[kind]


@pytest.mark.parametrize("seed", range(4))
def test_the_rows_equal_the_books_in_a_thousand_rough_lives(seed: int) -> None:
    chance = random.Random(seed)
    ends: Counter[str] = Counter()

    for number in range(1_000):
        world = World(recurring=number % 4 == 0)
        for _ in range(chance.randrange(45)):
            world.step(*drawn(chance))
        world.settle()
        judge(world)
        ends[world.life.status.value] += 1

    assert set(ends) >= {"CANCELLED", "SETTLED", "REFUNDED", "CHARGED_BACK"}, (
        "the stories are too tame"
    )


@settings(max_examples=60)
@given(st.permutations([checked(), line(1), line(2), "charged"]), st.integers(1, 3))
def test_without_faults_every_order_of_events_ends_complete(order: list[Any], times: int) -> None:
    world = World(recurring=False)

    for event in order:
        for _ in range(times):
            if event == "charged":
                world.settle_now()
            else:
                world.life.hear(event)
    world.settle_now()
    world.life.hear(committed(1), committed(2))

    row = world.life.payment
    assert (row.status, row.complete) == (Status.CAPTURED, True)
    assert (world.provider.taken, world.provider.held) == (row.captured_minor, 0)
    assert [n for n in world.life.names if n not in COMMANDS] == [
        "PaymentProcessed",
        "PaymentComplete",
    ]
    assert world.life.kinds() == {"settlement"}
    assert world.life.wait(FAR_MS).status is Status.SETTLED
