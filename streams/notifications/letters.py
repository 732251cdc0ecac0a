"""The newest letters of a partition: a ring of places, so that they stay few."""

import msgspec

from streams.notifications.rules import NotificationRules


class Letter(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A message that a provider accepted."""

    sent_at_ms: int
    key: str
    """Of its row in the history."""


def place_of(number: int, rules: NotificationRules) -> str:
    """Where the nth letter is kept, counted from 0; it takes the place of an older one."""
    return f"{number % rules.letters_max:05d}"
