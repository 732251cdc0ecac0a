"""Moments: aware UTC in whole milliseconds, from 1970 to 9999."""

import math
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

_YEAR_MIN: Final = 1970
_MS_MAX: Final = 253_402_300_799_999  # The last millisecond of 9999.
_MOMENTS_CACHED: Final = 4096
_MOMENT_EXPECTED: Final = "expected RFC 3339 UTC, such as 2025-11-16T10:15:29.553Z"
_EPOCH_MS_WATERSHED: Final = (
    2e10  # As pydantic has it: a larger number counts milliseconds, a smaller one seconds.
)
_TWO_DIGITS: Final = tuple(f"{number:02d}" for number in range(60))


def utc_ms(moment: datetime) -> datetime:
    """Give the same moment in UTC, cut to whole milliseconds, so that what is held is what travels.

    Raises:
        ValueError: before 1970, or not representable in UTC.
    """
    if moment.tzinfo is UTC and moment.microsecond % 1000 == 0 and moment.year >= _YEAR_MIN:
        return moment
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the moment is out of range") from None
    if moment.year < _YEAR_MIN:
        raise ValueError(f"the moment is before {_YEAR_MIN}")
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def parse_moment(value: object) -> datetime:
    """Read RFC 3339 text (no offset means UTC), or epoch seconds or milliseconds.

    Raises:
        ValueError: not a moment between 1970 and 9999.
    """
    if type(value) is str:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:  # Its text repeats the whole value, which may be long or personal.
            raise ValueError(_MOMENT_EXPECTED) from None
        return utc_ms(moment)
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value >= 0
    ):
        try:
            return utc_ms(
                datetime.fromtimestamp(value / 1000 if value > _EPOCH_MS_WATERSHED else value, UTC)
            )
        except (OverflowError, OSError):
            raise ValueError("the moment is out of range") from None
    raise ValueError(_MOMENT_EXPECTED)


def format_moment(moment: datetime) -> str:
    """Write RFC 3339 with milliseconds and Z, by hand: `isoformat` takes twice as long."""
    two = _TWO_DIGITS
    return (
        f"{moment.year}-{two[moment.month]}-{two[moment.day]}T{two[moment.hour]}:{two[moment.minute]}"
        f":{two[moment.second]}.{moment.microsecond // 1000:03d}Z"
    )


def known_ms(ms: int) -> int:
    """Give milliseconds since 1970, cut to 1970 to 9999: record timestamps are anyone's."""
    return min(max(ms, 0), _MS_MAX)


@lru_cache(maxsize=_MOMENTS_CACHED)
def format_ms(ms: int) -> str:
    """Write milliseconds since 1970 as RFC 3339, cut to 1970 to 9999."""
    ms = known_ms(ms)
    return f"{_second_text(ms // 1000)}{ms % 1000:03d}Z"


@lru_cache(maxsize=_MOMENTS_CACHED)
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.")


def epoch_ms(value: object) -> int:
    """Read any wire form of a moment as milliseconds since 1970."""
    return round(parse_moment(value).timestamp() * 1000)


class _Moment:
    """Tell pydantic the two sides of a moment; in Python a naive datetime is refused."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.json_or_python_schema(
            core_schema.no_info_plain_validator_function(parse_moment),
            core_schema.no_info_after_validator_function(
                utc_ms, core_schema.datetime_schema(strict=True, tz_constraint="aware")
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(
                format_moment, return_schema=core_schema.str_schema(), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


Moment = Annotated[datetime, _Moment()]
"""An aware UTC moment, whole milliseconds, from 1970 on."""
