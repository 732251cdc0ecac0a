"""Names of payments tell their order, whatever the order is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.charges import VoidPayment
from events.payment_ids import further_payment_of, order_of_payment, payment_id_of
from topics import PAYMENTS_EVENTS
from wire.contract import CONTRACT

ORDERS = st.one_of(
    st.text(min_size=1, max_size=20), st.from_regex(r"\A(pay_)?ord:?x?[0-9]{0,5}(:x?[0-9])?\Z")
)
NUMBERS = st.from_regex(r"\A(x[1-9]|[2-9])[0-9]{0,2}\Z")


def name(order_id: str, number: str | None) -> str:
    return payment_id_of(order_id) if number is None else further_payment_of(order_id, number)


@given(ORDERS, NUMBERS | st.none())
def test_a_name_tells_its_order(order_id: str, number: str | None) -> None:
    assert order_of_payment(name(order_id, number)) == order_id


@given(ORDERS, ORDERS, NUMBERS | st.none(), NUMBERS | st.none())
def test_no_two_payments_share_a_name(
    one: str, other: str, first: str | None, second: str | None
) -> None:
    same = name(one, first) == name(other, second)

    assert same == ((one, first) == (other, second))


@pytest.mark.parametrize(
    ("order_id", "payment_id"),
    [
        ("ord_1", "pay_ord_1"),
        ("shop:north:ord_1", "pay_shop:north:ord_1"),
        ("shop:7", "pay_shop:7:1"),
        ("shop:x7", "pay_shop:x7:1"),
        ("shop:07", "pay_shop:07"),
    ],
)
def test_names_are_as_short_as_may_be(order_id: str, payment_id: str) -> None:
    assert payment_id_of(order_id) == payment_id


@pytest.mark.parametrize("payment_id", ["pay_ord_1", "pay_ord_1:2", "pay_ord_1:x2", "ord_1"])
def test_the_records_of_every_payment_are_written_where_the_order_lies(payment_id: str) -> None:
    class Value:
        data = VoidPayment(
            payment_id=payment_id,
            charge_id="ch_1",
            provider="simulated",
            reason="expired",
            idempotency_key="key_1",
        )

    assert PAYMENTS_EVENTS.stem(payment_id) == "ord_1"
    assert CONTRACT.field(Value(), "paymentId") == "ord_1"  # type: ignore[arg-type]  # all it reads
