"""The records as Python systems parse them: msgspec checks types and bounds as it parses.

Every Python system uses these, the ones that come with slower parsers too, so that what differs
is the system and not the parser.
"""

from typing import Annotated

import msgspec

Id = Annotated[str, msgspec.Meta(min_length=1)]


class Line(msgspec.Struct, gc=False):
    """One line of an order."""

    sku: Id
    qty: Annotated[int, msgspec.Meta(ge=1, le=100)]
    price: Annotated[float, msgspec.Meta(ge=0)]


class CustomerOrder(msgspec.Struct, gc=False, rename="camel"):
    """W1's order."""

    order_id: Id
    customer_id: Id
    lines: Annotated[list[Line], msgspec.Meta(min_length=1)]
    ts: str


class Sale(msgspec.Struct, gc=False, rename="camel"):
    """W2's sale."""

    sale_id: str
    product_id: str
    qty: int
    amount: int
    at: int


class Closed(msgspec.Struct, gc=False):
    """What is told of a window."""

    product: str
    start: int
    count: int
    sum: int


class Order(msgspec.Struct, gc=False, rename="camel"):
    """W3's order."""

    order_id: str
    customer_id: str
    total: int
    at: int


class Payment(msgspec.Struct, gc=False, rename="camel"):
    """W3's payment."""

    payment_id: str
    order_id: str
    amount: int
    method: str
    at: int


class Pair(msgspec.Struct, gc=False, rename="camel"):
    """What is told of a match."""

    order_id: str
    total: int
    payment_id: str
    amount: int
