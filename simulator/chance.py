"""Chance that can be repeated: a generator for each thing, apart from all others.

Order 7 is the same whether or not orders 1 to 6 were made before it.
"""

from collections.abc import Sequence
from random import Random
from typing import Final, TypeVar

T = TypeVar("T")

_BASE32: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O, U."""
_TIME_CHARS: Final = 10
_RANDOM_BITS: Final = 80


def chance_of(seed: int, *things: object) -> Random:
    """The generator of one thing."""
    return Random(":".join(map(str, (seed, *things))))  # noqa: S311 - repeatable is the point


def one_of(chance: Random, among: Sequence[T]) -> T:
    """Any of them, each as likely."""
    return among[int(chance.random() * len(among))]


def base32(number: int, chars: int) -> str:
    """A number in Crockford's base 32, most significant first."""
    return "".join([_BASE32[number >> shift & 31] for shift in range(5 * chars - 5, -1, -5)])


def ulid(at_ms: int, chance: Random) -> str:
    """An id that sorts by time: 48 bits of ms, 80 of chance."""
    return base32(at_ms, _TIME_CHARS) + base32(chance.getrandbits(_RANDOM_BITS), 16)


def uuid_of(chance: Random) -> str:
    """A random UUID."""
    digits = f"{chance.getrandbits(128):032x}"
    head, tail = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}", f"{digits[20:]}"
    return f"{head}-{'89ab'[int(digits[16], 16) & 3]}{digits[17:20]}-{tail}"
