"""Every way a record can be wrong, as one family: catch `FlowMartError` at the edge, nothing else.

Each message fits on one line and says which field is wrong, why, and what was expected. A value
from the record is quoted only up to `VALUE_CHARS_MAX` characters, because records carry personal
data and errors are logged.
"""

from typing import Final

VALUE_CHARS_MAX: Final = 60
NAME_CHARS_MAX: Final = 80


class FlowMartError(Exception):
    """Bad data or a failing peer, as opposed to a broken invariant, which is an `assert`."""


class ContractError(FlowMartError):
    """A record broke its topic's contract; retrying cannot help.

    The agent sends the record to the dead-letter topic and goes on.
    Operator: look at it with `faust -A app dead-letters list`, mend the producer, then replay.
    """


class UnknownMessage(ContractError):
    """The record names a message that this contract does not have.

    Whose header names such a message is counted and passed over unread: a producer may be ahead
    of us. One that is read to learn its name goes to the dead letters.
    Operator: deploy a version that knows the message, then replay, or mend the producer.
    """


class UnsupportedVersion(ContractError):
    """The record was written under a later major version of its message than this code reads.

    Operator: deploy a version that reads it, then replay the dead letters.
    """


def quoted(value: object) -> str:
    """Show a value from a record, shortened, on one line."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Too many digits, or too deep.
        text = f"<{type(value).__name__}>"
    return text if len(text) <= VALUE_CHARS_MAX else f"{text[: VALUE_CHARS_MAX - 1]}…"
