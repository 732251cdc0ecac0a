from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from events.money import MINOR_MAX, Minor, SignedMinor

MONEY = TypeAdapter(Minor)
OWED = TypeAdapter(SignedMinor)


@pytest.mark.parametrize(
    ("wire", "minor"),
    [
        ("34.99", 3499),
        ("0", 0),
        ("-0.0", 0),
        ("35", 3500),
        ('"34.99"', 3499),
        ("0.005", 1),
        ("1.005", 101),
        ("2.675", 268),
        ("0.004", 0),
        ("1e2", 10_000),
        ('"1e-999999999"', 0),
        ("100000000000", MINOR_MAX),
        ("100000000000.00", MINOR_MAX),
        ("99999999999.99", MINOR_MAX - 1),
    ],
)
def test_money_on_the_wire_is_major_units_rounded_half_up(wire: str, minor: int) -> None:
    assert MONEY.validate_json(wire) == minor


@pytest.mark.parametrize(
    "wire",
    [
        *("-1", "-0.01", "100000000000.01", "1e300", "-1e307", "1" * 400, "NaN", "Infinity"),
        *('"NaN"', '"9e999999999"', '""', '"ten"', '"' + "9" * 400 + '"'),
        *("true", "null", "[]"),
    ],
)
def test_what_is_no_amount_is_refused(wire: str) -> None:
    with pytest.raises(ValueError, match=r"money|number|Invalid|valid"):
        MONEY.validate_json(wire)


@pytest.mark.parametrize("value", [34.99, "34", -1, MINOR_MAX + 1, True, None])
def test_money_in_python_is_an_int_of_minor_units(value: object) -> None:
    with pytest.raises(ValidationError):
        MONEY.validate_python(value)


@given(st.integers(0, MINOR_MAX))
def test_every_amount_survives_the_wire(minor: int) -> None:
    wire = MONEY.dump_json(minor)

    assert MONEY.validate_json(wire) == minor
    assert MONEY.validate_python(minor) == minor


@given(st.decimals(0, 10**8, places=5))
def test_rounding_follows_the_text_and_not_its_binary_form(amount: Decimal) -> None:
    exact = int(amount.quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)

    assert MONEY.validate_json(str(amount)) == exact


def test_a_proration_may_be_owed_either_way() -> None:
    assert OWED.validate_json("-12.34") == -1234
    assert OWED.dump_json(-1234) == b"-12.34"
