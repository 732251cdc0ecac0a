"""Reserve, commit, release, extend, expire, ship: one line's life."""

import pytest

from events.vocabulary import ReleaseReason
from streams.inventory.facts import Refusal
from streams.inventory.holds import expire, is_over
from streams.inventory.rows import Allocation
from streams.inventory.rules import InventoryRules
from streams.moments import DAY_MS, MINUTE_MS, ms_of
from tests.streams.inventory.shop import (
    EAST,
    SITES,
    START_MS,
    WEST,
    Shop,
    address,
    stocked,
)

HOLD_MS = 15 * MINUTE_MS


def test_a_hold_takes_units_from_what_is_available_and_tells_the_order() -> None:
    shop = stocked(east=5)

    shop.reserve("a:1", 2)

    row = shop.reservations["a:1"]
    (told,) = shop.take_adjusted()
    assert (shop.level().on_hand, shop.level().reserved) == (5, 2)
    assert (row.status, row.allocations) == ("CONFIRMED", (Allocation(EAST, 2),))
    assert (row.created_at_ms, row.held_at_ms) == (START_MS, START_MS)
    assert row.expires_at_ms == START_MS + HOLD_MS
    assert (told.previous_quantity, told.adjusted_quantity, told.new_quantity) == (5, -2, 3)
    assert (told.adjustment_type, told.reason) == ("decrease", "order_reserved")
    assert (told.order_id, told.payment_id) == ("ord_a:1", "pay_ord_a:1")
    assert (told.reservation_id, told.reservation_status) == ("a:1", "CONFIRMED")
    assert ms_of(told.reservation_expires_at) == START_MS + HOLD_MS
    assert (told.lines_total, told.on_hand, told.reserved) == (1, 5, 2)
    assert told.committed is None


def test_a_split_hold_says_confirmed_once_and_last() -> None:
    shop = stocked(east=2, west=2)

    shop.reserve("a:1", 3, to=address("US", "CA"))

    told = shop.take_adjusted()
    assert [each.warehouse_id for each in told] == [WEST, EAST]
    assert [each.adjusted_quantity for each in told] == [-2, -1]
    assert [each.reservation_status for each in told] == ["PENDING", "CONFIRMED"]
    assert len({each.adjustment_id for each in told}) == 2


def test_the_state_of_an_address_is_its_region() -> None:
    shop = stocked(east=9, west=5)

    shop.reserve("a:1", 1, to=address("US", "CA"))

    assert shop.reservations["a:1"].allocations == (Allocation(WEST, 1),)


def test_a_line_may_insist_on_one_warehouse() -> None:
    shop = stocked(east=9, west=1)

    shop.reserve("a:1", 2, only=WEST)

    (told,) = shop.take_out_of_stock()
    assert (shop.status("a:1"), told.warehouse_id) == ("PENDING", WEST)


def test_a_repeated_reserve_changes_nothing() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.take()

    shop.reserve("a:1", 2)

    assert shop.level().reserved == 2
    assert shop.take() == []


def test_a_hold_ends_at_its_time_and_not_before() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.take()

    shop.advance(HOLD_MS - 1)
    before = shop.status("a:1")
    shop.advance(1)

    (told,) = shop.take_adjusted()
    assert (before, shop.status("a:1"), shop.level().reserved) == ("CONFIRMED", "EXPIRED", 0)
    assert (told.reason, told.reservation_status) == ("reservation_expired", "EXPIRED")
    assert (told.previous_quantity, told.adjusted_quantity) == (3, 2)
    assert shop.reservations["a:1"].allocations == ()


def test_a_split_hold_that_expires_says_so_once_and_last() -> None:
    shop = stocked(east=2, west=2)
    shop.reserve("a:1", 4)
    shop.take()

    shop.advance(HOLD_MS)

    told = shop.take_adjusted()
    assert [each.reservation_status for each in told] == ["PENDING", "EXPIRED"]
    assert sum(each.adjusted_quantity for each in told) == 4


