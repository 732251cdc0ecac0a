"""Who waits for a product, and the word that it is back, on their way to the product's partition.

Any number may wait, so those who do are told a few at a time: the word goes round with how far it
has come. Who began to wait after the product was back waits for the next time: of an event's own
time and its record's the one counts that has somebody told, for producers' clocks are what they
are. Times are ms since 1970 UTC.
"""

import msgspec


class Watch(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Somebody could not get a product and wants to know when it is back."""

    product_id: str
    user_id: str
    since_ms: int


class Restock(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A product is back, and not all who wait have been told."""

    event: str
    """The InventoryAdjusted that says so."""
    back_ms: int
    after: str
    """The first key of those who are yet to be told."""


_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Watch | Restock] = msgspec.json.Decoder(Watch | Restock)


def written(told: Watch | Restock) -> bytes:
    """As a record's value."""
    return _ENCODER.encode(told)


def read(value: bytes) -> Watch | Restock:
    """What a record's value says.

    Raises:
        msgspec.DecodeError: neither.
    """
    return _DECODER.decode(value)
