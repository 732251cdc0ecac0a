"""Answers that may be given again: a cache with validators (G-5)."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

Key = tuple[str, ...]
"""What was asked, and for whom where that matters."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, with the entity it is about."""

    status: int
    body: bytes
    until_ms: int
    subjects: frozenset[str] = frozenset()
    """Ids whose events make it stale."""

    @property
    def etag(self) -> str:
        """A strong validator of the body."""
        return f'"{hashlib.blake2b(self.body, digest_size=12).hexdigest()}"'


class Answers:
    """Answers by route, query and principal; forgotten by time, by event, or when too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Answer] = OrderedDict()
        self._about: dict[str, set[Key]] = {}

    def get(self, key: Key, now_ms: int) -> Answer | None:
        """The answer while it may be served again."""
        found = self._kept.get(key)
        if found is None:
            return None
        if found.until_ms <= now_ms:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return found

    def put(self, key: Key, answer: Answer) -> None:
        """Keep an answer in the place of an older one."""
        self._drop(key)
        self._kept[key] = answer
        for subject in answer.subjects:
            self._about.setdefault(subject, set()).add(key)
        if len(self._kept) > self._most:
            self._drop(next(iter(self._kept)))

    def evict(self, subjects: Iterable[str]) -> None:
        """Forget every answer about these ids: something happened to them."""
        for subject in subjects:
            for key in tuple(self._about.get(subject, ())):
                self._drop(key)

    def _drop(self, key: Key) -> None:
        gone = self._kept.pop(key, None)
        if gone is None:
            return
        for subject in gone.subjects:
            keys = self._about[subject]
            keys.discard(key)
            if not keys:
                del self._about[subject]
