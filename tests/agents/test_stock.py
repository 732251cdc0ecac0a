"""The agent `stock` in memory: commands in, rows, timers and messages out."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.stock import stock_agent
from engine.driver import Driver
from engine.records import Record
from events.base import Command
from events.envelope import Envelope
from events.holds import CommitStock, ExtendHold, ReleaseStock, ReserveStock
from events.inventory import AddInventory, DeleteInventory, UpdateInventory
from streams.inventory.rules import InventoryRules, ReorderPolicy
from streams.moments import DAY_MS, MINUTE_MS, moment_of
from tables.inventory import MOVEMENTS, RESERVATIONS, SEEN_STOCK, STOCK
from tests.agents.caller import heard, put
from topics import INVENTORY_COMMANDS, INVENTORY_EVENTS

RULES = InventoryRules(
    policy=ReorderPolicy(reorder_point=0, safety_stock=0), policies={}, movements_max=3
)
TABLES = (STOCK, RESERVATIONS, MOVEMENTS, SEEN_STOCK)


class Desk:
    """A driver that numbers what it sends."""

    def __init__(self, rules: InventoryRules = RULES, *, chunk_max: int = 1000) -> None:
        self.driver = Driver([stock_agent(rules)], chunk_max=chunk_max)
        self.sent = 0

    def send(
        self, command: Command, event_id: str = "", partition: int | None = None, by: str = ""
    ) -> str:
        """Send without running; give the event id."""
        self.sent += 1
        event_id = event_id or f"evt_{self.sent}"
        by_whom = {"requestedBy": by} if by else None
        how = {"metadata": by_whom, "partition": partition}
        self.last = put(self.driver, command, event_id, saga="saga", **how)
        return event_id

    def do(self, command: Command, event_id: str = "", by: str = "") -> list[Envelope]:
        """Send and run; give what was published meanwhile."""
        before = len(self.published())
        self.send(command, event_id, by=by)
        self.driver.run()
        return self.published()[before:]

    def published(self) -> list[Envelope]:
        return heard(self.driver, INVENTORY_EVENTS)

    def rows(self) -> dict[str, dict]:
        return {table.name: self.driver.rows(table) for table in TABLES}

    def refusals(self) -> list[str]:
        letters = self.driver.dead_letters(INVENTORY_COMMANDS)
        return [letter.reason.partition(":")[0] for letter in letters]


def add(quantity: int, product: str = "p", warehouse: str = "wh") -> AddInventory:
    return AddInventory(product_id=product, quantity=quantity, warehouse_id=warehouse)


def reserve(desk: Desk, line: str, quantity: int = 1, product: str = "p") -> ReserveStock:
    return ReserveStock(
        reservation_id=line,
        order_id=line.partition(":")[0],
        product_id=product,
        quantity=quantity,
        expires_at=moment_of(desk.driver.now_ms + 15 * MINUTE_MS),
        payment_id=f"pay_{line.partition(':')[0]}",
        lines_total=1,
    )


def release(line: str, product: str = "p") -> ReleaseStock:
    return ReleaseStock(
        reservation_id=line,
        order_id="o",
        product_id=product,
        quantity=1,
        reason="order_cancelled",
    )


def commit(line: str, product: str = "p") -> CommitStock:
    return CommitStock(reservation_id=line, order_id="o", product_id=product, quantity=1)


def extend(desk: Desk, line: str, product: str = "p") -> ExtendHold:
    until = moment_of(desk.driver.now_ms + 20 * MINUTE_MS)
    return ExtendHold(reservation_id=line, order_id="o", product_id=product, expires_at=until)


def test_an_order_line_is_held_committed_and_kept() -> None:
    desk = Desk()
    desk.do(add(5))

    (held,) = desk.do(reserve(desk, "o:1", 2))
    (committed,) = desk.do(commit("o:1"))
    desk.driver.advance(10 * DAY_MS)

    assert (held.event_type, held.data.reservation_status) == ("InventoryAdjusted", "CONFIRMED")
    assert (held.correlation_id, held.causation_id) == ("saga", "evt_2")
    assert committed.data.committed
    assert desk.rows()["reservations"]["o:1"].committed
    assert desk.rows()["stock"]["p"].levels[0].reserved == 2
    assert desk.driver.timers() == {}


def test_a_hold_has_one_timer_which_moves_with_it() -> None:
    desk = Desk()
    desk.do(add(5))

    desk.do(reserve(desk, "o:1"))
    desk.do(extend(desk, "o:1"))
    timers = desk.driver.timers()
    desk.driver.advance(19 * MINUTE_MS)
    still = desk.rows()["reservations"]["o:1"].status
    desk.driver.advance(MINUTE_MS)

    assert timers["stock.hold"] == 1
    assert (still, desk.rows()["reservations"]["o:1"].status) == ("CONFIRMED", "EXPIRED")
    assert desk.published()[-1].data.reason == "reservation_expired"
    assert desk.published()[-1].timestamp_ms == desk.driver.now_ms


def test_every_timer_ends_and_leaves_nothing_behind() -> None:
    desk = Desk()
    desk.do(add(5))
    desk.do(reserve(desk, "expires:1"))
    desk.do(reserve(desk, "cancelled:1"))
    desk.do(release("cancelled:1"))
    desk.do(release("unknown:1"))

    desk.driver.advance(16 * MINUTE_MS)
    ended = set(desk.rows()["reservations"])
    desk.driver.advance(DAY_MS)

    assert ended == {"expires:1", "cancelled:1", "unknown:1"}
    assert desk.rows()["reservations"] == desk.rows()["seen_stock"] == {}
    assert desk.driver.timers() == {}


def test_an_expired_line_that_is_held_again_is_not_purged() -> None:
    desk = Desk()
    desk.do(add(5))
    desk.do(reserve(desk, "o:1"))
    desk.driver.advance(16 * MINUTE_MS)

    desk.do(reserve(desk, "o:1"))
    desk.do(commit("o:1"))
    desk.driver.advance(2 * DAY_MS)

    assert desk.rows()["reservations"]["o:1"].committed


def test_a_repeated_receipt_counts_once_for_a_day() -> None:
    desk = Desk()

    desk.do(add(5), "receipt")
    repeated = desk.do(add(5), "receipt")
    desk.do(UpdateInventory(product_id="p", quantity_change=-1, warehouse_id="wh"), "count")
    desk.do(UpdateInventory(product_id="p", quantity_change=-1, warehouse_id="wh"), "count")
    within = desk.rows()["stock"]["p"].levels[0].on_hand
    desk.driver.advance(DAY_MS)
    desk.do(add(5), "receipt")

    assert (repeated, within) == ([], 4)
    assert desk.rows()["stock"]["p"].levels[0].on_hand == 9


def test_a_refused_command_goes_to_the_dead_letters_and_may_be_sent_again() -> None:
    desk = Desk()
    desk.do(add(1))
    correction = UpdateInventory(product_id="p", quantity_change=-3, warehouse_id="wh")
    before = desk.rows()

    told = desk.do(correction, "correction")
    refused = desk.rows()
    desk.do(add(4))
    desk.do(correction, "correction")

    assert (told, refused) == ([], before)
    assert desk.refusals() == ["BELOW_ZERO"]
    assert desk.rows()["stock"]["p"].levels[0].on_hand == 2


@pytest.mark.parametrize("product", ["p1", "p2", "p3", "p4"])
@pytest.mark.parametrize("partition", [0, 1, 2])
def test_a_level_is_given_up_wherever_its_command_lies(product: str, partition: int) -> None:
    desk = Desk()
    desk.do(add(1, product))

    desk.send(DeleteInventory(inventory_id=f"{product}:wh"), partition=partition)
    desk.driver.run()

    assert desk.rows()["stock"][product].levels[0].status == "DISCONTINUED"
    assert desk.refusals() == []


def test_who_had_stock_changed_is_told_and_no_hold_is_theirs() -> None:
    desk = Desk()
    desk.do(reserve(desk, "o:1"))
    correction = UpdateInventory(product_id="p", quantity_change=-1, warehouse_id="wh")
    deletion = DeleteInventory(inventory_id="p:wh")

    moved, held = desk.do(add(5), by="receiver")
    [corrected] = desk.do(correction, by="manager")
    desk.do(release("o:1"))
    told = desk.do(deletion, by="admin")

    assert [one.data.adjusted_by for one in (moved, corrected, told[0])] == [
        "receiver",
        "manager",
        "admin",
    ]
    assert (held.data.reason, held.data.adjusted_by) == ("order_reserved", None)


def test_only_the_newest_movements_of_each_product_are_kept() -> None:
    desk = Desk()

    for quantity in range(1, 6):
        desk.do(add(quantity, "p"))
    desk.do(add(1, "q"))

    kept = desk.rows()["movements"]
    assert sorted(kept) == [
        "p|000000000003",
        "p|000000000004",
        "p|000000000005",
        "q|000000000001",
    ]
    assert [kept[key].quantity for key in sorted(kept)] == [3, 4, 5, 1]


def test_products_without_backorder_are_a_setting() -> None:
    desk = Desk(replace(RULES, no_backorder=frozenset({"p"})))

    (told,) = desk.do(reserve(desk, "o:1"))

    assert (told.event_type, told.data.backorder_allowed) == ("OutOfStock", False)
    assert desk.rows()["reservations"]["o:1"].status == "CANCELLED"


def test_a_restock_serves_the_queue_in_one_transaction() -> None:
    desk = Desk()
    desk.do(reserve(desk, "o:1", 2))

    restocked, held = desk.do(add(2))

    assert (restocked.data.reason, held.data.reason) == ("restock", "order_reserved")
    assert held.causation_id == restocked.causation_id == "evt_2"
    assert held.event_id != restocked.event_id
    assert desk.driver.timers()["stock.hold"] == 1


# -- properties

PRODUCTS = st.sampled_from(["p", "q"])
LINES = st.sampled_from(["a:1", "b:1", "c:1", "d:1"])
MOVES = st.one_of(
    st.tuples(st.just("add"), PRODUCTS, st.integers(1, 6)),
    st.tuples(st.just("update"), PRODUCTS, st.integers(-4, 4)),
    st.tuples(st.just("reserve"), LINES, st.integers(1, 4)),
    st.tuples(st.sampled_from(["release", "commit", "extend"]), LINES, st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from([1, 10, 16])),
)
Moves = list[tuple[str, str, int]]


def _command(desk: Desk, name: str, on: str, units: int) -> Command:
    product = "p" if on < "c" else "q"
    if name == "add":
        return add(units, on)
    if name == "update":
        return UpdateInventory(product_id=on, quantity_change=units, warehouse_id="wh")
    if name == "reserve":
        return reserve(desk, on, units, product)
    if name == "extend":
        return extend(desk, on, product)
    return release(on, product) if name == "release" else commit(on, product)


def _play(desk: Desk, moves: Moves, *, at_once: bool) -> Iterator[None]:
    """Play moves; commands between two waits run together or one by one. Yields when quiet."""
    for name, on, units in moves:
        if name == "wait":
            desk.driver.run().advance(units * MINUTE_MS)
        else:
            desk.send(_command(desk, name, on, units))
            if not at_once:
                desk.driver.run()
        yield
    desk.driver.run()


def _values(desk: Desk) -> list[bytes | None]:
    return [record.value for record in desk.driver.outputs(INVENTORY_EVENTS)]


@settings(max_examples=40)
@given(st.lists(MOVES, max_size=20), st.integers(0, 20))
def test_batch_boundaries_and_restarts_change_nothing(moves: Moves, cut: int) -> None:
    together, apart = Desk(), Desk(chunk_max=1)

    for _ in _play(together, moves, at_once=True):
        pass
    for played, _ in enumerate(_play(apart, moves, at_once=False)):
        if played == cut:
            apart.driver.restart()

    assert together.rows() == apart.rows()
    assert _values(together) == _values(apart)
    assert together.driver.timers() == apart.driver.timers()


def _carried_out(desk: Desk, moves: Moves) -> list[Record]:
    """Play moves; give the commands that changed anything, in the order in which they were sent.

    What changed nothing may do so later: a refused command is meant to be sent again, and an
    extension that found its line waiting finds it held.
    """
    carried_out, rows, sent = [], desk.rows(), 0
    for _ in _play(desk, moves, at_once=False):
        now = desk.rows()
        if desk.sent > sent and now != rows:
            carried_out.append(desk.last)
        rows, sent = now, desk.sent
    return carried_out


@settings(max_examples=60)
@given(st.lists(MOVES, max_size=20), st.integers(0, 20))
def test_a_prefix_that_is_sent_again_changes_nothing(moves: Moves, cut: int) -> None:
    desk = Desk()
    carried_out = _carried_out(desk, moves)
    rows, told, timers = desk.rows(), _values(desk), desk.driver.timers()

    for record in carried_out[:cut]:
        key = record.key.decode()
        desk.driver.send(INVENTORY_COMMANDS, record.value, key, headers=record.headers)
    desk.driver.run()

    assert desk.rows() == rows
    assert _values(desk) == told
    assert desk.driver.timers() == timers
