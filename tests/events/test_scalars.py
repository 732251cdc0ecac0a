"""Money, moments and the rest at their edges."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from events.scalars import MINOR_MAX, Currency, Minor, Moment, SignedMinor, format_ms

MONEY = TypeAdapter(Minor)
OWED = TypeAdapter(SignedMinor)
MOMENT = TypeAdapter(Moment)


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
        *("-1", "-0.01", "100000000000.01", "1e300", "1" * 400, "NaN", "Infinity"),
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


@pytest.mark.parametrize(
    ("wire", "written"),
    [
        ('"2025-11-16T10:15:29.553Z"', "2025-11-16T10:15:29.553Z"),
        ('"2025-11-16T10:15:29.553999Z"', "2025-11-16T10:15:29.553Z"),
        ('"2025-11-16T10:15:29+02:00"', "2025-11-16T08:15:29.000Z"),
        ('"2025-11-16T10:15:29"', "2025-11-16T10:15:29.000Z"),
        ('"2025-11-16"', "2025-11-16T00:00:00.000Z"),
        ("1763288129553", "2025-11-16T10:15:29.553Z"),
        ("1763288129", "2025-11-16T10:15:29.000Z"),
        ("0", "1970-01-01T00:00:00.000Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_milliseconds(wire: str, written: str) -> None:
    assert MOMENT.dump_json(MOMENT.validate_json(wire)) == f'"{written}"'.encode()


@pytest.mark.parametrize(
    "wire",
    [
        '"soon"',
        '"1969-12-31T23:59:59Z"',
        '"0001-01-01T00:00:00+14:00"',
        "-1",
        "1e300",
        "true",
        "null",
    ],
)
def test_what_is_no_moment_is_refused(wire: str) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_json(wire)


def test_a_moment_in_python_is_aware_and_becomes_utc_in_whole_milliseconds() -> None:
    berlin = datetime(2025, 11, 16, 11, 15, 29, 553_999, timezone(timedelta(hours=1)))

    moment = MOMENT.validate_python(berlin)

    assert moment == datetime(2025, 11, 16, 10, 15, 29, 553_000, UTC)
    assert moment.tzinfo is UTC
    with pytest.raises(ValidationError):
        MOMENT.validate_python(datetime(2025, 11, 16))  # noqa: DTZ001 - naive is what is refused


@pytest.mark.parametrize(
    ("ms", "written"),
    [
        (-1, "1970-01-01T00:00:00.000Z"),
        (10**18, "9999-12-31T23:59:59.999Z"),
        (1, "1970-01-01T00:00:00.001Z"),
    ],
)
def test_a_record_timestamp_out_of_range_is_cut(ms: int, written: str) -> None:
    assert format_ms(ms) == written


def test_a_currency_is_put_into_upper_case() -> None:
    assert TypeAdapter(Currency).validate_python("usd") == "USD"
    with pytest.raises(ValidationError):
        TypeAdapter(Currency).validate_python("us")
