"""One product's stock under the stream's functions alone: no engine, a clock of its own."""

from dataclasses import dataclass, field

from events.base import Message
from events.holds import CommitStock, ExtendHold, ReleaseStock, ReserveStock, ShipStock
from events.inventory import (
    AddInventory,
    CountStock,
    DeleteInventory,
    InventoryAdjusted,
    LowStockAlert,
    OutOfStock,
    UpdateInventory,
)
from events.types import Address
from events.vocabulary import ReleaseReason
from streams.inventory.corrections import correct, discontinue, recount
from streams.inventory.facts import Decision, Refusal
from streams.inventory.holds import commit, expire, extend, is_over, reserve
from streams.inventory.leaving import ship
from streams.inventory.posting import HOLD, post, timers_of
from streams.inventory.receipts import receive
from streams.inventory.releases import release
from streams.inventory.rows import Level, Movement, Reservation, Stock, level_of
from streams.inventory.rules import InventoryRules, ReorderPolicy, Site
from streams.moments import MINUTE_MS, moment_of

START_MS = 1_750_000_000_000
PRODUCT = "prod_1"
EAST, WEST, BERLIN = "wh_east", "wh_west", "wh_berlin"
SITES = {EAST: Site("US", "NJ"), WEST: Site("US", "CA"), BERLIN: Site("DE", "BE")}
NO_REORDER = ReorderPolicy(reorder_point=0, safety_stock=0, auto_reorder=False)
RULES = InventoryRules(sites=SITES, policy=NO_REORDER)


def address(country: str, state: str | None = None) -> Address:
    return Address(line1="1 Main St", city="Town", state=state, country=country)


