"""Everybody who writes to the shop from outside: who they are, and when they act.

Whatever they send may arrive twice, under the same event id, and in another partition than its
key's. They hear what the shop publishes and answer after a while, or do not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import msgspec

from engine.records import Record, header
from events.base import Message
from simulation.lane import Change, Lane
from simulation.world import World
from streams.moments import HOUR_MS, MINUTE_MS

_DECODE: Final = msgspec.json.Decoder().decode

Told = Mapping[str, Any]
"""The `data` of a message, as it stands on the wire."""
Answer = Callable[[Told], None]


def name_of(record: Record) -> str:
    """The name of a message, as its header has it."""
    found = header(record, "eventType")
    return "" if found is None else found.decode()


def told_by(record: Record) -> dict[str, Any]:
    """A message's whole envelope as it stands on the wire."""
    found: dict[str, Any] = _DECODE(record.value or b"{}")
    return found


@dataclass(slots=True)
class Habits:
    """How often people do what, each from 0 to 1, and what the shop does."""

    repeats: float = 0.1
    misplaces: float = 0.05
    cancels: float = 0.2
    amends: float = 0.2
    returns: float = 0.8
    exchanges: float = 0.7
    """Of those who send goods back, how many want others."""
    luck: float = 0.0
    """Of cards and addresses, how many make no trouble whatever they are."""
    disputes: float = 0.1
    asks_money_back: float = 0.15
    restocks: float = 0.7
    reviews: float = 0.7
    sends_parcel: float = 0.8
    carts: float = 0.2
    """Of orders, how many come of a cart."""
    erases: float = 0.0
    """Of customers, how many ask to be forgotten."""
    leaves: float = 0.3
    """Of subscribers, how many cancel, pause or change their plan, each."""
    echoes: float = 0.0
    """Of a provider's answers, how many it tells once more, by webhook."""
    scans: float = 0.0
    """Of parcels, how many the carrier tells of by webhook."""
    settles: float = 0.0
    """Of payments that a person must look at, how many somebody does."""
    samples: bool = False
    """Whether one of the products costs nothing."""


@dataclass(slots=True)
class Post:
    """Carries what people send, and tells them what was published."""

    world: World
    chance: Random
    habits: Habits
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    """By the name of the message that people heed."""
    _sent: int = 0

    def heed(self, name: str, answer: Answer) -> None:
        """Call it with every message of that name."""
        self.answers.setdefault(name, []).append(answer)

    def put(self, message: Message, after_ms: int = 0) -> str:
        """Send a message later, perhaps twice, if any agent wants it; its event id."""
        self._sent += 1
        event_id = f"out_{self._sent}"
        if self.world.reads(message.name):
            self._later(message, event_id, after_ms)
            if self.chance.random() < self.habits.repeats:
                again_ms = self.chance.choice((0, 500, MINUTE_MS, 3 * HOUR_MS))
                self._later(message, event_id, after_ms + again_ms)
        return event_id

    def _later(self, message: Message, event_id: str, after_ms: int) -> None:
        place = None
        if self.chance.random() < self.habits.misplaces:
            place = self.chance.randrange(len(self.world.lanes))
        self.world.later(after_ms, lambda: self.world.send(message, event_id, place=place))

    def may(self, share: float) -> bool:
        """Whether it happens, this time."""
        return self.chance.random() < share

    # -- as a witness

    def committed(self, _lane: Lane, _changes: list[Change], records: list[Record]) -> None:
        """People read what is published."""
        for record in records:
            answers = self.answers.get(name_of(record))
            if answers and not record.topic.endswith("-repartition"):
                told = told_by(record)["data"]
                for answer in answers:
                    answer(told)

    def sent(self, record: Record) -> None:
        """They know what they sent."""

    def quiet(self) -> None:
        """Nothing to answer."""
