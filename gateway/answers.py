"""Answers that may be given again: a cache with validators (G-5)."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

ENTRY_BYTES: Final = 700
"""What an answer costs beside its body: objects, its key, a place in both maps."""

_SUBJECT_BYTES: Final = 420
"""What each id costs that an answer is about."""

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
    version: str = ""
    """Of the object it shows, where that has one."""

    @property
    def tag(self) -> str:
        """A strong validator, without its quotes.

        The version, by which people know it again, and a digest of the body, which changes
        whenever anything that is shown does.
        """
        digest = hashlib.blake2b(self.body, digest_size=8).hexdigest()
        return f"{self.version}-{digest}" if self.version else digest


class Answers:
    """Answers by route, query and principal; forgotten by time, by event, or for want of room."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: OrderedDict[Key, Answer] = OrderedDict()
        self._about: dict[str, set[Key]] = {}
        self._asked: dict[object, set[str]] = {}

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
        self._bytes += _size(answer)
        for subject in answer.subjects:
            self._about.setdefault(subject, set()).add(key)
        while self._bytes > self._bytes_max:
            self._drop(next(iter(self._kept)))

    @contextmanager
    def asked(self) -> Iterator[set[str]]:
        """The ids that something happens to while the block runs and asks for an answer.

        One about them may be older than what happened, so that nobody would evict it.
        """
        question, overtaken = object(), set[str]()
        self._asked[question] = overtaken
        try:
            yield overtaken
        finally:
            del self._asked[question]

    def evict(self, subjects: tuple[str, ...]) -> None:
        """Forget every answer about these ids: something happened to them."""
        for overtaken in self._asked.values():
            overtaken.update(subjects)
        for subject in subjects:
            for key in tuple(self._about.get(subject, ())):
                self._drop(key)

    def _drop(self, key: Key) -> None:
        gone = self._kept.pop(key, None)
        if gone is None:
            return
        self._bytes -= _size(gone)
        for subject in gone.subjects:
            keys = self._about[subject]
            keys.discard(key)
            if not keys:
                del self._about[subject]


def _size(answer: Answer) -> int:
    return ENTRY_BYTES + len(answer.body) + _SUBJECT_BYTES * len(answer.subjects)
