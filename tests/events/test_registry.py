"""The contract as a whole: names, topics, keys, ids."""

import re
import uuid
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

import events
from events.base import Part, wire_name
from events.shapes import shape_of

MODELS = sorted(events.MESSAGES.values(), key=lambda model: model.name)
IDS = [model.name for model in MODELS]

KEYS = {
    "orders.{env}.commands": {"order_id", "cart_id"},
    "orders.{env}.events": {"order_id", "report_id"},
    "inventory.{env}.commands": {"product_id"},
    "inventory.{env}.events": {"product_id", "warehouse_id"},
    "payments.{env}.commands": {"payment_id"},
    "payments.{env}.events": {"payment_id"},
    "shipping.{env}.commands": {"order_id", "shipment_id"},
    "shipping.{env}.events": {"shipment_id"},
    "notifications.{env}.queue": {"recipient.customer_id"},
    "notifications.{env}.events": {"user_id", "customer_id"},
    "subscriptions.{env}.commands": {"user_id"},
    "subscriptions.{env}.events": {"user_id", "customer_id"},
    "registrations.{env}.commands": {"customer_id"},
    "registrations.{env}.events": {"user_id", "customer_id"},
    "alerts.{env}.events": {"alert_id"},
}


def test_the_topics_and_their_keys_are_the_contracts() -> None:
    found = {
        topic: {model.key_field for model in models} for topic, models in events.TOPICS.items()
    }

    assert found == KEYS


def test_every_message_is_counted() -> None:
    kinds = [model.kind for model in MODELS]

    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "event": 60,
        "command": 49,
        "query": 8,
    }


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_every_message_says_what_the_wire_needs(model: type[events.Message]) -> None:
    assert model.name == model.__name__
    assert re.fullmatch(r"\d+\.\d+\.\d+", model.version)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", model.source)
    assert model.__doc__
    assert model.__doc__ != model.__mro__[1].__doc__
    assert bool(model.topic) == bool(model.key_field) == (model.kind != "query")


@pytest.mark.parametrize("model", [model for model in MODELS if model.topic], ids=lambda m: m.name)
def test_every_key_is_a_field(model: type[events.Message]) -> None:
    *outer, last = model.key_field.split(".")

    def step(part: type[Part], name: str) -> type[Part]:
        below = shape_of(part)[wire_name(name)].part
        assert below is not None
        return below

    assert last in reduce(step, outer, model).model_fields


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_every_rule_names_fields_that_exist(model: type[events.Message]) -> None:
    rules, fields = model.upcast, shape_of(model)
    named = [*rules.paths, *rules.derive, *rules.defaults, *model.spellings]
    named += [] if rules.timestamp_from is None else [rules.timestamp_from]

    assert {name.partition(".")[0] for name in named} <= set(fields)
    assert all(fields[name].required for name in rules.defaults)
    assert set(model.always_sent) <= set(model.model_fields)


def test_every_alias_leads_to_a_message() -> None:
    for alias, name in events.ALIASES.items():
        assert events.message_named(alias) is events.MESSAGES[name]


@given(st.text(), st.lists(st.text()))
def test_a_derived_id_is_the_uuid5_of_its_parts(cause: str, parts: list[str]) -> None:
    expected = uuid.uuid5(events.NAMESPACE, "\x1f".join([cause, *parts]))

    assert events.derived_id(cause, *parts) == str(expected)


def test_derived_ids_tell_their_parts_apart() -> None:
    assert events.derived_id("a", "bc") != events.derived_id("ab", "c")
    assert events.derived_id("a", "") != events.derived_id("a")
