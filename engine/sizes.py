"""How large a record may be, and how large it is."""

from collections.abc import Sequence

from engine.errors import BadRecord
from engine.records import Header

BATCH_BYTES = 900_000
"""Of one record batch; the broker's default limit is 1,048,588. A commit may hold several."""
RECORD_BYTES_MAX = 880_000
"""Key, value and headers of one record or row that the engine writes: it fits into a batch."""
HEADER_BYTES = 6
"""Of the two lengths that each header has on the wire, at most: many small ones are large."""
_SMALL_BYTES = 4_000
"""Of a record so small the signs of headers' names are counted instead of their bytes: that is
cheaper, and at most 12,000 too few."""


class TooLarge(BadRecord):
    """A record led to an output or a row that no record batch can hold.

    Operator: `faust -A app dead-letters show`; shorten what the producer sends, then replay.
    """


def size_of(key: bytes | None, value: bytes | None, headers: Sequence[Header] = ()) -> int:
    """Bytes of a record, but for a few of framing."""
    size = (len(key) if key else 0) + (len(value) if value else 0) + HEADER_BYTES * len(headers)
    for name, text in headers:
        size += len(name) + (len(text) if text else 0)
    return size if size <= _SMALL_BYTES else size + _further(headers)


def size_of_output(topic: str, key: bytes, value: bytes, headers: Sequence[Header]) -> int:
    """The same of an output, unless it would stop the worker when its transaction is written.

    Raises:
        TypeError: says what is not bytes, or which header's name is no text.
        TooLarge: no record batch can hold it.
    """
    if value.__class__ is not bytes:
        raise TypeError(f"output to {topic}: its value is {type(value).__name__}: encode it")
    size = len(key) + len(value) + HEADER_BYTES * len(headers)
    for name, text in headers:
        if name.__class__ is not str:
            raise TypeError(f"output to {topic}: header {name!r} has a name that is no str")
        if text.__class__ is bytes:
            size += len(name) + len(text)
        elif text is None:
            size += len(name)
        else:
            raise TypeError(
                f"output to {topic}: header {name!r} is {type(text).__name__}: encode it"
            )
    if size > _SMALL_BYTES:
        size += _further(headers)
        check_size(f"output to {topic}", size)
    return size


def _further(headers: Sequence[Header]) -> int:
    """Bytes of names beyond one a sign."""
    return sum(len(name.encode()) - len(name) for name, _ in headers)


def check_size(what: str, size: int) -> None:
    """Refuse what cannot be written.

    Raises:
        TooLarge: says what it is and how large.
    """
    if size > RECORD_BYTES_MAX:
        raise TooLarge(f"{what} would have {size:,} bytes, the most is {RECORD_BYTES_MAX:,}")