def test_a_committed_hold_does_not_expire() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.take()

    shop.advance(MINUTE_MS)
    shop.commit("a:1")
    shop.advance(10 * DAY_MS)

    (told,) = shop.take_adjusted()
    assert (shop.status("a:1"), shop.level().reserved) == ("CONFIRMED", 2)
    assert (told.adjusted_quantity, told.new_quantity, told.committed) == (0, 3, True)
    assert (told.reason, told.reservation_status) == ("order_reserved", "CONFIRMED")
    assert told.reservation_expires_at is None
    assert shop.stock.last_sold_at_ms == START_MS + MINUTE_MS


def test_a_split_hold_is_committed_with_one_message() -> None:
    shop = stocked(east=2, west=2)
    shop.reserve("a:1", 4)
    shop.take()

    shop.commit("a:1")

    assert [told.committed for told in shop.take_adjusted()] == [True]


def test_a_repeated_commit_changes_nothing() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.commit("a:1")
    rows, _ = (shop.stock, shop.reservations["a:1"]), shop.take()

    shop.commit("a:1")

    assert (shop.stock, shop.reservations["a:1"]) == rows
    assert shop.take() == []


def test_a_commit_that_comes_after_expiry_holds_again_when_it_can() -> None:
    shop = stocked(east=5, west=9)
    shop.reserve("a:1", 2, to=address("US", "NJ"))
    shop.advance(HOLD_MS)
    shop.take()

    shop.commit("a:1", 2)

    row = shop.reservations["a:1"]
    held, committed = shop.take_adjusted()
    assert (row.status, row.committed, row.expires_at_ms) == ("CONFIRMED", True, None)
    assert row.allocations == (Allocation(EAST, 2),)
    assert (held.adjusted_quantity, held.reservation_status) == (-2, "CONFIRMED")
    assert (committed.adjusted_quantity, committed.committed) == (0, True)
    assert row.payment_id == "pay_ord_a:1"


def test_a_commit_that_comes_after_expiry_holds_no_more_than_an_amendment_left() -> None:
    shop = stocked(east=3)
    shop.reserve("a:1", 3)
    shop.advance(HOLD_MS)
    shop.release("a:1", "order_amended", keep=1)

    shop.commit("a:1", 1)

    assert (shop.status("a:1"), shop.level().reserved) == ("CONFIRMED", 1)


def test_a_commit_that_comes_after_expiry_holds_no_more_than_was_held() -> None:
    shop = stocked(east=9)
    shop.reserve("a:1", 2)
    shop.advance(HOLD_MS)

    shop.commit("a:1", 5)

    assert (shop.status("a:1"), shop.level().reserved) == ("CONFIRMED", 2)


def test_a_commit_that_comes_after_expiry_is_missed_when_the_stock_is_gone() -> None:
    shop = stocked(east=2)
    shop.reserve("a:1", 2)
    shop.advance(HOLD_MS)
    shop.reserve("b:1", 1)
    shop.take()

    shop.commit("a:1", 2)
    shop.add(5)
    shop.commit("a:1", 2)

    told, restocked = shop.take_adjusted()
    assert (told.reason, told.reservation_status) == ("reservation_expired", "EXPIRED")
    assert (told.warehouse_id, told.adjusted_quantity, told.new_quantity) == ("ALL", 0, 1)
    assert told.order_id == "ord_a:1"
    assert restocked.reason == "restock"
    assert (shop.status("a:1"), shop.reservations["a:1"].barred) == ("EXPIRED", True)


def test_a_commit_of_a_line_that_still_waits_is_missed() -> None:
    shop = stocked(east=1)
    shop.reserve("a:1", 2)
    shop.reserve("b:1", 1)
    shop.take()

    shop.commit("a:1", 2)

    missed, served = shop.take_adjusted()
    assert (missed.reservation_id, missed.reservation_status) == ("a:1", "EXPIRED")
    assert (served.reservation_id, served.reservation_status) == ("b:1", "CONFIRMED")
    assert shop.stock.queue == ()


