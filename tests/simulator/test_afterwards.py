"""What goes back to a customer is worked out from list prices, rule by rule."""

import pytest

from simulator.afterwards import (
    LABEL_FEE_MINOR,
    RETURNS,
    Afterwards,
    Claim,
    Dispute,
    Piece,
    Return,
    afterwards,
    back_minor,
)
from simulator.chance import chance_of
from simulator.settings import Mix

PRICES = {"prd_a": 1_999, "prd_b": 300}
TOTAL = 2 * 1_999 + 300
CHANGED, USED = Return("changed_mind", "new"), Return("size_or_fit", "refurbished")
BROKEN, SPOILT = Return("defective_item", "damaged"), Return("changed_mind", "damaged")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (None, 0),
        (Claim(1), TOTAL),
        (Claim(3), TOTAL // 3),
        (Dispute(lost=True), 0),
        (CHANGED, TOTAL - LABEL_FEE_MINOR),
        (USED, 3_998 - 399 + 300 - 30 - LABEL_FEE_MINOR),
        (BROKEN, TOTAL),
        (SPOILT, 0),
    ],
    ids=str,
)
def test_what_goes_back(after: Afterwards | None, expected: int) -> None:
    condition = after.condition if isinstance(after, Return) else "new"
    came = [Piece("r", "prd_a", 2, condition), Piece("r", "prd_b", 1, condition)]

    assert back_minor(after, TOTAL, PRICES, came) == expected


def test_each_parcel_has_a_label_of_its_own_that_never_costs_more_than_what_is_in_it() -> None:
    came = [Piece("r1", "prd_a", 2, "new"), Piece("r2", "prd_b", 1, "new")]

    assert back_minor(CHANGED, TOTAL, PRICES, came) == 3_998 - LABEL_FEE_MINOR


def test_every_way_occurs_about_as_often_as_is_asked_and_none_where_nothing_goes_wrong() -> None:
    mix = Mix(returned=0.2, refunded=0.1, disputed=0.1)
    found = [afterwards(chance_of(1, number), mix) for number in range(2_000)]

    assert {each for each in found if isinstance(each, Return)} == set(RETURNS)
    assert {Dispute(lost=True), Dispute(lost=False)} <= set(found)
    assert 300 < sum(isinstance(each, Return) for each in found) < 500
    assert 130 < sum(isinstance(each, Claim) for each in found) < 270
    assert all(afterwards(chance_of(1, n), Mix.clean()) is None for n in range(100))
