"""What a person may take off the list of stuck payments (G-20)."""

from events.books import ResolveStuckPayment
from streams.moments import ms_of
from streams.payments.books import BOOKS, Stuck
from streams.payments.facts import Resolved
from streams.payments.states import Owed


def entries_of(listed: Stuck) -> tuple[str, ...]:
    """All that a row stands for."""
    return (*listed.on, BOOKS) if listed.why == BOOKS else listed.on


def resolve(listed: Stuck | None, command: ResolveStuckPayment, at_ms: int) -> tuple[Resolved, ...]:
    """Take off what the person saw; no money moves by it.

    In order of precedence it means nothing when

    1. the payment is not on the list, as after the same word before;
    2. something came onto its row after the person looked;
    3. no entry named stands there, or only `capture`: it ends by itself, and while it stands
       keeps the capture from being asked for again.
    """
    if listed is None or listed.since_ms != ms_of(command.listed_at):
        return ()
    standing = set(entries_of(listed)) - {Owed.CAPTURE}
    settled = tuple(dict.fromkeys([one for one in command.entries if one in standing]))
    if not settled:
        return ()
    return (Resolved(settled, command.resolved_by, command.note, at_ms),)
