from datetime import timedelta

import pytest

from engine.specs import TopicSpec
from events.registry import MESSAGES, TOPICS
from topics import ALL, PULSE, topic_of


def test_every_message_of_the_contract_has_its_topic() -> None:
    for message in MESSAGES.values():
        if message.topic:
            assert topic_of(message).name == message.topic
            assert message in topic_of(message).events


def test_every_topic_of_the_contract_is_declared() -> None:
    assert set(TOPICS) <= {spec.name for spec in ALL}


def test_no_topic_is_declared_twice() -> None:
    names = [spec.name for spec in ALL]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_a_topic_is_named_after_its_domain_environment_and_kind(spec: TopicSpec) -> None:
    domain, env, kind = spec.name.split(".")

    assert env == "{env}"
    assert domain.isalpha()
    assert kind.isalpha()


@pytest.mark.parametrize("spec", [s for s in ALL if s is not PULSE], ids=lambda spec: spec.name)
def test_commands_are_kept_for_a_week_and_events_longer(spec: TopicSpec) -> None:
    days = spec.retention / timedelta(days=1)

    assert days == 7 if spec.name.endswith("commands") else days in {14, 30}
