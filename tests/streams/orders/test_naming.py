"""Which line of an order goods are of that came back."""

import pytest
from msgspec.structs import replace

from events.shipping_parts import ReturnedItem
from streams.orders.back import Back, BackLine
from streams.orders.naming import line_of
from tests.streams.orders.returns import DELIVERED

FIRST = DELIVERED.lines[0]
TWICE = replace(DELIVERED, lines=(FIRST, replace(FIRST, unit_price_minor=400, total_minor=400)))


@pytest.mark.parametrize(
    ("item_id", "announced", "line"),
    [
        pytest.param("ord_1:2", (1, 2), 2, id="the one that is named"),
        pytest.param("ord_1:1", (1, 2), 1, id="be it the first"),
        pytest.param(None, (1, 2), 1, id="nobody says: the first that was announced"),
        pytest.param(None, (2,), 2, id="or the one that was"),
        pytest.param("ord_1:1", (2,), 2, id="never one that was not"),
        pytest.param("ord_2:2", (1, 2), 1, id="nor another order's"),
    ],
)
def test_goods_are_of_the_line_that_they_were_announced_of(
    item_id: str | None, announced: tuple[int, ...], line: int
) -> None:
    name = FIRST.product_id
    item = ReturnedItem(sku=name, product_id=name, quantity=1, condition="new", item_id=item_id)
    back = Back("shp_1", "changed_mind", tuple([BackLine(number, 1) for number in announced]))

    assert line_of(TWICE, back, item) == line
