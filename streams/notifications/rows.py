"""What Notifications keeps. Times are ms since 1970 UTC."""

from enum import StrEnum
from typing import Any, Final

import msgspec

from events.vocabulary import Channel, Priority

TOKENS_MAX: Final = 10
"""Devices of one customer; the oldest make room."""

CLOSED_MAX: Final = 10
"""Addresses of one customer that are known not to work; the oldest are tried again."""

ENGAGEMENTS_MAX: Final = 20
"""Engagements of one notification that are remembered, to know a repeat."""


class Status(StrEnum):
    """Where a notification stands (stateMachines.notification)."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    ENGAGED = "engaged"
    SUPPRESSED = "suppressed"
    DEAD_LETTERED = "dead_lettered"


class Notification(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One notification: what is told, to whom, where, and what became of it."""

    notification_id: str
    user_id: str
    channel: Channel
    template_id: str
    priority: Priority
    status: Status
    queued_at_ms: int
    idempotency_key: str
    cause_id: str
    """The event that asked for it: what follows is named after it."""
    correlation_id: str
    template_data: dict[str, Any] = {}
    """Never changed in place."""
    source_event_type: str = ""
    to: tuple[str, ...] = ()
    """Address, number or device tokens. Personal data."""
    attempts: int = 0
    """Tries that were begun."""
    pauses: int = 0
    """Tries that a pausing channel did not take; they do not count."""
    due_ms: int = 0
    """When it goes on; 0: nothing waits."""
    asked_ms: int = 0
    """From when its latency counts: when its cause happened, or the time it was put off to."""
    put_off_ms: int = 0
    """The time it was put off to before its first try; 0: it was not."""
    sent_at_ms: int = 0
    read_at_ms: int = 0
    """0: unread."""
    provider: str = ""
    reason: str = ""
    """Why it was not sent."""
    in_digest: bool = False
    """It waits for a digest, or went out in it."""
    members: tuple[str, ...] = ()
    """Of a digest: the history keys of what it tells."""
    engagements: tuple[str, ...] = ()
    """The newest that were told: each counts once."""

    @property
    def wanted_ms(self) -> int:
        """When it was to go out: one may be asked for long before."""
        return max(self.queued_at_ms, self.put_off_ms)

    @property
    def timer(self) -> tuple[str, int]:
        """Kind and due time of the timer that has it go on; due 0: none has."""
        if self.status is Status.SENDING:
            return "notify-retry", self.due_ms
        return "due", 0 if self.in_digest else self.due_ms


class Contact(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Where somebody is reached. Personal data."""

    user_id: str
    email: str = ""
    registered: bool = False
    """Whether the address is the account's; what an order says then changes nothing."""
    phone: str = ""
    """E.164."""
    phone_verified: bool = False
    device_tokens: tuple[str, ...] = ()
    country: str = ""
    """As the account tells it; where it is empty, the number does."""


class Preferences(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What somebody wants, and which of their addresses do not work."""

    user_id: str
    opted_out: tuple[str, ...] = ()
    """Channels that they stopped, ascending."""
    closed: tuple[str, ...] = ()
    """Addresses that do not work, by channel and digest: bounced, complained, disabled. The newest
    last."""
    soft_bounces_ms: tuple[int, ...] = ()
    """When mail to one address bounced softly, within the last days."""
    soft_bounces_of: str = ""
    """Which address that was, by channel and digest."""
    timezone: str = ""
    locale: str = ""


class Bookings(msgspec.Struct, frozen=True, gc=False):
    """Messages to one recipient by window, from the current one on; at most 26 windows."""

    counts: tuple[tuple[int, int], ...] = ()
    """(start of the window, messages), ascending."""
    sweep_ms: int = 0
    """When the oldest of their history goes; 0: there is none."""


class Digest(msgspec.Struct, frozen=True, gc=False):
    """LOW messages that wait for their recipient's next digest."""

    due_ms: int
    keys: tuple[str, ...]
    """History keys, oldest first."""
    size_bytes: int = 0
    """What their words take together: those of one message may be a quarter of a megabyte."""


class Buyer(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Who placed an order, and where they said to reach them. Personal data."""

    user_id: str
    email: str = ""
    phone: str = ""
    in_transit: tuple[str, ...] = ()
    """Shipments whose first scan was told."""
    short: tuple[str, ...] = ()
    """Products that the customer was told are missing."""
    lines: int = 0
    """Lines that were ordered; further ones are those of amendments. 0: nobody said."""