@pytest.mark.parametrize(("units", "status"), [(3, "CONFIRMED"), (2, "EXPIRED")])
def test_a_commit_of_which_nothing_is_known_is_taken_for_a_late_one(
    units: int, status: str
) -> None:
    shop = stocked(east=units)

    shop.commit("a:1", 3)

    told = shop.take_adjusted()
    assert shop.status("a:1") == status
    assert told[-1].committed is (True if status == "CONFIRMED" else None)
    assert told[-1].payment_id == "pay_ord_a:1"


@pytest.mark.parametrize(
    ("reason", "told_as"),
    [
        ("order_cancelled", "order_cancelled"),
        ("order_amended", "order_amended"),
        ("payment_failed", "reservation_released"),
        ("reservation_expired", "reservation_released"),
    ],
)
@pytest.mark.parametrize("committed", [False, True])
def test_a_release_frees_the_whole_line(
    reason: ReleaseReason, told_as: str, *, committed: bool
) -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    if committed:
        shop.commit("a:1")
    shop.take()

    shop.release("a:1", reason)

    (told,) = shop.take_adjusted()
    assert (shop.status("a:1"), shop.level().reserved) == ("CANCELLED", 0)
    assert (told.reason, told.reservation_status) == (told_as, "CANCELLED")
    assert (told.adjustment_type, told.adjusted_quantity) == ("increase", 2)


def test_a_release_before_its_reserve_lets_the_late_reserve_do_nothing() -> None:
    shop = stocked(east=5)

    shop.release("a:1")
    shop.reserve("a:1", 2)

    assert (shop.status("a:1"), shop.level().reserved) == ("CANCELLED", 0)
    assert shop.take() == []


def test_a_repeated_release_changes_nothing() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.release("a:1")
    rows, _ = (shop.stock, shop.reservations["a:1"]), shop.take()

    shop.release("a:1")

    assert (shop.stock, shop.reservations["a:1"]) == rows
    assert shop.take() == []


def test_a_cancelled_line_may_not_be_reserved_again() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.release("a:1")
    shop.advance(MINUTE_MS)

    shop.reserve("a:1", 2)

    assert shop.status("a:1") == "CANCELLED"


def test_an_expired_line_may_be_reserved_again_as_a_new_claim() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.advance(20 * MINUTE_MS)
    shop.take()

    shop.reserve("a:1", 2)

    row = shop.reservations["a:1"]
    (told,) = shop.take_adjusted()
    assert (row.status, row.purge_at_ms) == ("CONFIRMED", None)
    assert (row.ordered_at_ms, row.created_at_ms) == (START_MS, shop.at_ms)
    assert told.reservation_status == "CONFIRMED"


def test_a_late_repeat_of_the_first_reserve_does_not_revive_an_expired_line() -> None:
    shop = stocked(east=5)
    first_end_ms = shop.at_ms + HOLD_MS
    shop.reserve("a:1", 2, expires_at_ms=first_end_ms)
    shop.extend("a:1", first_end_ms + 5 * MINUTE_MS)
    shop.advance(30 * MINUTE_MS)

    shop.reserve("a:1", 2, expires_at_ms=first_end_ms)

    assert shop.status("a:1") == "EXPIRED"


def test_an_expired_line_that_is_asked_for_anew_too_late_expires_again_and_says_so() -> None:
    """Behind a backlog: an order that hears nothing waits with its money for days."""
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.advance(HOLD_MS)
    second_end_ms = shop.at_ms + HOLD_MS
    shop.advance(HOLD_MS + MINUTE_MS)
    shop.take()

    shop.reserve("a:1", 2, expires_at_ms=second_end_ms)
    shop.advance(1000)

    told = [event.reservation_status for event in shop.take_adjusted()]
    assert told == ["CONFIRMED", "EXPIRED"]
    assert shop.status("a:1") == "EXPIRED"


def test_an_expired_line_that_was_released_stays_expired_whatever_comes() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.advance(HOLD_MS)
    shop.take()

    shop.release("a:1", "reservation_expired")
    shop.reserve("a:1", 2)
    shop.commit("a:1", 2)

    assert shop.status("a:1") == "EXPIRED"
    assert shop.take() == []


