import pytest

from streams.inventory.allocation import allocate
from streams.inventory.rows import Allocation, Level, LevelStatus, Line, Stock
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
    parts = allocate(STOCK, line, SITES)

    if expected is None:
        assert sum(part.quantity for part in parts) == line.quantity, why
    else:
        assert list(parts) == [Allocation(*part) for part in expected], why


@pytest.mark.parametrize("status", ["QUARANTINED", "DISCONTINUED"])
def test_a_level_that_is_not_active_gives_nothing(status: LevelStatus) -> None:
    stock = Stock(PRODUCT, levels=(Level(EAST, NO_REORDER, on_hand=5, status=status),))

    assert allocate(stock, Line(0, "r", 1), SITES) == ()
