"""When the provider pays out (G-20)."""

from typing import Final

from events.payments import PaymentSettled
from streams.payments import dispute_facts as df
from streams.payments.amounts import remaining_minor
from streams.payments.rules import PaymentRules
from streams.payments.states import Payment, Status
from streams.payments.steps import Facts

_UNSETTLED: Final = frozenset({Status.CAPTURED, Status.PARTIALLY_REFUNDED})


def settle(payment: Payment, event: PaymentSettled, at_ms: int, _: PaymentRules) -> Facts:
    """Note the provider's own word of a payout, once."""
    if payment.settled_at_ms or payment.status not in _UNSETTLED:
        return ()
    amount, fee = event.gross_amount_minor, event.fee_amount_minor
    return (df.Settled(amount, fee, at_ms, our_word=False),)


def settlement_due(payment: Payment, due_ms: int, now_ms: int, rules: PaymentRules) -> Facts:
    """Say that what remains was paid out."""
    if payment.due_ms != due_ms or payment.status not in _UNSETTLED:
        return ()
    return settled_now(payment, now_ms, rules)


def settled_now(payment: Payment, at_ms: int, rules: PaymentRules) -> Facts:
    """Pay out what remains, once."""
    if payment.settled_at_ms:
        return ()
    amount = remaining_minor(payment)
    return (df.Settled(amount, rules.fee_minor(amount), at_ms, our_word=True),)
