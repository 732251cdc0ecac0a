"""Where one figure ends and the next begins."""

from dataclasses import dataclass
from typing import Any

import pytest

from streams.moments import DAY_MS
from streams.pulse import disputes, risk, shipping
from streams.pulse.inventory import adjusted
from streams.pulse.rules import PulseRules
from streams.pulse.tally import EMPTY, Cell

RULES = PulseRules()


@dataclass
class Told:
    """An envelope as far as a fold looks at it."""

    data: Any
    causation_id: str | None = "cause"
    timestamp_ms: int = 0


@dataclass
class Scored:
    risk_score: int


@pytest.mark.parametrize(
    ("score", "band"),
    [(0, "00-09"), (9, "00-09"), (10, "10-19"), (79, "70-79"), (80, "80-89"), (89, "80-89"),
     (90, "90-100"), (100, "90-100")],
)  # fmt: skip
def test_scores_are_counted_by_tens_and_a_hundred_is_in_the_last_band(
    score: int, band: str
) -> None:
    envelope: Any = Told(Scored(score))

    assert set(risk.scored(EMPTY, envelope, 0, RULES).cells) == {f"score|{band}"}


@dataclass
class Changed:
    reason: str
    adjusted_quantity: int = -1


@pytest.mark.parametrize(
    ("reason", "counts"),
    [
        ("reservation_released", False), ("order_cancelled", False), ("order_amended", False),
        ("order_shipped", False), ("restock", True),
    ],
)  # fmt: skip
def test_what_follows_from_an_orders_end_is_no_update_of_stock(
    reason: str, *, counts: bool
) -> None:
    envelope: Any = Told(Changed(reason))

    assert ("update_latency" in adjusted(EMPTY, envelope, 5, RULES).cells) is counts


def test_a_carriers_trouble_is_its_own_and_every_answer_is_counted() -> None:
    cells = {
        "booked|UPS": Cell(6), "unbooked|UPS|no_answer": Cell(1),
        "unbooked|UPS|carrier_down": Cell(2), "unbooked|UPS|bad_address": Cell(4),
    }  # fmt: skip

    assert list(shipping.label_successes(cells)) == [("UPS", 6, 13)]
    assert list(shipping.carrier_errors(cells)) == [("UPS", 3, 13)]


def test_a_month_of_disputes_has_thirty_days() -> None:
    month = disputes.paid(disputes.NONE, DAY_MS)

    for day, counted in ((30, 2), (31, 1)):
        after = disputes.paid(month, day * DAY_MS)
        assert disputes.share_of(disputes.standing(after).cells) == (0, counted)
