"""What holds for any sequence of commands and any passing of time."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from events.inventory import InventoryAdjusted
from streams.inventory.allocation import allocate
from streams.inventory.facts import Refusal
from streams.inventory.rows import available, available_everywhere, level_of
from streams.moments import DAY_MS, MINUTE_MS
from tests.streams.inventory.shop import BERLIN, EAST, PRODUCT, RULES, WEST, Shop, address

RULES_HERE = replace(RULES, backorders_max=4)


@dataclass(frozen=True)
class Step:
    """A command, or time that passes, with what it adds to the books when it is carried out."""

    name: str
    act: Callable[[Shop], Refusal | None]
    booked: Callable[[Shop], int] = lambda _: 0

    def __repr__(self) -> str:
        """The name, for failing examples."""
        return self.name


def _add(quantity: int, warehouse: str, source: dict[str, str]) -> Step:
    def act(shop: Shop) -> Refusal | None:
        return shop.add(quantity, warehouse, **source)

    return Step(f"add({quantity}, {warehouse}, {source})", act, lambda _: quantity)


def _transfer(quantity: int, warehouse: str, sender: str) -> Step:
    def act(shop: Shop) -> Refusal | None:
        return shop.add(quantity, warehouse, sourceWarehouseId=sender)

    def booked(shop: Shop) -> int:
        return 0 if level_of(shop.stock, sender) else quantity

    return Step(f"transfer({quantity}, {warehouse}, {sender})", act, booked)


def _update(change: int, warehouse: str, reason: str | None) -> Step:
    def act(shop: Shop) -> Refusal | None:
        return shop.update(change, warehouse, reason)

    return Step(f"update({change}, {warehouse}, {reason})", act, lambda _: 0 if reason else change)


def _reserve(line: str, quantity: int, to: str, *, backorder: bool) -> Step:
    def act(shop: Shop) -> Refusal | None:
        # A command's end is its own: a repeat asks for the same one.
        end_ms = shop.at_ms + 15 * MINUTE_MS
        where = address(to)
        return shop.reserve(line, quantity, to=where, backorder=backorder, expires_at_ms=end_ms)

    return Step(f"reserve({line}, {quantity}, {to}, {backorder})", act)


def _take_over(line: str, quantity: int, other: str) -> Step:
    def act(shop: Shop) -> Refusal | None:
        return shop.reserve(line, quantity, takes_over=other)

    return Step(f"take_over({line}, {quantity}, {other})", act)


def _on_line(verb: str, line: str) -> Step:
    def act(shop: Shop) -> Refusal | None:
        if verb == "extend":
            return shop.extend(line, shop.at_ms + 20 * MINUTE_MS)
        return {"commit": shop.commit, "release": shop.release, "ship": shop.ship}[verb](line)

    return Step(f"{verb}({line})", act)


def _shrink(line: str, keep: int) -> Step:
    def act(shop: Shop) -> Refusal | None:
        refused = shop.release(line, "order_amended", keep=keep)
        before = len(shop.messages)
        assert shop.release(line, "order_amended", keep=keep) == refused
        assert len(shop.messages) == before, "a repeat frees nothing"
        return refused

    return Step(f"shrink({line}, {keep})", act)


def _advance(minutes: int) -> Step:
    def act(shop: Shop) -> None:
        shop.advance(minutes * MINUTE_MS)

    return Step(f"advance({minutes})", act)


def _delete(warehouse: str) -> Step:
    def act(shop: Shop) -> Refusal | None:
        return shop.delete(f"{PRODUCT}:{warehouse}")

    return Step(f"delete({warehouse})", act)


quantities = st.integers(1, 9)
warehouses = st.sampled_from([EAST, WEST, BERLIN])
lines = st.sampled_from(["a:1", "b:1", "c:1", "d:1", "e:1", "f:1"])
sources = st.sampled_from([{}, {"condition": "damaged"}, {"condition": "new"}])
waits = st.sampled_from([True, True, False])
quality = st.sampled_from(["quality_failure", "quality_released"])

steps = st.one_of(
    st.builds(_add, quantities, warehouses, sources),
    st.builds(_transfer, quantities, warehouses, warehouses),
    st.builds(_update, st.integers(-6, 6), warehouses, st.none()),
    st.builds(_update, st.integers(-3, 3), warehouses, quality),
    st.builds(_reserve, lines, quantities, st.sampled_from(["US", "DE"]), backorder=waits),
    st.builds(_on_line, st.sampled_from(["commit", "release", "extend", "ship"]), lines),
    st.builds(_on_line, st.sampled_from(["commit", "ship"]), lines),
    st.builds(_take_over, lines, quantities, lines),
    st.builds(_shrink, lines, st.integers(1, 5)),
    st.builds(_advance, st.sampled_from([1, 10, 16, 60])),
    st.builds(_delete, warehouses),
)
sequences = st.lists(steps, max_size=30)


def _check_levels(shop: Shop) -> None:
    for level in shop.stock.levels:
        assert 0 <= level.missing <= level.reserved <= level.on_hand
        assert level.quarantined >= 0


def _missing(shop: Shop) -> int:
    return sum(level.missing for level in shop.stock.levels)


def _check_reservations(shop: Shop) -> None:
    held = [row for row in shop.reservations.values() if row.status == "CONFIRMED"]
    for level in shop.stock.levels:
        parts = [
            part.quantity
            for row in held
            for part in row.allocations
            if part.warehouse_id == level.warehouse_id
        ]
        assert level.reserved == sum(parts)
    assert sum(level.reserved for level in shop.stock.levels) == sum(row.quantity for row in held)


def _check_queue(shop: Shop) -> None:
    queue = shop.stock.queue
    pending = {key for key, row in shop.reservations.items() if row.status == "PENDING"}
    assert {line.reservation_id for line in queue} == pending
    assert len(queue) == len(pending) <= RULES_HERE.backorders_max
    assert list(queue) == sorted(queue, key=lambda line: (line.ordered_at_ms, line.reservation_id))
    assert not queue or allocate(shop.stock, queue[0], 0, RULES_HERE.sites) == ()


@settings(max_examples=150)
@given(sequences)
def test_stock_is_conserved_and_never_negative(sequence: list[Step]) -> None:
    shop, booked = Shop(RULES_HERE), 0

    for step in sequence:
        change, missing = step.booked(shop), _missing(shop)
        if step.act(shop) is None:
            booked += change
        if step.name.startswith("ship"):
            booked += missing - _missing(shop)  # What leaves was there.

        shipped = -sum(moved.quantity for moved in shop.movements if moved.type == "OUTBOUND")
        units = sum(level.on_hand + level.quarantined for level in shop.stock.levels)
        assert units - _missing(shop) + shipped == booked
        _check_levels(shop)
        _check_reservations(shop)
        _check_queue(shop)


@settings(max_examples=100)
@given(sequences)
def test_the_messages_alone_tell_what_is_available(sequence: list[Step]) -> None:
    shop, known = Shop(RULES_HERE), dict[str, int]()
    ids: set[str] = set()

    for step in sequence:
        step.act(shop)
        for told in shop.take_adjusted():
            assert told.previous_quantity + told.adjusted_quantity == told.new_quantity
            assert told.adjustment_id not in ids
            ids.add(told.adjustment_id)
            if told.warehouse_id == "ALL":
                assert told.new_quantity == available_everywhere(shop.stock)
            else:
                assert told.previous_quantity == known.get(told.warehouse_id, 0)
                known[told.warehouse_id] = told.new_quantity

    assert known == {level.warehouse_id: available(level) for level in shop.stock.levels}


@settings(max_examples=100)
@given(sequences)
def test_the_movements_add_up_to_what_is_on_hand(sequence: list[Step]) -> None:
    shop = Shop(RULES_HERE)

    for step in sequence:
        step.act(shop)

    for level in shop.stock.levels:
        here = [moved for moved in shop.movements if moved.warehouse_id == level.warehouse_id]
        assert sum(moved.quantity for moved in here) == level.on_hand
        assert sum(moved.quarantined for moved in here) == level.quarantined
        assert here[-1].on_hand == level.on_hand
    sequence_numbers = [moved.sequence for moved in shop.movements]
    assert sequence_numbers == list(range(1, shop.stock.movements + 1))


@settings(max_examples=100)
@given(sequences)
def test_every_timer_ends(sequence: list[Step]) -> None:
    shop = Shop(RULES_HERE)
    for step in sequence:
        step.act(shop)

    began_ms = shop.at_ms
    shop.advance(31 * MINUTE_MS)
    held = [row for row in shop.reservations.values() if row.status == "CONFIRMED"]
    shop.advance(2 * DAY_MS)

    # A hold that ended may have let a waiting line be held, for a quarter of an hour of its own.
    assert all(row.committed or row.held_at_ms > began_ms for row in held)
    for row in shop.reservations.values():
        assert row.status == "PENDING" or row.committed
        assert row.purge_at_ms is None


def _told_of(shop: Shop) -> dict[str, list[InventoryAdjusted]]:
    told: dict[str, list[InventoryAdjusted]] = {}
    for each in shop.take_adjusted():
        if each.reservation_id is not None:
            told.setdefault(each.reservation_id, []).append(each)
    return told


@settings(max_examples=100)
@given(sequences)
def test_the_last_message_of_a_line_tells_its_status(sequence: list[Step]) -> None:
    shop = Shop(RULES_HERE)

    for step in sequence:
        before = dict(shop.reservations)
        step.act(shop)

        for line, told in _told_of(shop).items():
            row = shop.reservations.get(line)
            if row is not None:
                assert told[-1].reservation_status == row.status
        for line, row in shop.reservations.items():
            was = before.get(line)
            assert was is None or _may_follow(was.status, row.status), (was, row)


def _may_follow(was: str, now: str) -> bool:
    """The contract's transitions, and the new claim that may follow an expired one."""
    return was == now or now in {
        "PENDING": {"CONFIRMED", "CANCELLED", "EXPIRED"},
        "CONFIRMED": {"FULFILLED", "CANCELLED", "EXPIRED"},
        "EXPIRED": {"PENDING", "CONFIRMED", "CANCELLED"},
    }.get(was, set())
