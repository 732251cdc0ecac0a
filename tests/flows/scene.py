"""The whole shop in memory, under every law of the simulation, for one story at a time."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import events
from app import agents_of
from engine.records import Record
from events.base import Message
from events.inventory import AddInventory
from events.order_parts import Amendment
from events.orders import AmendOrder, PlaceOrder
from events.types import Address, OrderItem, OrderPayment
from settings import Settings
from simulation.lane import Change, Lane
from simulation.laws import Laws
from simulation.outside import Outside
from simulation.people import name_of
from simulation.temper import Temper
from simulation.world import World
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS

START = datetime(2025, 6, 16, 10, 0, tzinfo=UTC)
"""A Monday."""


class Scene:
    """People write, time passes, and everything that is published is told in its order."""

    def __init__(self, *, start: datetime = START, partitions: int = 2, **rules: Any) -> None:
        settings = Settings().model_copy(update={"partitions": partitions, **rules})
        self.world = World(
            Random(1), Temper(chunk_max=100, commit=1.0, tick_ms=HOUR_MS), _ms(start)
        )
        outside = Outside(settings, 0, lambda: self.world.now_ms)
        outside.calm()
        agents, _ = agents_of(settings)
        self.world.open(agents, outside.effects(partitions), partitions)
        self.laws = Laws(lambda: self.world.now_ms, outside.books, self.world.stats, partitions)
        self.outside = outside
        self.world.witnesses += [self.laws, self]
        self.told: list[tuple[str, Record]] = []
        self._sent = 0

    # -- as a witness

    def committed(self, lane: Lane, changes: list[Change], records: list[Record]) -> None:
        for record in records:
            if not record.topic.endswith("-repartition"):
                self.told.append((name_of(record), record))

    def sent(self, record: Record) -> None:
        pass

    def quiet(self) -> None:
        pass

    # -- doing

    def tell(self, *messages: Message) -> "Scene":
        """Write messages one after the other, each with all that follows at once."""
        for message in messages:
            self._sent += 1
            self.world.send(message, f"told-{self._sent}")
            self.wait(20_000)
        return self

    def write(self, *messages: Message) -> "Scene":
        """Write messages, and let nobody read them yet."""
        for message in messages:
            self._sent += 1
            self.world.send(message, f"told-{self._sent}")
        return self

    def wait(self, ms: int = 0, *, days: int = 0, hours: int = 0, minutes: int = 0) -> "Scene":
        """Let time pass."""
        ms += days * DAY_MS + hours * HOUR_MS + minutes * MINUTE_MS
        asyncio.run(self.world.run(self.world.now_ms + ms))
        return self

    def until(self, name: str, count: int = 1) -> "Scene":
        """Go on step by step, until so many messages of that name were published."""
        while self.names().count(name) < count:
            asyncio.run(self.world._step(self.world.now_ms + DAY_MS))
        return self

    def stock(self, units: int = 10, *products: str, warehouse: str = "wh_east_01") -> "Scene":
        for product in products or ("p1", "p2"):
            self.tell(AddInventory(product_id=product, quantity=units, warehouse_id=warehouse))
        return self

    def place(self, units: int = 1, products: tuple[str, ...] = ("p1",), **given: Any) -> "Scene":
        return self.tell(order(units, products, **given))

    # -- looking

    def data(self, name: str) -> list[Any]:
        """The data of every message of that name."""
        return [decoded(record).data for known, record in self.told if known == name]

    def last(self, name: str) -> Any:
        return self.data(name)[-1]

    def row(self, table: str, key: str) -> Any:
        return self.laws.rows[table][key]

    def status(self, order_id: str = "ord_1") -> str:
        return str(self.row("orders", order_id).status.value)

    def level(self, product: str = "p1") -> tuple[int, int, int]:
        """On hand, reserved and in quarantine, over all warehouses."""
        levels = self.row("stock", product).levels
        return (
            sum(one.on_hand for one in levels),
            sum(one.reserved for one in levels),
            sum(one.quarantined for one in levels),
        )

    def mails(self, template: str) -> int:
        """How many messages of that template were handed to any provider, or shown."""
        rows = self.laws.rows["notifications"].values()
        return sum(one.template_id == template and one.status.value == "sent" for one in rows)

    def books(self, payment_id: str = "pay_ord_1") -> tuple[int, int, int]:
        """What the provider captured, refunded and still holds, in minor units."""
        mine = [entry for entry in self.outside.books() if entry.payment_id == payment_id]
        return (
            sum(entry.captured_minor for entry in mine),
            sum(entry.refunded_minor for entry in mine),
            sum(entry.held_minor for entry in mine),
        )

    def was_told(self, *names: str) -> None:
        """Whether these were published in this order, with anything in between."""
        rest = iter(name for name, _ in self.told)
        missing = _first_missing(rest, names)
        assert missing is None, f"{missing} did not follow; told: {self.names()}"

    def never_told(self, *names: str) -> None:
        assert not set(names) & {name for name, _ in self.told}

    def names(self) -> list[str]:
        return [name for name, _ in self.told]


def of_two_prices() -> PlaceOrder:
    """An order of two lines of one product, the second at another price."""
    prices = (2_000, 3_000)
    lines = [OrderItem(product_id="p1", quantity=1, unit_price_minor=one) for one in prices]
    return order(order_items=tuple(lines))


def _first_missing(rest: Iterator[str], names: tuple[str, ...]) -> str | None:
    for name in names:
        if name not in rest:
            return name
    return None


def decoded(record: Record) -> Any:
    return events.decode(record.value or b"", record_timestamp_ms=record.timestamp)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def order(
    units: int = 1,
    products: tuple[str, ...] = ("p1",),
    *,
    order_id: str = "ord_1",
    token: str = "tok_fine",
    price_minor: int = 2_000,
    postal_code: str = "10001",
    **given: Any,
) -> PlaceOrder:
    """An order of units of each product."""
    return PlaceOrder(
        **{
            "order_id": order_id,
            "user_id": "usr_1",
            "customer": {"customerId": "usr_1", "email": "ann@example.com"},
            "order_items": tuple(
                OrderItem(product_id=one, quantity=units, unit_price_minor=price_minor)
                for one in products
            ),
            "shipping_address": Address(
                line1="1 Main St", city="Town", state="NY", postal_code=postal_code, country="US"
            ),
            "payment": OrderPayment(method="credit_card", token=token),
            **given,
        }
    )


def amend(before: int, after: int, product: str = "p1") -> AmendOrder:
    change = Amendment(
        product_id=product, previous_quantity=before, new_quantity=after, unit_price_minor=2_000
    )
    return AmendOrder(
        order_id="ord_1", user_id="usr_1", amendment_type="QUANTITY_CHANGE", amendments=(change,)
    )


def in_two() -> Scene:
    """Three units in two parcels, booked and not sent."""
    scene = Scene().stock(2, "p1").stock(2, "p1", warehouse="wh_west_02")
    return scene.place(3).until("ShipmentCreated", 2)
