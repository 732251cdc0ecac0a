"""Attempts to deliver that fail: again, wait for an address, or back to the sender (G-31)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, get_args

from events.vocabulary import LOST, DeliveryFailureCode
from streams.shipping.calendar import next_attempt_ms
from streams.shipping.claims import filed
from streams.shipping.facts import AttemptFailed, Facts, Resumed, SentBack, StillAwaited
from streams.shipping.history import ASKED_AGAIN
from streams.shipping.returns import sent_back
from streams.shipping.rows import Scan, Shipment
from streams.shipping.rules import ShippingRules

ADDRESS: Final = "ADDRESS_NOT_FOUND"

_CODES: Final = frozenset(get_args(DeliveryFailureCode))
_NEVER_AGAIN: Final = frozenset({"DAMAGED_IN_TRANSIT", "REFUSED"})
_TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ADDRESS: "The address could not be found.",
        "CUSTOMER_UNAVAILABLE": "Customer was unavailable for delivery.",
        "DAMAGED_IN_TRANSIT": "Package damaged in transit.",
        "REFUSED": "The customer refused the package.",
        LOST: "The package is lost.",
        "OTHER": "The package could not be delivered.",
    }
)


def attempt_failed(
    shipment: Shipment, scan: Scan, told: str | None, at_ms: int, rules: ShippingRules
) -> Facts:
    """An attempt failed, or the carrier itself says that it lost the parcel."""
    failed = _failed(shipment, scan, told, at_ms, rules)
    return (failed, *filed(shipment, at_ms, rules)) if failed.code == LOST else (failed,)


def _failed(
    shipment: Shipment, scan: Scan, told: str | None, at_ms: int, rules: ShippingRules
) -> AttemptFailed:
    """An address that is not found does not count as an attempt.

    The next one follows when this was made, however late its carrier tells of it.
    """
    seen_ms = min(scan.at_ms, at_ms)
    code = told if told is not None and told in _CODES else "OTHER"
    counts = code not in {ADDRESS, LOST}
    attempts = min(shipment.attempts + counts, rules.attempts_max)
    over = code in _NEVER_AGAIN or (counts and attempts >= rules.attempts_max)
    next_ms = at_ms if over else _following_ms(seen_ms, at_ms, rules)
    if code == ADDRESS:
        next_ms = at_ms + rules.address_fix_ms
    elif code == LOST:
        next_ms = 0
    retriable = not over and code != LOST
    return AttemptFailed(at_ms, code, _TEXTS[code], attempts, retriable, next_ms, scan, seen_ms)


def _following_ms(seen_ms: int, at_ms: int, rules: ShippingRules) -> int:
    """The attempt after one that was seen then, and is told of now: none lies in the past."""
    following_ms = next_attempt_ms(seen_ms, rules)
    return following_ms if following_ms > at_ms else next_attempt_ms(at_ms, rules)


def awaited(shipment: Shipment, told: str | None, seen_ms: int, rules: ShippingRules) -> bool:
    """Whether another failure repeats the last, by when their carrier saw them.

    Attempts are a day apart on the clock of whoever makes them: in the afternoon of its coast,
    which may be the night of UTC, and told hours later.
    """
    lost_still = shipment.is_lost and told == LOST
    is_same = seen_ms - shipment.scanned_at_ms < rules.day_ms // 2
    return lost_still or is_same or goes_back(shipment)


def goes_back(shipment: Shipment) -> bool:
    """Whether the way back begins when the wait is over."""
    return bool(shipment.next_ms) and shipment.failure in {ADDRESS, *_NEVER_AGAIN}


def redelivery_due(shipment: Shipment, due_ms: int, now_ms: int, rules: ShippingRules) -> Facts:
    """Make the next attempt, or send it back."""
    if shipment.next_ms != due_ms:
        return ()
    if goes_back(shipment) or shipment.attempts >= rules.attempts_max:
        return (SentBack(now_ms, sent_back(shipment)),)
    return (Resumed(now_ms, now_ms + rules.lost_ms),)


def lost(shipment: Shipment, due_ms: int, now_ms: int, rules: ShippingRules) -> Facts:
    """Count as lost what nobody has scanned for days, and claim it (G-30).

    Where that time passed while no worker ran, its carrier has been asked once more before.
    """
    if shipment.lost_due_ms != due_ms:
        return ()
    asked_again = shipment.history[-1].reason == ASKED_AGAIN
    if shipment.poll_due_ms and now_ms - due_ms > rules.poll_ms and not asked_again:
        return (StillAwaited(now_ms, now_ms + rules.poll_ms),)
    gone = AttemptFailed(
        now_ms,
        LOST,
        _TEXTS[LOST],
        shipment.attempts,
        retriable=False,
        next_ms=0,
        scan=None,
        scanned_at_ms=shipment.scanned_at_ms,
    )
    return gone, *filed(shipment, now_ms, rules)
