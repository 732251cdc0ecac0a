"""What can happen to a notification. Times are ms since 1970 UTC."""

import msgspec

from events.vocabulary import NotificationFailureReason
from streams.notifications.rows import Notification


class Queued(msgspec.Struct, frozen=True, gc=False):
    """Somebody asked for it."""

    notification: Notification


class Suppressed(msgspec.Struct, frozen=True, gc=False):
    """It is not sent: nothing was tried."""

    reason: NotificationFailureReason


class Deferred(msgspec.Struct, frozen=True, gc=False):
    """It waits in the queue until due_ms."""

    due_ms: int


class Digested(msgspec.Struct, frozen=True, gc=False):
    """It waits for the digest that goes out at due_ms."""

    due_ms: int


class Requeued(msgspec.Struct, frozen=True, gc=False):
    """The wait after a failed try is over."""


class Started(msgspec.Struct, frozen=True, gc=False):
    """A try begins, at these addresses."""

    to: tuple[str, ...]
    held_back: int = 0
    """Of a team of the house: how many more of its messages wait for a later window."""


class TryFailed(msgspec.Struct, frozen=True, gc=False):
    """A try failed; the next one begins at due_ms."""

    due_ms: int
    reason: NotificationFailureReason
    counts: bool
    """False: the channel paused, and nothing was tried."""


class Sent(msgspec.Struct, frozen=True, gc=False):
    """The provider accepted it."""

    at_ms: int
    provider: str


class DeadLettered(msgspec.Struct, frozen=True, gc=False):
    """It was not sent, and nobody tries again."""

    reason: NotificationFailureReason
    code: str = ""
    """The provider's, when the address or the message is to blame."""


class Heard(msgspec.Struct, frozen=True, gc=False):
    """Somebody told what its recipient did with it."""

    engagement_id: str


class Delivered(msgspec.Struct, frozen=True, gc=False):
    """It arrived."""


class Engaged(msgspec.Struct, frozen=True, gc=False):
    """Its recipient did something with it."""

    at_ms: int


Fact = (
    Queued
    | Suppressed
    | Deferred
    | Digested
    | Requeued
    | Started
    | TryFailed
    | Sent
    | DeadLettered
    | Heard
    | Delivered
    | Engaged
)
