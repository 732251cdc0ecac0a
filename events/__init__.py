"""The wire contract: every message of FlowMart, and the two ways across the wire.

Comes in: bytes of a record, in the canonical envelope or any older shape. Goes out: frozen models,
or canonical bytes. Units: money is an int of minor units inside and a decimal of major units on the
wire; time is aware UTC, in whole milliseconds. Nothing here opens a socket, reads the environment
or knows the clock. Messages are imported from the modules that define them. What the contract has
beyond the published catalog is listed in `events/README.md`.
"""

from events.base import RECORD_BYTES_MAX, Message
from events.codec import decode, encode, headers, key_of
from events.envelope import Envelope
from events.errors import (
    ContractError,
    FlowMartError,
    UnknownMessage,
    UnsupportedVersion,
)
from events.ids import NAMESPACE, derived_id
from events.registry import ALIASES, MESSAGES, TOPICS, message_named

__all__ = [
    "ALIASES",
    "MESSAGES",
    "NAMESPACE",
    "RECORD_BYTES_MAX",
    "TOPICS",
    "ContractError",
    "Envelope",
    "FlowMartError",
    "Message",
    "UnknownMessage",
    "UnsupportedVersion",
    "decode",
    "derived_id",
    "encode",
    "headers",
    "key_of",
    "message_named",
]
