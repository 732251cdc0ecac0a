"""The subscribers of a judged run: each is meant to end one way, and ends it by itself.

All subscribe with a good card, before the first order. Most pay the first renewal, some only when
the charge is tried again, and then they leave at once; the others never pay, and are suspended.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from events.ids import derived_id
from events.subscriptions import CancelSubscription, SubscribeUser, UpdatePaymentMethod
from events.types import PaymentMethod
from simulator.chance import base32, chance_of, one_of
from simulator.heard import Said
from simulator.sending import Answer, Sent, sent

MEMBERS_MIN: Final = 10
_ORDERS_A_MEMBER: Final = 100
_TAX_PERCENT: Final = 8
_PRICES: Final = {"plan_monthly_basic": 999, "plan_monthly_pro": 2_999}
"""A month without tax, in minor units (G-39)."""
_RUN_CHARS: Final = 6


class Fate(StrEnum):
    """What a subscription must come to."""

    RENEWS = "renews"
    """The first renewal is paid at once; then the subscriber leaves."""
    RECOVERS = "recovers"
    """It is paid when it is tried again; then the subscriber leaves."""
    NEVER_PAYS = "never pays"
    """It is never paid: suspended, and cancelled for it."""


_CAST: Final = (
    (Fate.RENEWS, None),
    (Fate.RECOVERS, "tok_insufficient_once"),
    (Fate.RENEWS, None),
    (Fate.NEVER_PAYS, "tok_insufficient"),
    (Fate.RENEWS, None),
    (Fate.RECOVERS, "tok_insufficient_twice"),
    (Fate.RENEWS, None),
    (Fate.NEVER_PAYS, "tok_expired"),
)
"""In turn: what becomes of it, and the card that takes the first one's place."""


class Member(NamedTuple):
    """One subscriber and what must come of it."""

    user_id: str
    plan_id: str
    card: str | None
    fate: Fate

    @property
    def month_minor(self) -> int:
        """What a month costs, tax (rounded half up) included."""
        price = _PRICES[self.plan_id]
        return price + (price * _TAX_PERCENT + 50) // 100

    @property
    def paid_minor(self) -> int:
        """What must be paid until the end."""
        return self.month_minor * (1 if self.fate is Fate.NEVER_PAYS else 2)


@dataclass(slots=True)
class Members:
    """All of them, by user id."""

    seed: int
    start_ms: int
    every: dict[str, Member] = field(default_factory=dict)

    def join(self, orders: int) -> Iterator[Sent]:
        """Everybody subscribes, one for so many orders; some give another card afterwards."""
        chance = chance_of(self.seed, self.start_ms, "members")
        run = base32(chance.getrandbits(30), _RUN_CHARS)
        for number in range(max(MEMBERS_MIN, orders // _ORDERS_A_MEMBER)):
            fate, card = _CAST[number % len(_CAST)]
            plan_id = one_of(chance, tuple(_PRICES))
            member = Member(f"usr_{run}_{number:03d}", plan_id, card, fate)
            self.every[member.user_id] = member
            yield from self._subscribe(member)

    def _subscribe(self, member: Member) -> Iterator[Sent]:
        asked = SubscribeUser(
            user_id=member.user_id,
            plan_id=member.plan_id,
            payment_method_id="tok_visa",
            trial_period_days=0,
        )
        yield self._sent(asked, member)
        if member.card is not None:
            method = PaymentMethod(type="credit_card", token=member.card, last4="0002")
            changed = UpdatePaymentMethod(user_id=member.user_id, payment_method=method)
            yield self._sent(changed, member)

    def _sent(self, command: SubscribeUser | UpdatePaymentMethod, member: Member) -> Sent:
        return sent(command, derived_id(member.user_id, command.name), self.start_ms)

    def answers(self, heard: Said, at_ms: int) -> Iterator[Answer]:
        """Whoever has renewed leaves at once."""
        data = heard.data
        if heard.event_type != "SubscriptionRenewedEvent" or data.user_id not in self.every:
            return
        command = CancelSubscription(
            subscription_id=data.subscription_id or "",
            user_id=data.user_id,
            reason="no_longer_needed",
            requested_by="support",
            at_period_end=False,
        )
        yield Answer(0, sent(command, derived_id(heard.event_id, "leave"), at_ms))