@dataclass
class Shop:
    """Holds rows as the agent does; every method is one command or timer."""

    rules: InventoryRules = RULES
    at_ms: int = START_MS
    stock: Stock = field(default_factory=lambda: Stock(product_id=PRODUCT, backorder_allowed=True))
    reservations: dict[str, Reservation] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    # -- commands

    def add(self, quantity: int, warehouse: str = EAST, **source: object) -> Refusal | None:
        command = AddInventory(
            product_id=PRODUCT,
            quantity=quantity,
            warehouse_id=warehouse,
            stock_source=source or None,
        )
        return self._do(receive(self.stock, command, self.at_ms, self.rules))

    def update(
        self, change: int, warehouse: str = EAST, reason: str | None = None
    ) -> Refusal | None:
        command = UpdateInventory(
            product_id=PRODUCT, quantity_change=change, warehouse_id=warehouse, reason=reason
        )
        return self._do(correct(self.stock, command, self.at_ms, self.rules))

    def delete(
        self, inventory_id: str, product: str | None = None, warehouse: str | None = None
    ) -> Refusal | None:
        command = DeleteInventory(
            inventory_id=inventory_id, product_id=product, warehouse_id=warehouse
        )
        return self._do(discontinue(self.stock, command, self.at_ms))

    def reserve(
        self,
        line: str,
        quantity: int,
        *,
        to: Address | None = None,
        only: str | None = None,
        backorder: bool | None = None,
        expires_at_ms: int | None = None,
        product: str = PRODUCT,
        takes_over: str | None = None,
    ) -> Refusal | None:
        due_ms = self.at_ms + 15 * MINUTE_MS if expires_at_ms is None else expires_at_ms
        command = ReserveStock(
            reservation_id=line,
            order_id=f"ord_{line}",
            product_id=product,
            quantity=quantity,
            destination=to,
            expires_at=moment_of(due_ms),
            payment_id=f"pay_ord_{line}",
            lines_total=1,
            warehouse_id=only,
            backorder=backorder,
            takes_over=takes_over,
        )
        row, other = self.reservations.get(line), self.reservations.get(takes_over or "")
        decision = reserve(self.stock, row, command, self.at_ms, self.rules, other=other)
        return self._do(decision)

    def release(
        self,
        line: str,
        reason: ReleaseReason = "order_cancelled",
        product: str = PRODUCT,
        keep: int | None = None,
        where: str | None = None,
        *,
        quantity: int = 100,
        shipment: str | None = None,
    ) -> Refusal | None:
        command = ReleaseStock(
            reservation_id=line,
            order_id=f"ord_{line}",
            product_id=product,
            quantity=quantity,
            reason=reason,
            keep=keep,
            warehouse_id=where,
            shipment_id=shipment,
        )
        row = self.reservations.get(line)
        return self._do(release(self.stock, row, command, self.at_ms, self.rules))

    def commit(self, line: str, quantity: int = 1, product: str = PRODUCT) -> Refusal | None:
        command = CommitStock(
            reservation_id=line,
            order_id=f"ord_{line}",
            payment_id=f"pay_ord_{line}",
            product_id=product,
            quantity=quantity,
        )
        row = self.reservations.get(line)
        return self._do(commit(self.stock, row, command, self.at_ms, self.rules))

    def extend(self, line: str, until_ms: int, product: str = PRODUCT) -> Refusal | None:
        command = ExtendHold(
            reservation_id=line,
            order_id=f"ord_{line}",
            product_id=product,
            expires_at=moment_of(until_ms),
        )
        return self._do(extend(self.reservations.get(line), command, self.rules))

    def ship(
        self,
        line: str,
        only: str | None = None,
        product: str = PRODUCT,
        quantity: int = 100,
        shipment: str | None = None,
    ) -> Refusal | None:
        command = ShipStock(
            reservation_id=line,
            order_id=f"ord_{line}",
            shipment_id=shipment,
            product_id=product,
            quantity=quantity,
            warehouse_id=only,
        )
        row = self.reservations.get(line)
        return self._do(ship(self.stock, row, command, self.at_ms, self.rules))

    def count(self, on_hand: int, warehouse: str = EAST) -> Refusal | None:
        """A warehouse system counts, with nothing moving meanwhile."""
        command = CountStock(
            product_id=PRODUCT,
            warehouse_id=warehouse,
            on_hand=on_hand,
            snapshot_id="snap_1",
            counted_at=moment_of(self.at_ms),
        )
        return self._do(recount(self.stock, command, (), self.at_ms, self.rules))

    # -- time

    def advance(self, ms: int) -> None:
        """Let time pass, firing what comes due in order of due time, each at its own time."""
        end_ms = self.at_ms + ms
        while due := self._next_timer(end_ms):
            due_ms, line, kind = due
            self.at_ms = max(self.at_ms, due_ms)
            if kind == HOLD:
                row = self.reservations[line]
                self._do(expire(self.stock, row, self.at_ms, self.rules))
            elif is_over(self.reservations[line], self.at_ms):
                del self.reservations[line]
        self.at_ms = end_ms

    def _next_timer(self, end_ms: int) -> tuple[int, str, str] | None:
        due = [
            (timer[1], line, timer[0])
            for line, row in self.reservations.items()
            for timer in timers_of(row)
            if timer[1] <= end_ms
        ]
        return min(due, default=None)

    # -- looking

    def level(self, warehouse: str = EAST) -> Level:
        found = level_of(self.stock, warehouse)
        assert found is not None, f"{PRODUCT} is not in {warehouse}"
        return found

    def status(self, line: str) -> str:
        return self.reservations[line].status

    def take(self) -> list[Message]:
        """The messages since the last look."""
        told, self.messages = self.messages, []
        return told

    def take_adjusted(self) -> list[InventoryAdjusted]:
        return [told for told in self.take() if isinstance(told, InventoryAdjusted)]

    def take_out_of_stock(self) -> list[OutOfStock]:
        return [told for told in self.take() if isinstance(told, OutOfStock)]

    def take_low_stock(self) -> list[LowStockAlert]:
        return [told for told in self.take() if isinstance(told, LowStockAlert)]

    def _do(self, decision: Decision) -> Refusal | None:
        if isinstance(decision, Refusal):
            return decision
        posting = post(self.stock, decision, self.reservations.get, self.at_ms, self.rules)
        self.stock = posting.stock
        for line, (_, row) in posting.reservations.items():
            self.reservations[line] = row
        self.movements += posting.movements
        self.messages += posting.messages
        return None


def stocked(rules: InventoryRules = RULES, **units: int) -> Shop:
    """A shop with units by warehouse (east=5, west=3), whose messages so far are forgotten."""
    shop = Shop(rules)
    for name, quantity in units.items():
        assert shop.add(quantity, f"wh_{name}") is None
    shop.take()
    return shop
