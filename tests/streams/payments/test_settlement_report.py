"""What a simulated provider's report says, put together from its answers."""

from typing import Any

import pytest

from streams.payments.settlement_report import REFUNDS_MAX, Reported, reported
from tests.streams.payments.samples import AMOUNT, captured, refunded, succeeded

TAKEN = Reported(AMOUNT)


@pytest.mark.parametrize(
    ("row", "answer", "after"),
    [
        (None, succeeded(), None),
        (None, succeeded(captured=True), TAKEN),
        (None, captured(), TAKEN),
        (TAKEN, captured(), TAKEN),
        (TAKEN, succeeded(captured=True), TAKEN),
        (None, refunded("r1", AMOUNT), Reported(AMOUNT, AMOUNT, ("r1",))),
        (TAKEN, refunded("r1", 500), Reported(AMOUNT, 500, ("r1",))),
        (Reported(AMOUNT, 500, ("r1",)), refunded("r1", 500), Reported(AMOUNT, 500, ("r1",))),
        (Reported(AMOUNT, 500, ("r1",)), refunded("r2", 1), Reported(AMOUNT, 501, ("r1", "r2"))),
    ],
)
def test_a_charge_and_a_refund_are_written_down_once(row: Any, answer: Any, after: Any) -> None:
    assert reported(row, answer) == after


def test_a_row_is_bounded() -> None:
    row: Reported | None = TAKEN
    for number in range(REFUNDS_MAX + 10):
        row = reported(row, refunded(f"r{number}", 1))

    assert row is not None
    assert (row.refunded_minor, len(row.refunds)) == (REFUNDS_MAX + 10, REFUNDS_MAX)
