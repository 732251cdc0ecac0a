"""Stock is never negative, never held twice, and never lost.

On the shelves = what was brought, counted and returned, less what left, product by product; sound
and damaged goods apart. Held = the sum of what reservations hold, level by level.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from simulation.laws.broken import Broken, insist
from simulation.laws.marks import replacement_of

NEVER_NEGATIVE: Final = "stock never negative"
QUEUE: Final = "who waits is in the queue, and nobody else"
HELD: Final = "holds add up"
CONSERVED: Final = "stock conserved"
COUNTED: Final = "a count goes no further than what it says with all that moved since"
RECORDED: Final = "movements add up"
MOVED: Final = "a transfer takes what it brings"
EXPIRES: Final = "holds expire"
HOLD_MS_MAX: Final = 30 * 60_000
"""The longest a hold lasts without payment (K2)."""
EXCHANGE_MS_MAX: Final = 17 * 24 * 60 * 60_000
"""The same for what goes out in exchange for goods that are on their way back (G-33)."""
LATE_MS_MAX: Final = 5_000

Command = dict[str, Any]


@dataclass(slots=True)
class StockLaw:
    """The books of all shelves, kept by adding up."""

    commands: dict[str, Command] = field(default_factory=dict)
    """Goods that somebody brought or counted, by event id; they count once they are taken in."""
    sound: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    damaged: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    held: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    rows: dict[str, Any] = field(default_factory=dict)
    waiting: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Reservations that wait for a restock, by product."""
    left: dict[str, int] = field(default_factory=dict)
    """Units that left the house, by reservation."""
    senders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Warehouses that goods left, by product: of the commit that is looked at."""
    moved: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Units that transfers brought, less those they took, by product, of the same."""
    on_hand: dict[tuple[str, str], int] = field(default_factory=dict)
    """Units by product and warehouse, as the last movement has it."""
    counted: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """When a warehouse system counted, and how many, by product and snapshot."""
    movements: dict[tuple[str, str], list[Any]] = field(default_factory=lambda: defaultdict(list))
    """What moved, by product and warehouse."""
    known: set[tuple[str, str]] = field(default_factory=set)
    """Products and warehouses that had a level before."""
    lacking: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Units that people took off a product's books, and that are on them still."""
    missing: dict[str, int] = field(default_factory=dict)
    """The same as the books have it."""
    sent: set[str] = field(default_factory=set)
    """Products of which something left, in the commit that is looked at."""
    touched: set[str] = field(default_factory=set)
    holds: dict[str, Any] = field(default_factory=dict)
    """Reservations that are held and not committed."""

    def told(self, envelope: Command) -> None:
        """Somebody brings goods, or counts them."""
        if envelope["eventType"] == "CountStock":
            data = envelope["data"]
            counted_ms = round(datetime.fromisoformat(data["countedAt"]).timestamp() * 1000)
            named = data["productId"], data["snapshotId"]
            self.counted[named] = counted_ms, data["onHand"]
        self.commands[envelope["eventId"]] = envelope

    def taken_in(self, event_id: str, before: Any, row: Any) -> None:
        """A command counts now."""
        envelope = self.commands.get(event_id)
        if envelope is None or before is not None or row is None:
            return
        data = envelope["data"]
        product = data["productId"]
        self.touched.add(product)
        if envelope["eventType"] == "AddInventory":
            source = data.get("source") or {}
            if source.get("sourceWarehouseId") or "transfer" in source:
                sender = (source.get("transfer") or source)["sourceWarehouseId"]
                self.senders[product].append(sender)
                return
            body = source.get("return") or source
            damaged = body.get("condition") == "damaged"
            (self.damaged if damaged else self.sound)[product] += data["quantity"]
        elif envelope["eventType"] == "UpdateInventory":
            change = data["quantityChange"]
            if data.get("reason") in {"quality_failure", "quality_released"}:
                self.damaged[product] -= change
            self.lacking[product] -= change

    def adjusted(self, _name: str, data: Command) -> None:
        """What is told to have left although its order was cancelled is off the books."""
        if data["reason"] == "order_shipped" and data["adjustedQuantity"]:
            product = data["productId"]
            self.sound[product] += data["adjustedQuantity"]
            self.touched.add(product)

    def recorded(self, key: str, before: Any, row: Any) -> None:
        """A movement was written down: each goes on where the one before it ended."""
        if row is None or before is not None:
            return
        product, where = row.product_id, (row.product_id, row.warehouse_id)
        was = self.on_hand.get(where, 0)
        fine = row.on_hand == was + row.quantity
        insist(fine, RECORDED, key, f"{was} and {row.quantity} are not {row.on_hand}")
        self.on_hand[where] = row.on_hand
        if row.reason == "wms_reconciliation" and (product, row.reference) in self.counted:
            self._reconciled(key, row)
        self.movements[where].append(row)
        if row.reason == "wms_reconciliation" or row.type == "TRANSFER":
            self.sound[product] += row.quantity
            self.touched.add(product)
        elif row.type == "ADJUSTMENT":
            self.sound[product] += row.quantity
            self.lacking[product] += row.quantity
            self.touched.add(product)
        if row.type == "TRANSFER":
            self.moved[product] += row.quantity

    def _reconciled(self, key: str, row: Any) -> None:
        """Of what is not there it takes no more, and of what is there it brings no more."""
        counted_ms, units = self.counted[row.product_id, row.reference]
        moved = self.movements[row.product_id, row.warehouse_id]
        since = [one for one in moved if one.at_ms >= counted_ms]
        came = sum(one.quantity for one in since if one.quantity > 0)
        went = [one for one in since if one.quantity < 0]
        sent = sum(one.quantity for one in went if one.type in {"OUTBOUND", "TRANSFER"})
        least, most = units + sum(one.quantity for one in went), units + came + sent
        fine = row.on_hand <= least if row.quantity > 0 else row.on_hand >= most
        insist(fine, COUNTED, key, f"{units} counted, {since} moved, {row.on_hand} are booked")

    def reserved(self, key: str, before: Any, row: Any) -> None:
        """A reservation changed."""
        for one, sign in ((before, -1), (row, 1)):
            if one is not None and one.status == "CONFIRMED":
                for part in one.allocations:
                    self.held[one.product_id, part.warehouse_id] += sign * part.quantity
        product = (row or before).product_id
        waits = row is not None and row.status == "PENDING"
        (self.waiting[product].add if waits else self.waiting[product].discard)(key)
        if row is not None:
            same = before is not None and before.created_at_ms == row.created_at_ms
            was = self.left.get(key, 0) if same else 0
            now = _left(row, was, sent=same and before.parcels != row.parcels)
            self.left[key] = now
            self.sound[product] -= now - was
            if now > was:
                self.sent.add(product)
        self.touched.add(product)
        self.holds.pop(key, None)
        if row is not None and row.status == "CONFIRMED" and not row.committed:
            self.holds[key] = row

    def shelved(self, key: str, _before: Any, row: Any) -> None:
        """A product's shelves changed."""
        self.rows[key] = row
        self.touched.add(key)

    def settled(self) -> None:
        """Everything that one commit changed is told: now it adds up."""
        for product in self.touched:
            row = self.rows.get(product)
            levels = row.levels if row is not None else ()
            for level in levels:
                self._level(product, level)
            queue = {line.reservation_id for line in row.queue} if row is not None else set()
            waiting = self.waiting[product]
            insist(queue == waiting, QUEUE, product, f"{waiting} wait, the queue has {queue}")
            on_hand = sum(level.on_hand for level in levels)
            quarantined = sum(level.quarantined for level in levels)
            insist(
                (on_hand, quarantined) == (self.sound[product], self.damaged[product]),
                CONSERVED,
                product,
                f"expected {self.sound[product]} sound and {self.damaged[product]} damaged units,"
                f" found {on_hand} and {quarantined}",
            )
            self._missing(product, sum(level.missing for level in levels))
            self._moved(product)
            self.known.update((product, level.warehouse_id) for level in levels)
        self.touched.clear()
        self.sent.clear()
        self.senders.clear()
        self.moved.clear()

    def _missing(self, product: str, missing: int) -> None:
        """What people took off and the books have not is missing, until a warehouse counts.

        What leaves was not missing.
        """
        was, self.missing[product] = self.missing.get(product, 0), missing
        if (was and product in self.sent) or any(product == one for one, _ in self.counted):
            self.lacking[product] = missing
        lacking = self.lacking[product]
        insist(lacking == missing, CONSERVED, product, f"{lacking} are gone, {missing} missing")

    def _moved(self, product: str) -> None:
        """Transfers bring no more than they take; from outside come goods nobody had there."""
        senders = self.senders[product]
        unknown = any((product, sender) not in self.known for sender in senders)
        units = self.moved[product]
        insist(not units or (units > 0 and unknown), MOVED, product, f"{units} more than before")

    def _level(self, product: str, level: Any) -> None:
        where = f"{product} in {level.warehouse_id}"
        if not (0 <= level.reserved <= level.on_hand and level.quarantined >= 0):
            raise Broken(NEVER_NEGATIVE, where, f"found {level}")
        if not 0 <= level.missing <= level.reserved:
            raise Broken(HELD, where, f"nobody holds what is missing: {level}")
        held = self.held[product, level.warehouse_id]
        told = self.on_hand.get((product, level.warehouse_id), 0)
        insist(level.on_hand == told, RECORDED, where, f"{level.on_hand} there, {told} recorded")
        insist(level.reserved == held, HELD, where, f"reserved {level.reserved}, held {held}")

    def quiet(self, now_ms: int) -> None:
        """No hold outlives its time."""
        for key, row in self.holds.items():
            longest_ms = EXCHANGE_MS_MAX if replacement_of(key) else HOLD_MS_MAX
            over_ms = now_ms - (row.held_at_ms or row.created_at_ms) - longest_ms
            insist(over_ms <= LATE_MS_MAX, EXPIRES, key, f"held for {over_ms} ms too long")


def _left(row: Any, before: int, *, sent: bool) -> int:
    """Units of a reservation that left the house; what left does not come back by cancelling.

    A parcel may leave in the commit in which the rest is let go: a paid claim knows what it held.
    """
    if row.status == "FULFILLED":
        return int(row.quantity)
    if row.status == "CONFIRMED" or (sent and row.status == "CANCELLED" and row.committed):
        return int(row.quantity) - sum(int(part.quantity) for part in row.allocations)
    return before
