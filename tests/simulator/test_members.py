"""Subscribers of a judged run all come to their end, and the judge finds who does not."""

import json
from collections.abc import Callable

import msgspec
import pytest

from engine.records import Record
from engine.specs import TopicSpec
from settings import Settings
from simulator.book import Book
from simulator.members import MEMBERS_MIN, Fate, Members
from simulator.memory import Memory
from simulator.oracle import Oracle
from simulator.sending import Sent
from simulator.verdict import Verdict
from tests.agents.subscription_desk import START, Shop
from topics import ALL

TOPICS: dict[str, TopicSpec] = {spec.name: spec for spec in ALL}
DAYS = 60
Records = list[Record]


@pytest.fixture(scope="module")
def run() -> tuple[Memory, Records]:
    """Two months of a few members, who answer what they hear; a day lasts a second."""
    shop = Shop(whole=Settings(time_scale=120, calendar_start=START, calendar_rate=86_400))
    memory, book = Memory(), Book()
    members = Members(1, shop.driver.now_ms, memory.members)
    records: Records = []

    def send(each: Sent) -> None:
        shop.driver.send(TOPICS[each.topic], each.value, each.key, headers=each.headers)

    read: dict[tuple[str, int], int] = {}

    def listen() -> None:
        shop.driver.run()
        for topic, parts in shop.driver.log.items():
            for partition, log in enumerate(parts):
                new = log[read.get((topic, partition), 0) :]
                read[topic, partition] = len(log)
                if topic.startswith(shop.driver.topology.app_id):
                    continue
                records.extend(new)
                for record in new:
                    said = book.read(record)
                    for answer in members.answers(said, record.timestamp) if said else ():
                        send(answer.sent)

    for each in members.join(0):
        send(each)
    for _ in range(DAYS):
        listen()
        shop.driver.advance(1_000)
    listen()
    return memory, records


def judged(memory: Memory, records: Records) -> Verdict:
    book = Book()
    for record in records:
        book.read(record)
    return Oracle(memory, book).judge()


def changed(name: str, fate: Fate, make: Callable[[Record], Records]) -> Callable[..., Records]:
    """The run with the first message of that name, about a member of that fate, made another."""

    def planted(memory: Memory, records: Records) -> Records:
        for at, record in enumerate(records):
            told = json.loads(record.value or b"{}")
            data = told.get("data", {})
            member = memory.members.get(data.get("userId") or data.get("customerId") or "")
            if told.get("eventType") == name and member is not None and member.fate is fate:
                return [*records[:at], *make(record), *records[at + 1 :]]
        raise AssertionError(f"no {name} of one that {fate}")

    return planted


def another(**data: object) -> Callable[[Record], Records]:
    def make(record: Record) -> Records:
        told = json.loads(record.value or b"{}")
        told["data"] |= data
        return [msgspec.structs.replace(record, value=json.dumps(told).encode())]

    return make


def again(record: Record) -> Records:
    told = json.loads(record.value or b"{}") | {"eventId": "again"}
    return [record, msgspec.structs.replace(record, value=json.dumps(told).encode())]


def nothing(_: Record) -> Records:
    return []


def test_all_end_as_they_were_meant_to_and_pay_for_it(run: tuple[Memory, Records]) -> None:
    memory, records = run

    verdict = judged(memory, records)

    assert verdict.words == []
    assert verdict.is_green
    assert len(memory.members) == MEMBERS_MIN
    assert {member.fate for member in memory.members.values()} == set(Fate)
    assert verdict.renewed == 8
    assert verdict.suspended == 2


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (changed("UserSubscriptionStarted", Fate.RENEWS, again), "started 2"),
        (changed("SubscriptionRenewedEvent", Fate.RENEWS, again), "renewed, late [False, False]"),
        (changed("SubscriptionRenewedEvent", Fate.RECOVERS, another(recovered=False)), "late"),
        (changed("SubscriptionSuspended", Fate.NEVER_PAYS, nothing), "suspended 0"),
        (changed("UserSubscriptionCancelled", Fate.RENEWS, nothing), "still open"),
        (
            changed("UserSubscriptionCancelled", Fate.NEVER_PAYS, another(cancellationReason="o")),
            "cancelled for ['o']",
        ),
        (changed("PaymentProcessed", Fate.RENEWS, again), "minor units kept"),
        (changed("PaymentProcessed", Fate.RENEWS, another(amount=0.01)), "paid [1"),
    ],
    ids=["two starts", "renewed twice", "not late", "kept", "stays", "reason", "twice", "amount"],
)
def test_a_planted_error_is_found_and_named(
    run: tuple[Memory, Records], plant: Callable[..., Records], words: str
) -> None:
    memory, records = run

    verdict = judged(memory, plant(memory, records))

    assert not verdict.is_green
    assert verdict.unexplained + verdict.money_difference_minor > 0
    assert any(words in each for each in verdict.words), verdict.words