def test_an_extension_moves_the_end_but_never_past_thirty_minutes() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.reserve("b:1", 2)

    shop.extend("a:1", START_MS + 25 * MINUTE_MS)
    shop.extend("b:1", START_MS + 35 * MINUTE_MS)

    assert shop.reservations["a:1"].expires_at_ms == START_MS + 25 * MINUTE_MS
    assert shop.reservations["b:1"].expires_at_ms == START_MS + 30 * MINUTE_MS
    shop.advance(20 * MINUTE_MS)
    assert shop.status("a:1") == "CONFIRMED"
    shop.advance(10 * MINUTE_MS)
    assert (shop.status("a:1"), shop.status("b:1")) == ("EXPIRED", "EXPIRED")


def test_an_extension_never_shortens_a_hold_nor_counts_twice() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    until_ms = START_MS + 20 * MINUTE_MS
    shop.extend("a:1", until_ms)

    extended = shop.stock, shop.reservations["a:1"]

    for again_ms in (until_ms, START_MS + MINUTE_MS):
        shop.extend("a:1", again_ms)

        assert (shop.stock, shop.reservations["a:1"]) == extended


def test_an_extension_of_what_no_timer_ends_changes_nothing() -> None:
    shop = stocked(east=5)
    shop.reserve("cancelled:1", 1)
    shop.release("cancelled:1")
    shop.reserve("paid:1", 5)
    shop.commit("paid:1")
    shop.reserve("waits:1", 1)
    rows = dict(shop.reservations)

    for line in ("cancelled:1", "paid:1", "waits:1", "unknown:1"):
        shop.extend(line, shop.at_ms + 20 * MINUTE_MS)

    assert shop.reservations == rows
    assert [row.status for row in rows.values()] == ["CANCELLED", "CONFIRMED", "PENDING"]


def test_units_that_ship_leave_on_hand_and_reserved_together() -> None:
    shop = stocked(east=2, west=2)
    shop.reserve("a:1", 3)
    shop.commit("a:1")
    shop.take()

    shop.ship("a:1")

    told = shop.take_adjusted()
    assert shop.status("a:1") == "FULFILLED"
    assert sum(level.on_hand for level in shop.stock.levels) == 1
    assert sum(level.reserved for level in shop.stock.levels) == 0
    assert {each.adjusted_quantity for each in told} == {0}
    assert {(each.adjustment_type, each.reason) for each in told} == {("decrease", "order_shipped")}
    assert [each.reservation_status for each in told] == ["PENDING", "FULFILLED"]
    outbound = [each for each in shop.movements if each.type == "OUTBOUND"]
    assert [each.quantity for each in outbound] == [-2, -1]
    assert [each.sequence for each in outbound] == [3, 4]


def test_a_line_split_over_warehouses_ships_one_warehouse_at_a_time() -> None:
    shop = stocked(east=2, west=2)
    shop.reserve("a:1", 3)
    shop.commit("a:1")
    first, second = [part.warehouse_id for part in shop.reservations["a:1"].allocations]
    shop.take()

    shop.ship("a:1", first)
    shop.ship("a:1", first)

    assert shop.status("a:1") == "CONFIRMED"
    assert [part.warehouse_id for part in shop.reservations["a:1"].allocations] == [second]
    assert [each.reservation_status for each in shop.take_adjusted()] == ["CONFIRMED"]

    shop.ship("a:1", second)

    assert shop.status("a:1") == "FULFILLED"
    assert sum(level.on_hand for level in shop.stock.levels) == 1
    assert sum(level.reserved for level in shop.stock.levels) == 0


def test_what_has_not_shipped_is_released() -> None:
    shop = stocked(east=2, west=2)
    shop.reserve("a:1", 3)
    shop.commit("a:1")
    shop.ship("a:1", shop.reservations["a:1"].allocations[0].warehouse_id)

    shop.release("a:1")

    assert shop.status("a:1") == "CANCELLED"
    assert sum(level.on_hand for level in shop.stock.levels) == 2
    assert sum(level.reserved for level in shop.stock.levels) == 0


def let_go(*, others: int = 0) -> Shop:
    """Two of five were paid for, and let go while their parcel left."""
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.commit("a:1")
    shop.release("a:1")
    if others:
        shop.reserve("b:1", others)
    shop.take()
    return shop


