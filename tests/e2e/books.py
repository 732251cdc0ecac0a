"""An independent fold over everything heard: what each order cost, holds, and ended as.

It knows records only, no rows. Money is in minor units as the provider tells it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.heard import Ear, Said


@dataclass(slots=True)
class Account:
    """One order."""

    total: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """How often each kind of event was published."""
    authorised: set[str] = field(default_factory=set)
    """Charges."""
    captured: dict[str, int] = field(default_factory=dict)
    refunded: dict[str, int] = field(default_factory=dict)
    issued: dict[str, int] = field(default_factory=dict)
    """What the shop says went back, by refund."""
    voided: set[str] = field(default_factory=set)
    held: Counter[str] = field(default_factory=Counter)
    """Units by product."""
    asked: Counter[str] = field(default_factory=Counter)
    committed: Counter[str] = field(default_factory=Counter)
    """Times a line was committed, by reservation."""

    @property
    def end(self) -> str:
        """How it ended; empty while it has not."""
        if self.counts["OrderFailed"]:
            return "failed"
        if self.counts["OrderCancelled"]:
            return "cancelled"
        return "paid" if self.counts["PaymentComplete"] else ""

    @property
    def is_settled(self) -> bool:
        """Whether all that its end asks for has been done as well."""
        if self.end == "cancelled":
            free = all(charge in self.voided for charge in self.authorised - set(self.captured))
            money_back = sum(self.refunded.values()) == sum(self.captured.values())
            return free and money_back and not any(self.held.values())
        return bool(self.end)


@dataclass(slots=True)
class Shelf:
    """One product in one warehouse."""

    on_hand: int = 0
    reserved: int = 0
    available: int = 0
    shipped: int = 0
    """Units that left with parcels: they stay their orders' own."""


@dataclass(slots=True)
class Books:
    """Everything that was said, added up."""

    orders: dict[str, Account] = field(default_factory=lambda: defaultdict(Account))
    shelves: dict[tuple[str, str], Shelf] = field(default_factory=lambda: defaultdict(Shelf))
    broken: list[str] = field(default_factory=list)
    ids: Counter[str] = field(default_factory=Counter)


ONCE = (
    "OrderConfirmed",
    "OrderFailed",
    "OrderCancelled",
    "PaymentInitiated",
    "PaymentProcessed",
    "PaymentComplete",
)


def books_of(said: Iterable[Said]) -> Books:
    """Fold records; those of one partition in their order."""
    books = Books()
    for each in said:
        if not each.topic.endswith(".events"):
            continue
        books.ids[f"{each.name} {each.value['eventId']}"] += 1
        if each.name == "InventoryAdjusted":
            _adjusted(books, each)
        if each.order_id:
            _told(books.orders[each.order_id], each)
    return books


def _told(account: Account, said: Said) -> None:
    name, data = said.name, said.data
    account.counts[name] += 1
    if name in {"OrderConfirmed", "OrderAmended"}:
        _ordered(account, data)
    elif name == "StripeChargeSucceeded":
        account.authorised.add(data["chargeId"])
    elif name == "ChargeCaptured":
        account.captured[data["chargeId"]] = data["amountMinor"]
    elif name == "ChargeRefunded":
        account.refunded[data["refundId"]] = data["amountMinor"]
    elif name == "RefundIssued":
        account.issued[data["refundId"]] = round(data["amount"] * 100)
    elif name == "ChargeVoided":
        account.voided.add(data["chargeId"])
    elif name == "InventoryAdjusted" and data["warehouseId"] != "ALL":
        account.held[data["productId"]] -= data["adjustedQuantity"]
        account.committed[data["reservationId"]] += data.get("committed", False)


def _ordered(account: Account, data: Mapping[str, Any]) -> None:
    """What is ordered now: an amendment tells all of it."""
    account.total = round(data.get("orderTotal", data.get("newOrderTotal", 0)) * 100)
    account.asked = Counter()
    for line in data.get("orderItems") or data["lines"]:
        if line["quantity"]:
            account.asked[line["productId"]] += line["quantity"]


def _adjusted(books: Books, said: Said) -> None:
    data = said.data
    if data["warehouseId"] == "ALL":
        return
    shelf = books.shelves[data["productId"], data["warehouseId"]]
    before, after = data["previousQuantity"], data["newQuantity"]
    sums = (
        before == shelf.available,
        after == before + data["adjustedQuantity"],
        after == data["onHand"] - data["reserved"],
        min(after, data["onHand"], data["reserved"]) >= 0,
    )
    if not all(sums):
        books.broken.append(f"{shelf} then {said}")
    if data["reason"] == "order_shipped":
        shelf.shipped += shelf.on_hand - data["onHand"]
    shelf.on_hand, shelf.reserved, shelf.available = data["onHand"], data["reserved"], after


def wrongs(books: Books) -> Iterator[str]:
    """Everything that does not add up, in words."""
    yield from books.broken
    yield from (f"published twice: {each}" for each, count in books.ids.items() if count > 1)
    for order_id, account in books.orders.items():
        yield from (f"{order_id}: {wrong}" for wrong in _wrongs_of(account))
    held = Counter[str]()
    for (product, _), shelf in books.shelves.items():
        held[product] += shelf.reserved + shelf.shipped
    for account in books.orders.values():
        held.subtract(account.held)
    yield from (f"{product}: {n} held for nobody" for product, n in held.items() if n)


def balanced(ear: Ear, about: Callable[[str], bool] = lambda _wrong: True) -> Books:
    """The books once they add up and nothing more is said; only wrongs `about` it count.

    Raises:
        AssertionError: what does not add up, however long it is waited for.
    """

    def wrong() -> list[str]:
        return [each for each in wrongs(books_of(list(ear.everything))) if about(each)]

    with suppress(AssertionError):  # What is wrong is told below.
        ear.until(lambda: not wrong(), "the books add up")
    ear.until_quiet()
    assert wrong() == []
    return books_of(list(ear.everything))


def _wrongs_of(account: Account) -> Iterator[str]:
    yield from (f"{n} {name}" for name, n in account.counts.items() if name in ONCE and n > 1)
    if account.end == "paid":
        yield from _wrongs_of_paid(account)
    elif account.end == "cancelled" and not account.is_settled:
        yield f"cancelled, but {account}"
    elif account.end == "failed" and set(account.counts) != {"OrderFailed"}:
        yield f"refused, but {dict(account.counts)}"
    elif not account.end and account.counts["OrderConfirmed"]:
        yield f"never ended: {dict(account.counts)}"


def _wrongs_of_paid(account: Account) -> Iterator[str]:
    taken = sum(account.captured.values())
    if taken != account.total:
        yield f"paid {taken} of {account.total}"
    if account.issued != account.refunded or sum(account.refunded.values()) > taken:
        yield f"{account.refunded} went back, {account.issued} was told"
    # A parcel that a chargeback stopped gives its goods back.
    if account.held != account.asked and not account.counts["ChargebackOpened"]:
        yield f"holds {dict(account.held)}, asked for {dict(account.asked)}"
    if set(account.committed.values()) != {1}:
        yield f"committed {dict(account.committed)}"
    if account.authorised - set(account.captured) - account.voided:
        yield "a second authorisation was never let go"
