"""Messages made without looking at their values are the messages that the constructor makes."""

import pytest
from hypothesis import given, settings

import events
from events.types import OrderItem, Place
from events.writer import writer_of
from tests.events.generated import messages


@given(messages())
@settings(max_examples=200)
def test_what_is_made_equals_what_is_checked_and_is_written_alike(message: events.Message) -> None:
    fields = {name: getattr(message, name) for name in message.model_fields_set}

    made = type(message).made(**fields)

    whole = {name: getattr(message, name) for name in type(message).model_fields}
    assert made == message
    assert list(made.__dict__.items()) == list(whole.items())
    assert made.model_fields_set == message.model_fields_set
    assert writer_of(type(message)).data(made) == writer_of(type(message)).data(message)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"city": "London"}, "country"),
        ({"city": "London", "country": "GB", "town": "London"}, "town"),
        ({"city": "London", "nation": "GB"}, "country, nation"),
    ],
)
def test_a_field_that_is_missing_or_unknown_is_named(fields: dict[str, str], names: str) -> None:
    with pytest.raises(TypeError, match=f"Place: missing or unknown: {names}$"):
        Place.made(**fields)


def test_a_value_that_the_constructor_works_out_must_be_given() -> None:
    with pytest.raises(TypeError, match="total_price_minor"):
        OrderItem.made(product_id="p1", quantity=2, unit_price_minor=100)
