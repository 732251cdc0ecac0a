"""Limits of a recipient: ten messages an hour, later ones in the next hour with room (G-37).

And of a digest, which is one message of them all.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from streams.notifications.rows import Bookings, Digest
from streams.notifications.rules import NotificationRules

NONE = Bookings()

Loud = Callable[[int], int]
"""The earliest time at or after a time at which the message may go out."""


def window_of(at_ms: int, rules: NotificationRules) -> int:
    """The start of the window that at_ms lies in: [start, start + size), from the epoch on."""
    return at_ms - at_ms % rules.window_ms


def has_room(bookings: Bookings, at_ms: int, rules: NotificationRules) -> bool:
    """Whether the window of at_ms takes one more."""
    return _count(bookings, window_of(at_ms, rules)) < rules.recipient_max


def slot(bookings: Bookings, at_ms: int, loud: Loud, rules: NotificationRules) -> int | None:
    """The earliest time at or after at_ms with room; None: not within the windows ahead."""
    due_ms = loud(at_ms)
    last_ms = due_ms + rules.defer_windows_max * rules.window_ms
    while due_ms <= last_ms:
        if has_room(bookings, due_ms, rules):
            return due_ms
        due_ms = loud(window_of(due_ms, rules) + rules.window_ms)
    return None


def booked(bookings: Bookings, due_ms: int, now_ms: int, rules: NotificationRules) -> Bookings:
    """Count a message at due_ms, and forget the windows that are over."""
    start = window_of(due_ms, rules)
    counts = {at: n for at, n in bookings.counts if at > now_ms - rules.window_ms}
    counts[start] = counts.get(start, 0) + 1
    return Bookings(tuple(sorted(counts.items())), bookings.sweep_ms)


def held_back(bookings: Bookings, at_ms: int, rules: NotificationRules) -> int:
    """How many messages wait for a later window than that of at_ms."""
    start = window_of(at_ms, rules)
    return sum(count for at, count in bookings.counts if at > start)


def words_bytes(words: dict[str, Any]) -> int:
    """What a message's words take."""
    return len(msgspec.json.encode(words))


def has_place(digest: Digest | None, words: dict[str, Any], rules: NotificationRules) -> bool:
    """Whether a recipient's next digest takes a message with these words."""
    if digest is None:
        return True
    size = digest.size_bytes + words_bytes(words)
    return len(digest.keys) < rules.digest_entries_max and size <= rules.digest_bytes_max


def _count(bookings: Bookings, start_ms: int) -> int:
    for at, count in bookings.counts:
        if at == start_ms:
            return count
    return 0
