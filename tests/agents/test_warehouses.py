"""Stock and warehouses in memory: two stages of a snapshot, receipts, counts."""

from dataclasses import replace

from agents.stock import stock_agent
from agents.warehouses import warehouses_agent
from engine.driver import Driver
from events.envelope import Envelope
from events.inventory import AddInventory
from streams.inventory.rows import level_of
from streams.inventory.rules import InventoryRules, Site
from streams.moments import moment_of
from tables.inventory import LEVELS_PARTS, STOCK, WAREHOUSES
from tests.agents.caller import Caller
from tests.streams.inventory.shop import EAST
from tests.streams.inventory.snapshots import receipt, snapshot
from topics import ALERTS_EVENTS, INVENTORY_EVENTS

RULES = InventoryRules()
QUARTER_MS = RULES.snapshot_every_ms


class Shelves(Caller):
    """Both agents over some partitions, and messages at the driver's time."""

    def __init__(self, chunk_max: int = 1000, rules: InventoryRules = RULES) -> None:
        agents = [stock_agent(rules), warehouses_agent(rules)]
        self.driver = Driver(agents, partitions=3, chunk_max=chunk_max)

    def said(self, name: str) -> list[Envelope]:
        return super().said(INVENTORY_EVENTS, ALERTS_EVENTS, name=name)

    def pass_slots(self, slots: int) -> None:
        for _ in range(slots):
            self.driver.advance(QUARTER_MS, step_ms=QUARTER_MS // 15)

    def on_hand(self, product: str) -> int:
        level = level_of(self.driver.rows(STOCK)[product], EAST)
        return 0 if level is None else level.on_hand


def add(product: str, quantity: int = 5) -> AddInventory:
    return AddInventory(product_id=product, quantity=quantity, warehouse_id=EAST)


def test_a_warehouse_that_is_too_full_raises_one_alarm_until_there_is_room_again() -> None:
    rules = replace(RULES, sites={EAST: Site("US", capacity=24)})
    shelves = Shelves(rules=rules)
    shelves.tell(*[add(f"p{number}") for number in range(5)])

    shelves.pass_slots(4)

    [alarm] = shelves.said("AlertRaised")
    assert (alarm.data.rule, alarm.data.subject, alarm.data.value) == ("warehouse_full", EAST, 25)


def test_every_quarter_of_an_hour_one_snapshot_tells_all_products_of_a_warehouse() -> None:
    shelves = Shelves()
    products = [f"p{number}" for number in range(12)]
    shelves.tell(*[add(product) for product in products])

    shelves.pass_slots(3)

    told = [one.data for one in shelves.said("WarehouseStockSnapshot")]
    assert [one.sequence_number for one in told] == [*range(1, len(told) + 1)]
    assert 3 <= len(told) <= 4
    assert told[-1].totals_by_sku == dict.fromkeys(products, 5)
    assert shelves.driver.rows(LEVELS_PARTS) == {}


def test_our_own_snapshots_change_no_stock() -> None:
    shelves = Shelves()
    shelves.tell(add("p1"))
    before = len(shelves.said("InventoryAdjusted"))

    shelves.pass_slots(2)

    assert len(shelves.said("InventoryAdjusted")) == before
    assert shelves.driver.rows(WAREHOUSES)[EAST].counted_sequence == 0


def test_a_restart_in_the_middle_of_a_slot_tells_it_once() -> None:
    shelves = Shelves()
    shelves.tell(add("p1"))
    shelves.pass_slots(1)
    before = len(shelves.said("WarehouseStockSnapshot"))

    shelves.driver.restart()
    shelves.driver.advance(1000)

    assert len(shelves.said("WarehouseStockSnapshot")) == before


def test_a_receipt_is_on_the_shelf_once_whatever_repeats() -> None:
    shelves = Shelves()

    shelves.tell(receipt(), receipt())

    assert (shelves.on_hand("s1"), shelves.on_hand("p2")) == (5, 7)


def test_who_received_goods_is_told_of_each_product() -> None:
    shelves = Shelves()

    shelves.tell(receipt().model_copy(update={"received_by": "user_john_doe"}))

    told = [one.data.adjusted_by for one in shelves.said("InventoryAdjusted")]
    assert told == ["user_john_doe"] * 2


def test_a_count_corrects_stock_and_a_gap_raises_an_alarm() -> None:
    shelves = Shelves()
    shelves.tell(add("prod_1", 10))
    shelves.driver.advance(1000)
    at = {"captured_at": moment_of(shelves.driver.now_ms)}

    shelves.tell(snapshot(1, **at), snapshot(1, **at), snapshot(3, **at))

    assert shelves.on_hand("prod_1") == 7
    assert len(shelves.said("AlertRaised")) == 1
    row = shelves.driver.rows(WAREHOUSES)[EAST]
    assert (row.counted_sequence, row.stale, row.gaps) == (3, 1, 1)