def test_what_left_though_it_had_been_let_go_is_off_the_books_once() -> None:
    shop = let_go()

    shop.ship("a:1", EAST, quantity=2)
    shop.ship("a:1", EAST, quantity=2)

    (told,) = shop.take_adjusted()
    assert (told.reason, told.adjusted_quantity, told.on_hand) == ("order_shipped", -2, 3)
    moved = shop.movements[-1]
    assert (moved.type, moved.quantity, moved.reference) == ("OUTBOUND", -2, "ord_a:1")
    assert (shop.status("a:1"), shop.level().reserved) == ("CANCELLED", 0)


def test_what_left_though_others_hold_it_by_now_leaves_them_theirs() -> None:
    shop = let_go(others=4)

    shop.ship("a:1", EAST, quantity=2)

    assert (shop.level().on_hand, shop.level().reserved) == (4, 4)


def test_what_left_though_others_hold_it_is_off_the_books_as_soon_as_they_can_bear_it() -> None:
    """Five units; two left, four are held for another: there is one less than the books say."""
    comes_back, let_go_too, counted = let_go(others=4), let_go(others=4), let_go(others=4)
    for shop in (comes_back, let_go_too, counted):
        shop.ship("a:1", EAST, quantity=2)
        assert (shop.level().on_hand, shop.level().owed) == (4, 1)

    comes_back.add(2, EAST, returnId="r1", condition="new")
    let_go_too.release("b:1")
    counted.count(9)

    units = [(s.level().on_hand, s.level().owed) for s in (comes_back, let_go_too, counted)]
    assert units == [(5, 0), (3, 0), (9, 0)]
    assert comes_back.take_adjusted()[0].spoken_for is None
    last = comes_back.movements[-1]
    assert (last.type, last.quantity, last.reason) == ("OUTBOUND", -1, "order_shipped")


def test_a_count_that_finds_what_the_books_say_leaves_nothing_to_come_off_them() -> None:
    shop = let_go(others=4)
    shop.ship("a:1", EAST, quantity=2)

    shop.count(4)

    assert (shop.level().on_hand, shop.level().owed) == (4, 0)
    shop.release("b:1")
    assert shop.level().on_hand == 4


def test_units_that_are_off_the_books_as_they_come_are_back_for_nobody() -> None:
    shop = let_go(others=5)
    shop.ship("a:1", EAST, quantity=2)
    shop.take()

    shop.add(2)

    arrived, left = shop.take_adjusted()
    assert (arrived.new_quantity, arrived.spoken_for, left.new_quantity) == (2, True, 0)


def test_units_that_have_left_are_nobodys_who_waits() -> None:
    shop = let_go(others=5)
    shop.ship("a:1", EAST, quantity=2)
    shop.reserve("c:1", 5)

    shop.release("b:1")
    assert (shop.status("c:1"), shop.level().on_hand) == ("PENDING", 3)

    shop.add(2)
    assert (shop.status("c:1"), shop.level().on_hand) == ("CONFIRMED", 5)


@pytest.mark.parametrize("only", [None, "wh_else"])
def test_what_left_nobody_says_where_stays_for_a_count(only: str | None) -> None:
    shop = let_go()

    shop.ship("a:1", only, quantity=2)

    assert shop.level().on_hand == 5


def test_of_a_split_line_that_was_let_go_what_had_left_leaves_no_second_time() -> None:
    shop = stocked(east=2, west=2)
    shop.reserve("a:1", 3)
    shop.commit("a:1")
    first = shop.reservations["a:1"].allocations[0].warehouse_id
    shop.ship("a:1", first)
    shop.release("a:1")

    shop.ship("a:1", first, quantity=2)

    assert sum(level.on_hand for level in shop.stock.levels) == 2


