import pytest
from pydantic import TypeAdapter, ValidationError

from events.scalars import Currency


def test_a_currency_is_put_into_upper_case() -> None:
    assert TypeAdapter(Currency).validate_python("usd") == "USD"
    with pytest.raises(ValidationError):
        TypeAdapter(Currency).validate_python("us")
