"""Which timers a change of a payment sets and cancels.

A payment has at most two timers, and those of its refunds that wait: for approval, or for how
they went at the provider. `session`
watches over answers that machines owe: it is set once and not moved by each step, which costs
nothing on the happy path; when it fires early it is set anew. Another belongs to the state and
moves with it: retry in FAILED, review in HELD, authorization in AUTHORIZED, settlement once the
money is in, evidence in DISPUTED.
"""

from typing import Final, NamedTuple

from msgspec.structs import replace

from streams.payments.refund import approvals_due, looks_due
from streams.payments.states import PAID, TERMINAL, Owed, Payment, Status

SESSION: Final = "session"
RETRY: Final = "retry"
REVIEW: Final = "review"
AUTHORIZATION: Final = "authorization"
APPROVAL: Final = "approval"
REFUND: Final = "refund"
SETTLEMENT: Final = "settlement"
EVIDENCE: Final = "evidence"
EARLY: Final = "early"

_KIND_OF: Final = {
    Status.FAILED: RETRY,
    Status.HELD: REVIEW,
    Status.AUTHORIZED: AUTHORIZATION,
    Status.CAPTURED: SETTLEMENT,
    Status.PARTIALLY_REFUNDED: SETTLEMENT,
    Status.DISPUTED: EVIDENCE,
}
_OVER: Final = PAID | TERMINAL


class Alarm(NamedTuple):
    """A timer to set, or to cancel."""

    kind: str
    due_ms: int
    is_set: bool


def alarms(before: Payment | None, after: Payment) -> tuple[Payment, list[Alarm]]:
    """Give the timers to cancel and to set, and the row that knows them."""
    changes: list[Alarm] = []
    if before is not None and before.due_ms and _moved(before, after):
        changes.append(Alarm(_KIND_OF[before.status], before.due_ms, is_set=False))
    if after.due_ms and (before is None or _moved(before, after)):
        changes.append(Alarm(_KIND_OF[after.status], after.due_ms, is_set=True))
    if before is not None and before.refunds is not after.refunds:
        changes.extend(_of_refunds(before, after))
    return _watched(after, changes), changes


def _of_refunds(before: Payment, after: Payment) -> list[Alarm]:
    """Watch over refunds that wait for approval, or for how they went at the provider."""
    was, now = before.refunds, after.refunds
    return [
        *_changed(APPROVAL, approvals_due(was), approvals_due(now)),
        *_changed(REFUND, looks_due(was), looks_due(now)),
    ]


def _changed(kind: str, was: frozenset[int], now: frozenset[int]) -> list[Alarm]:
    """Give the timers that came and went; several due at once share one."""
    return [
        *[Alarm(kind, due_ms, is_set=False) for due_ms in sorted(was - now)],
        *[Alarm(kind, due_ms, is_set=True) for due_ms in sorted(now - was)],
    ]


def _moved(before: Payment, after: Payment) -> bool:
    return before.due_ms != after.due_ms or before.status is not after.status


def _watched(payment: Payment, changes: list[Alarm]) -> Payment:
    """Keep a `session` timer at or before the end of patience while something is owed."""
    watch_ms, due_ms = payment.watch_ms, payment.owed_due_ms
    if payment.owed is Owed.NOTHING:
        if not watch_ms or payment.status not in _OVER:
            return payment
        due_ms = 0
    elif watch_ms and watch_ms <= due_ms:
        return payment
    if watch_ms:
        changes.append(Alarm(SESSION, watch_ms, is_set=False))
    if due_ms:
        changes.append(Alarm(SESSION, due_ms, is_set=True))
    return replace(payment, watch_ms=due_ms)
