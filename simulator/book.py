"""What topics say of each order: one dossier an order, folded from committed records."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from simulator.folds import FOLDS
from simulator.heard import Letter, Readable, Said, letter, said
from simulator.memory import Spot
from simulator.pages import Pages

DEAD: Final = ".dlq"
_EVENTS_AN_ORDER: Final = 40


@dataclass(slots=True)
class Book(Pages):
    """Everything heard so far. Records of one partition must come in order."""

    letters: dict[Spot, list[Letter]] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)
    """Events by type."""
    twice: list[str] = field(default_factory=list)
    """Event ids that were published more than once."""
    unread: list[str] = field(default_factory=list)
    """Events that are not as the contract has them."""
    _ids: set[str] = field(default_factory=set)

    def read(self, record: Readable) -> Said | None:
        """Take in one record and say what it says; None when it is nothing to act on."""
        if record.topic.endswith(DEAD):
            found = letter(record)
            spot = Spot(found.topic, found.partition, found.offset)
            self.letters.setdefault(spot, []).append(found)
            return None
        is_event = record.topic.endswith(".events")
        message = said(record)
        if message is None:
            if is_event:
                self.unread.append(f"{record.topic} {record.partition}@{record.offset}")
            return None
        if is_event and not self._is_new(message):
            self.twice.append(f"{message.event_type} {message.event_id}")
        fold = FOLDS.get(message.event_type)
        if fold is not None:
            fold(self, message, record.timestamp)
        return message

    def forget(self, orders_max: int) -> None:
        """Remember so many orders only, and about as many events as belong to them."""
        for order_id in list(self.orders)[:-orders_max]:
            del self.orders[order_id]
        if len(self._ids) > orders_max * _EVENTS_AN_ORDER:
            self._ids.clear()

    def _is_new(self, message: Said) -> bool:
        self.heard[message.event_type] += 1
        if message.event_id in self._ids:
            return False
        self._ids.add(message.event_id)
        return True
