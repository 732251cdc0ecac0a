"""Bad records are as bad as they are meant to be."""

from collections import Counter

import pytest

import events
from simulator.chance import chance_of
from simulator.faults import FAULTS, Fault, fault
from simulator.sending import Letter
from topics import ALL
from wire.contract import CONTRACT

START_MS = 1_760_000_000_000
DECODABLE = {"orphan", "overdrawn"}
"""What is right in form, and refused for what it says."""


@pytest.mark.parametrize("make", FAULTS, ids=[make.__name__ for make in FAULTS])
def test_a_fault_cannot_be_decoded_unless_it_is_refused_for_what_it_says(make: Fault) -> None:
    for number in range(20):
        record = make(chance_of(1, number), f"{number:06d}")
        name = next((v.decode() for k, v in record.headers if k == "eventType"), None)

        if record.what in DECODABLE:
            assert events.decode(record.value or b"", record_timestamp_ms=0).event_type == name
        elif record.value is not None:
            with pytest.raises(events.ContractError):
                events.decode(record.value, record_timestamp_ms=0, event_type=name)


def test_only_a_type_that_its_header_tells_is_skipped_rather_than_buried() -> None:
    never = [
        m(chance_of(1), "1").what for m in FAULTS if m(chance_of(1), "1").letter is Letter.NEVER
    ]

    assert never == ["unknown type in header"]
    assert "TeleportOrder" not in events.MESSAGES


def test_faults_repeat_and_each_kind_turns_up() -> None:
    made = [fault(1, START_MS, number) for number in range(400)]

    assert made == [fault(1, START_MS, number) for number in range(400)]
    assert len(Counter(record.what for record in made)) == len(FAULTS)


def test_faults_are_sent_to_topics_that_exist() -> None:
    names = {spec.name for spec in ALL if spec.codec is CONTRACT}

    assert {make(chance_of(1), "1").topic for make in FAULTS} <= names
