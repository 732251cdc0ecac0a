"""What is remembered of one customer, by customerId.

Bounded: `ATTEMPTS_KEPT_MAX` payments, `DEVICES_KEPT_MAX` devices, `CHARGEBACKS_KEPT_MAX`
chargebacks, `REVIEWED_KEPT_MAX` payments under review, `SUSPENSIONS_KEPT_MAX` that suspend the
account. Network addresses and cards are kept as
32-bit marks, enough to tell them apart. Only approved payments teach the profile what is normal
(devices, place, orders, amounts), those that a reviewer approves all but the place; every payment
counts in the windows.
"""

import msgspec

from streams.fraud.payment import Payment
from streams.fraud.rules import (
    ATTEMPTS_KEPT_MAX,
    CHARGEBACKS_KEPT_MAX,
    DEVICES_KEPT_MAX,
    REVIEWED_KEPT_MAX,
    SUSPENSIONS_KEPT_MAX,
    FraudRules,
)


class Attempt(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One payment that was attempted, whatever became of it."""

    payment_id: str
    at_ms: int
    ip: int | None = None
    card: int | None = None
    approved_minor: int | None = None
    """What it counts for in the customer's history; None: it does not."""


class Reviewed(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A payment that waits for a reviewer, and what it would teach."""

    payment_id: str
    amount_minor: int
    device: str | None = None


class Place(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where the customer was, in degrees, and when."""

    latitude: float
    longitude: float
    at_ms: int


class RiskProfile(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One customer as fraud detection knows them."""

    attempts: tuple[Attempt, ...] = ()
    """The last payments, in order of arrival."""
    devices: tuple[str, ...] = ()
    """Devices of approved payments, the last used last."""
    orders: int = 0
    """Payments approved by the check or in review, but for those whose orders were cancelled soon
    after, and for what an order costs beyond its price."""
    approved_minor: int = 0
    """Sum of their amounts."""
    place: Place | None = None
    """Of the latest approved payment that told one."""
    chargebacks: tuple[str, ...] = ()
    """By id, the last ones: one is enough to score."""
    suspended_by: str | None = None
    """The payment whose critical finding suspended the account."""
    reviewed: tuple[Reviewed, ...] = ()
    """Those under review, the newest last."""
    suspended_too: tuple[str, ...] = ()
    """Payments with a critical finding since: the account stays suspended by them (G-24)."""


class Velocity(msgspec.Struct, frozen=True, gc=False):
    """How much went on lately, the payment in question included."""

    payments: int
    ips: int
    cards: int


EMPTY = RiskProfile()


def has_seen(profile: RiskProfile, payment_id: str) -> bool:
    """Whether the payment is among those remembered."""
    for attempt in profile.attempts:  # noqa: SIM110 - `any` of a generator takes twice as long
        if attempt.payment_id == payment_id:
            return True
    return False


def velocity_of(profile: RiskProfile, payment: Payment, at_ms: int, rules: FraudRules) -> Velocity:
    """Count payments, network addresses and cards in the windows that end at at_ms.

    Windows are (at_ms - length, at_ms] by the record's time, so a late payment is counted among
    its own contemporaries, and those after it do not weigh on it.
    """
    since, cards_since = at_ms - rules.velocity_window_ms, at_ms - rules.cards_window_ms
    payments, ips, cards = 1, {payment.ip, None}, {payment.card, None}
    for attempt in profile.attempts:
        then = attempt.at_ms
        if since < then <= at_ms:
            payments += 1
            ips.add(attempt.ip)
        if cards_since < then <= at_ms:
            cards.add(attempt.card)
    return Velocity(payments, len(ips) - 1, len(cards) - 1)


def with_attempt(attempts: tuple[Attempt, ...], attempt: Attempt) -> tuple[Attempt, ...]:
    """Add a payment and forget the one that arrived first when there are too many."""
    return (*attempts[1 - ATTEMPTS_KEPT_MAX :], attempt)


def counting(profile: RiskProfile, payment_id: str) -> Attempt | None:
    """The payment as it counts in the customer's history, as long as it is remembered."""
    for attempt in profile.attempts:
        if attempt.payment_id == payment_id and attempt.approved_minor is not None:
            return attempt
    return None


def under_review(profile: RiskProfile, payment_id: str) -> Reviewed | None:
    """The payment as it waits for a reviewer, as long as it is remembered."""
    return next((one for one in profile.reviewed if one.payment_id == payment_id), None)


def with_reviewed(reviewed: tuple[Reviewed, ...], one: Reviewed) -> tuple[Reviewed, ...]:
    """Add a payment under review and forget the oldest when there are too many."""
    return (*reviewed[1 - REVIEWED_KEPT_MAX :], one)


def after_review(profile: RiskProfile, ended: Reviewed, *, approved: bool) -> RiskProfile:
    """Take a payment out of those under review; one that was approved is history like any other."""
    left = tuple([one for one in profile.reviewed if one is not ended])
    if not approved:
        return msgspec.structs.replace(profile, reviewed=left)
    attempts = [
        msgspec.structs.replace(one, approved_minor=ended.amount_minor)
        if one.payment_id == ended.payment_id
        else one
        for one in profile.attempts
    ]
    return msgspec.structs.replace(
        profile,
        attempts=tuple(attempts),
        devices=with_device(profile.devices, ended.device),
        orders=profile.orders + 1,
        approved_minor=profile.approved_minor + ended.amount_minor,
        reviewed=left,
    )


def without(profile: RiskProfile, undone: Attempt) -> RiskProfile:
    """Take a payment out of the customer's history; it was an attempt all the same."""
    bare = msgspec.structs.replace(undone, approved_minor=None)
    return msgspec.structs.replace(
        profile,
        attempts=tuple([bare if one is undone else one for one in profile.attempts]),
        orders=profile.orders - 1,
        approved_minor=profile.approved_minor - (undone.approved_minor or 0),
    )


def with_device(devices: tuple[str, ...], device: str | None) -> tuple[str, ...]:
    """Put the device last and forget the one unused for longest when there are too many."""
    if device is None or (devices and devices[-1] == device):
        return devices
    others = [known for known in devices if known != device]
    return (*others[1 - DEVICES_KEPT_MAX :], device)


def suspending(profile: RiskProfile) -> tuple[str, ...]:
    """The payments by whose findings the account is suspended, the first one first."""
    first = () if profile.suspended_by is None else (profile.suspended_by,)
    return (*first, *profile.suspended_too)


def suspended_by(profile: RiskProfile, payments: tuple[str, ...]) -> RiskProfile:
    """Have those payments suspend the account, and no others; without any it is free."""
    kept = payments[-SUSPENSIONS_KEPT_MAX:]
    return msgspec.structs.replace(
        profile, suspended_by=next(iter(kept), None), suspended_too=kept[1:]
    )


def with_chargeback(chargebacks: tuple[str, ...], chargeback_id: str) -> tuple[str, ...]:
    """Add a chargeback and forget the oldest when there are too many."""
    return (*chargebacks[1 - CHARGEBACKS_KEPT_MAX :], chargeback_id)


def later_place(known: Place | None, seen: Place | None) -> Place | None:
    """Give the later of two places."""
    if known is None or (seen is not None and seen.at_ms >= known.at_ms):
        return seen
    return known
