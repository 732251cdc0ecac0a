"""An erasure as rounds over all partitions: they end with the first that finds nothing.

Orders lie by order, payments by payment, contacts by customer, so every partition is asked. A
round that erased something is followed by another a minute later, since what was under way may
have brought something back; one that met open business is followed by another a day later.
Times are ms since 1970 UTC.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from events.erasure import EraseCustomer
from streams.erasure.rules import ErasureRules

PAYMENTS_MAX: Final = 1_000
"""Payments of subscriptions that one erasure follows."""


class Sweep(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """Asks one partition to erase what it has of a customer."""

    customer_id: str
    round: int
    asked_at_ms: int
    """Orders that the customer placed later are a new beginning, and not this erasure's."""
    payments: tuple[str, ...] = ()
    """Payments that no order leads to: those of subscriptions."""


class Swept(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """What a partition did."""

    customer_id: str
    round: int
    partition: int
    rows: int = 0
    """Rows that were erased."""
    open: int = 0
    """Orders, subscriptions and messages that still need what is known of their customer."""
    payments: tuple[str, ...] = ()
    """Payments that the customer's invoices name."""


class Erasure(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How far an erasure is."""

    requested_by: str
    requested_at_ms: int
    cause_id: str
    correlation_id: str
    round: int = 1
    """Counted from 1."""
    swept: tuple[int, ...] = ()
    """Partitions that have answered in this round, ascending."""
    found: int = 0
    """Rows that were erased in this round."""
    open: int = 0
    """Orders, subscriptions and messages that were open in this round."""
    rows: int = 0
    """Rows that were erased in all."""
    payments: tuple[str, ...] = ()
    next_ms: int = 0
    """When the next round begins; 0: none is to come."""
    erased_at_ms: int = 0
    """0: not yet."""


def asked(
    known: Erasure | None, command: EraseCustomer, event_id: str, correlation_id: str, at_ms: int
) -> Erasure:
    """Begin an erasure; one that is under way goes on with what was placed since.

    A repeat of the command changes nothing.
    """
    if known is not None and known.cause_id == event_id:
        return known
    begun = Erasure(command.requested_by, at_ms, event_id, correlation_id)
    if known is None or known.erased_at_ms:
        return begun
    return replace(begun, round=known.round + 1, rows=known.rows, payments=known.payments)


def answered(
    known: Erasure, told: Swept, partitions: int, at_ms: int, rules: ErasureRules
) -> Erasure:
    """Count a partition's answer, once; with the last one say what comes next."""
    if known.erased_at_ms or told.round != known.round or told.partition in known.swept:
        return known
    payments = tuple(dict.fromkeys((*known.payments, *told.payments)))[:PAYMENTS_MAX]
    counted = replace(
        known,
        swept=tuple(sorted((*known.swept, told.partition))),
        found=known.found + told.rows + len(payments) - len(known.payments),
        open=known.open + told.open,
        rows=known.rows + told.rows,
        payments=payments,
    )
    return _concluded(counted, at_ms, rules) if len(counted.swept) == partitions else counted


def _concluded(known: Erasure, at_ms: int, rules: ErasureRules) -> Erasure:
    if known.open:
        return replace(known, next_ms=at_ms + rules.open_ms)
    if known.found:
        return replace(known, next_ms=at_ms + rules.settle_ms)
    return replace(known, erased_at_ms=at_ms)


def next_round(known: Erasure) -> Erasure:
    """Begin another round."""
    return replace(known, round=known.round + 1, swept=(), found=0, open=0, next_ms=0)


def sweep_of(customer_id: str, known: Erasure) -> Sweep:
    """What every partition is asked in this round."""
    return Sweep(customer_id, known.round, known.requested_at_ms, known.payments)
