"""Keys of two names, for what is found by the first of them, in order of time where one is kept."""

from typing import Final

_PART: Final = "\x1f"
_LAST_MS: Final = 10**14 - 1


def pair_key(first: str, second: str) -> str:
    """Both in one key: those that begin with the same name lie beside each other."""
    return f"{first}{_PART}{second}"


def pairs_prefix(first: str) -> str:
    """What all keys that begin with this name, and no others, begin with."""
    return f"{first}{_PART}"


def pairs_range(first: str) -> tuple[str, str]:
    """The [start, end) of the same keys, for a scan."""
    return f"{first}{_PART}", f"{first}\x20"


def second_of(key: str) -> str:
    """The second name of such a key."""
    return key.partition(_PART)[2]


def dated_key(first: str, at_ms: int, second: str) -> str:
    """The same with a time between them: of those of one name the newest comes first."""
    return f"{first}{_PART}{_LAST_MS - at_ms:014d}{_PART}{second}"


def dated_range(first: str, until_ms: int) -> tuple[str, str]:
    """The [start, end) of the dated keys of this name at or before a time, for a scan."""
    return f"{first}{_PART}{_LAST_MS - until_ms:014d}", f"{first}\x20"


def second_of_dated(key: str) -> str:
    """The second name of a dated key."""
    return key.split(_PART, 2)[2]
