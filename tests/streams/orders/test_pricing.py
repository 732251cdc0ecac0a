"""Discounts: on the sum, to the unit, and shared by the lines."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.orders.pricing import discount_percent, net, priced
from tests.streams.orders.samples import RULES, item

items = st.lists(
    st.builds(
        item,
        quantity=st.integers(1, 100),
        unit_price_minor=st.integers(0, 500_000),
    ),
    min_size=1,
    max_size=50,
)


@pytest.mark.parametrize(
    ("code", "percent"),
    [(None, 0), ("", 0), ("SAVE10", 10), ("ENTERPRISE20", 20), ("SAVE11", None)],
)
def test_codes_take_off_what_the_settings_say(code: str | None, percent: int | None) -> None:
    assert discount_percent(code, RULES.discounts_percent) == percent


@pytest.mark.parametrize(
    ("listed", "percent", "total"),
    [(13497, 0, 13497), (13497, 10, 12147), (5, 10, 4), (4, 10, 4), (15, 10, 13), (0, 20, 0)],
)
def test_the_discount_is_rounded_half_up(listed: int, percent: int, total: int) -> None:
    assert net(listed, percent) == total


@given(items, st.integers(0, 100))
def test_lines_sum_to_the_discounted_sum_to_the_unit(lines: list, percent: int) -> None:
    listed = sum(line.quantity * line.unit_price_minor for line in lines)

    totals = [line.total_minor for line in priced(lines, percent)]

    assert sum(totals) == net(listed, percent)
    assert min(totals) >= 0


@given(items, st.integers(0, 100))
def test_no_line_is_off_its_own_price_by_more_than_one_unit(lines: list, percent: int) -> None:
    for line in priced(lines, percent):
        exact = Fraction(line.quantity * line.unit_price_minor * (100 - percent), 100)
        assert abs(line.total_minor - exact) <= 1
