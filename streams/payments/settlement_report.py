"""The settlement report of a provider that keeps no books of its own (G-20).

Whatever such a provider said it did, once a charge and once a refund, by chargeId: put together
from its own answers and not from what payments made of them, so that the two can be compared.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from events.charges import ChargeCaptured, ChargeRefunded, StripeChargeSucceeded

REFUNDS_MAX: Final = 50
"""Newest refunds of a charge that are known by name, as many as a payment keeps."""

Answer = StripeChargeSucceeded | ChargeCaptured | ChargeRefunded


class Reported(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One charge of which money was taken, in minor units."""

    captured_minor: int
    refunded_minor: int = 0
    refunds: tuple[str, ...] = ()


def reported(row: Reported | None, answer: Answer) -> Reported | None:
    """Give a charge's line after an answer: the very same after a repeat; None: nothing was taken.

    Money that is only held is in no settlement. What is given back was taken, also where the answer
    that told so was lost: it is given back whole then.
    """
    if isinstance(answer, ChargeRefunded):
        return _given_back(row or Reported(answer.amount_minor), answer)
    taken = isinstance(answer, ChargeCaptured) or bool(answer.captured)
    return Reported(answer.amount_minor) if row is None and taken else row


def _given_back(row: Reported, answer: ChargeRefunded) -> Reported:
    if answer.refund_id in row.refunds:
        return row
    return replace(
        row,
        refunded_minor=row.refunded_minor + answer.amount_minor,
        refunds=(*row.refunds, answer.refund_id)[-REFUNDS_MAX:],
    )
