"""How many subscriptions of a partition are in which state now, and how its cycles went.

Sums follow from each fact's difference, so that they need no scan. A billing cycle counts once,
on the calendar's day of its first outcome: paid at its first charge, or failed.
"""

import msgspec
from msgspec.structs import replace

from streams.moments import DAY_MS
from streams.pulse.tally import Cell, Tally
from streams.subscriptions import facts as f
from streams.subscriptions.rows import ENDED, Subscription

STATE = "state"
PAID = "paid"
FAILED = "failed"


class Levels(msgspec.Struct, frozen=True, gc=False):
    """Sums over a partition's subscriptions."""

    seq: int = 0
    """Changes; it tells which of two states is the newer."""
    published: int = 0
    states: dict[str, int] = {}
    """Subscriptions that have not ended, by state. Never changed in place."""
    day: int = 0
    """The newest day on which a cycle came to its first outcome, in days since 1970."""
    paid: int = 0
    """Cycles of that day."""
    failed: int = 0


BARE = Levels()


def after(
    levels: Levels, before: Subscription | None, now: Subscription, fact: f.Fact, at_ms: int
) -> Levels:
    """Give the sums after one fact; the very same where it changes none."""
    cycle = _first_outcome(before, fact)
    if cycle:
        levels = _went(levels, cycle, at_ms // DAY_MS)
    if before is None or before.status is not now.status:
        levels = _moved(levels, before, now)
    return levels


def _first_outcome(before: Subscription | None, fact: f.Fact) -> str:
    """What a cycle came to for the first time, or nothing."""
    if before is None or before.invoice is None or before.invoice.first_failure_at_ms:
        return ""
    if isinstance(fact, f.InvoicePaid):
        return PAID
    return FAILED if isinstance(fact, f.ChargeFailed) else ""


def _went(levels: Levels, cycle: str, day: int) -> Levels:
    if day > levels.day:
        levels = replace(levels, day=day, paid=0, failed=0)
    paid, failed = levels.paid + (cycle == PAID), levels.failed + (cycle == FAILED)
    return replace(levels, seq=levels.seq + 1, paid=paid, failed=failed)


def _moved(levels: Levels, before: Subscription | None, now: Subscription) -> Levels:
    states = dict(levels.states)
    if before is not None and before.status not in ENDED:
        states[before.status.value] -= 1
    if now.status not in ENDED:
        states[now.status.value] = states.get(now.status.value, 0) + 1
    return replace(levels, seq=levels.seq + 1, states=states)


def standing(levels: Levels) -> Tally:
    """Give the sums as a tally, whose cells' totals are the numbers; cycles name their day."""
    cells = {f"{STATE}|{state}": Cell(1, count) for state, count in levels.states.items()}
    cells[f"{PAID}|{levels.day}"] = Cell(1, levels.paid)
    cells[f"{FAILED}|{levels.day}"] = Cell(1, levels.failed)
    return Tally(levels.seq, levels.published, cells)


def told(levels: Levels) -> Levels:
    """Give the sums as ones that have been told."""
    return replace(levels, published=levels.seq)
