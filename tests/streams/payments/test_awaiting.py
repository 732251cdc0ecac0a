"""What goods are owed that came back before the charge for them was taken."""

import pytest

from streams.payments import refund_facts as rf
from streams.payments.awaiting import taken
from streams.payments.sales import OwedBack, Sale
from tests.streams.payments.samples import AMOUNT, NOW_MS, PAYMENT, RULES, paid

OTHER = f"{PAYMENT}:3"


@pytest.mark.parametrize(
    ("owed_minor", "payments", "back", "left"),
    [
        (300, (PAYMENT,), [300], []),
        (300, (PAYMENT, OTHER), [300], []),
        (300, (OTHER,), [], [(300, (OTHER,))]),
        (AMOUNT + 300, (PAYMENT,), [AMOUNT], []),
        (AMOUNT + 300, (PAYMENT, OTHER), [AMOUNT], [(300, (OTHER,))]),
    ],
)
def test_a_charge_gives_back_what_it_has_of_what_it_owes_and_leaves_the_rest_to_the_others(
    owed_minor: int,
    payments: tuple[str, ...],
    back: list[int],
    left: list[tuple[int, tuple[str, ...]]],
) -> None:
    sale = Sale(owed=(OwedBack("ret_1", owed_minor, "RETURN", "ret_1", payments),))

    after, facts = taken(sale, PAYMENT, paid().payment, NOW_MS, RULES)

    assert [one.amount_minor for one in facts if isinstance(one, rf.RefundAsked)] == back
    assert [(one.amount_minor, one.payments) for one in after.owed] == left
