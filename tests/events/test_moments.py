from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import TypeAdapter, ValidationError

from events.moments import Moment, format_ms

MOMENT = TypeAdapter(Moment)


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
