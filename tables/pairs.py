"""Keys of two names, for what is found by the first of them."""

from typing import Final

_PART: Final = "\x1f"


def pair_key(first: str, second: str) -> str:
    """Both in one key: those that begin with the same name lie beside each other."""
    return f"{first}{_PART}{second}"


def pairs_range(first: str) -> tuple[str, str]:
    """The [start, end) of the keys that begin with this name, for a scan."""
    return f"{first}{_PART}", f"{first}\x20"


def second_of(key: str) -> str:
    """The second name of such a key."""
    return key.partition(_PART)[2]
