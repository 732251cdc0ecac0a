import pytest
from msgspec.structs import replace

from streams.inventory.allocation import allocate
from streams.inventory.rows import Allocation, Level, LevelStatus, Line, Stock
from streams.inventory.rules import Site
from streams.moments import DAY_MS
from tests.streams.inventory.shop import BERLIN, EAST, NO_REORDER, PRODUCT, SITES, WEST

STOCK = Stock(
    PRODUCT,
    levels=(
        Level(BERLIN, NO_REORDER, on_hand=9),
        Level(EAST, NO_REORDER, on_hand=5, reserved=1),
        Level("wh_unknown", NO_REORDER, on_hand=9),
        Level(WEST, NO_REORDER, on_hand=6, quarantined=50),
    ),
)


@pytest.mark.parametrize(
    ("why", "line", "expected"),
    [
        ("the same region comes first", Line(0, "r", 4, "US", "NJ"), [(EAST, 4)]),
        ("the same country comes next", Line(0, "r", 5, "US", "NJ"), [(WEST, 5)]),
        ("in a country the fullest comes first", Line(0, "r", 4, "US", "TX"), [(WEST, 4)]),
        ("one far away beats two near ones", Line(0, "r", 7, "US", "NJ"), [(BERLIN, 7)]),
        ("where nothing is near, ties go by id", Line(0, "r", 9, "FR", ""), [(BERLIN, 9)]),
        ("no destination is far from all", Line(0, "r", 1), [(BERLIN, 1)]),
        ("a region alone is no destination", Line(0, "r", 1, "", "NJ"), [(BERLIN, 1)]),
        (
            "split only when no one can, nearest first",
            Line(0, "r", 12, "US", "NJ"),
            [(EAST, 4), (WEST, 6), (BERLIN, 2)],
        ),
        ("to the last unit", Line(0, "r", 28, "DE", "BE"), None),
        ("not one more", Line(0, "r", 29, "DE", "BE"), []),
        ("only one warehouse will do", Line(0, "r", 4, "DE", "BE", EAST), [(EAST, 4)]),
        ("and it alone", Line(0, "r", 5, "DE", "BE", EAST), []),
    ],
)
def test_a_line_is_filled_from_the_best_warehouses(
    why: str, line: Line, expected: list[tuple[str, int]] | None
) -> None:
    parts = allocate(STOCK, line, 0, SITES)

    if expected is None:
        assert sum(part.quantity for part in parts) == line.quantity, why
    else:
        assert list(parts) == [Allocation(*part) for part in expected], why


@pytest.mark.parametrize("status", ["QUARANTINED", "DISCONTINUED"])
def test_a_level_that_is_not_active_gives_nothing(status: LevelStatus) -> None:
    stock = Stock(PRODUCT, levels=(Level(EAST, NO_REORDER, on_hand=5, status=status),))

    assert allocate(stock, Line(0, "r", 1), 0, SITES) == ()


MONDAY, TUESDAY = 20_000, 20_001
PREFERRING = {
    EAST: Site("US", "NJ", handling_days=3),
    WEST: Site("US", "CA", ("mobile-app", "web")),
    BERLIN: Site("DE", "BE", ("web", "mobile-app")),
}


@pytest.mark.parametrize(
    ("why", "line", "expected"),
    [
        ("nearness outranks the channel", Line(0, "r", 4, "US", "NJ", "", "web"), EAST),
        ("of equally near ones the channel decides", Line(0, "r", 4, "US", "", "", "web"), WEST),
        (
            "a channel that nobody names prefers nobody",
            Line(0, "r", 4, "US", "", "", "partner"),
            WEST,
        ),
        ("far away, the first of a warehouse", Line(0, "r", 4, "FR", "", "", "web"), BERLIN),
        ("and of another channel", Line(0, "r", 4, "FR", "", "", "mobile-app"), WEST),
        ("then the promised day", Line(0, "r", 4, "US", "", "", "", MONDAY + 2), WEST),
    ],
)
def test_of_equally_near_warehouses_the_channel_and_then_the_promise_decide(
    why: str, line: Line, expected: str
) -> None:
    parts = allocate(STOCK, line, MONDAY * DAY_MS, PREFERRING)

    assert [part.warehouse_id for part in parts] == [expected], why


@pytest.mark.parametrize(
    ("promised", "expected"), [(MONDAY + 3, EAST), (MONDAY + 2, WEST), (0, EAST)]
)
def test_a_warehouse_that_cannot_send_in_time_comes_after_one_that_can(
    promised: int, expected: str
) -> None:
    fuller = replace(STOCK, levels=(Level(EAST, NO_REORDER, 90), Level(WEST, NO_REORDER, 9)))
    sites = {EAST: Site("US", "NJ", handling_days=3), WEST: Site("US", "CA")}
    line = Line(0, "r", 4, "US", "", promised_day=promised)

    [part] = allocate(fuller, line, MONDAY * DAY_MS, sites)
    [later] = allocate(fuller, line, TUESDAY * DAY_MS, sites)

    assert part.warehouse_id == expected
    assert later.warehouse_id == (WEST if promised else EAST)