@pytest.mark.parametrize("left_before", [0, 1, 2])
def test_every_parcel_of_a_split_line_is_off_the_books_once_whenever_it_is_let_go(
    left_before: int,
) -> None:
    shop = stocked(east=2, west=2)
    shop.reserve("a:1", 3)
    shop.commit("a:1")
    parcels = [part.warehouse_id for part in shop.reservations["a:1"].allocations]

    for name in parcels[:left_before]:
        shop.ship("a:1", name)
    shop.release("a:1")
    for name in (*parcels, *parcels):
        shop.ship("a:1", name)

    assert sum(level.on_hand for level in shop.stock.levels) == 1
    assert sum(level.reserved for level in shop.stock.levels) == 0


def test_another_products_line_is_not_shipped() -> None:
    shop = stocked(east=2)
    shop.reserve("a:1", 1)

    assert shop.ship("a:1", product="prd_other") is Refusal.OTHER_PRODUCT


@pytest.mark.parametrize("committed", [False, True])
def test_only_a_paid_hold_ships_and_only_once(*, committed: bool) -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    if committed:
        shop.commit("a:1")

    shop.ship("a:1")
    shop.ship("a:1")

    assert shop.level().on_hand == (3 if committed else 5)


def test_a_shipped_line_is_not_released() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.commit("a:1")
    shop.ship("a:1")
    shop.take()

    shop.release("a:1")

    assert (shop.status("a:1"), shop.take()) == ("FULFILLED", [])


@pytest.mark.parametrize("end", ["released", "shipped", "turned away", "missed"])
def test_an_ended_line_is_forgotten_a_day_later(end: str) -> None:
    shop = stocked(east=5)
    if end == "missed":
        shop.commit("a:1", 9)
    else:
        shop.reserve("a:1", 9 if end == "turned away" else 2, backorder=False)
    if end == "released":
        shop.release("a:1")
    if end == "shipped":
        shop.commit("a:1")
        shop.ship("a:1")

    shop.advance(DAY_MS - 1)
    kept = "a:1" in shop.reservations
    shop.advance(1)

    assert (kept, "a:1" in shop.reservations) == (True, False)


def test_a_timer_that_has_nothing_to_end_ends_nothing() -> None:
    shop = stocked(east=5)
    shop.reserve("held:1", 1)
    shop.reserve("paid:1", 1)
    shop.commit("paid:1")
    shop.reserve("ended:1", 1)
    shop.release("ended:1")
    held, paid, ended = (shop.reservations[line] for line in ("held:1", "paid:1", "ended:1"))
    late_ms = shop.at_ms + 10 * DAY_MS

    assert expire(shop.stock, held, START_MS + HOLD_MS - 1, shop.rules) == ()
    assert expire(shop.stock, paid, late_ms, shop.rules) == ()
    assert expire(shop.stock, ended, late_ms, shop.rules) == ()
    assert expire(shop.stock, None, late_ms, shop.rules) == ()
    assert not is_over(None, late_ms)
    assert not is_over(paid, late_ms)
    assert not is_over(ended, shop.at_ms + DAY_MS - 1)
    assert is_over(ended, shop.at_ms + DAY_MS)


@pytest.mark.parametrize("verb", ["reserve", "commit", "release", "extend"])
def test_a_reservation_of_another_product_is_refused(verb: str) -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    act = {
        "reserve": lambda: shop.reserve("a:1", 2, product="prod_2"),
        "commit": lambda: shop.commit("a:1", product="prod_2"),
        "release": lambda: shop.release("a:1", product="prod_2"),
        "extend": lambda: shop.extend("a:1", shop.at_ms, product="prod_2"),
    }[verb]

    assert act() is Refusal.OTHER_PRODUCT
    assert shop.status("a:1") == "CONFIRMED"


def test_every_figure_is_a_setting() -> None:
    rules = InventoryRules(
        hold_ms=5 * MINUTE_MS, hold_max_ms=7 * MINUTE_MS, ended_keep_ms=MINUTE_MS, sites=SITES
    )
    shop = Shop(rules)
    shop.reserve("a:1", 2)

    shop.add(2)
    shop.extend("a:1", shop.at_ms + 60 * MINUTE_MS)

    assert shop.reservations["a:1"].expires_at_ms == shop.at_ms + 7 * MINUTE_MS
    shop.advance(8 * MINUTE_MS)
    assert shop.reservations == {}
