"""A store in memory that counts what its readers make a store of files do."""

from collections import Counter
from collections.abc import Iterable, Iterator

from engine.store import Item, MemoryStore


class Walked(MemoryStore):
    """Walks over what was deleted, too, as a store of files does for long."""

    def __init__(self) -> None:
        super().__init__()
        self.gone: set[bytes] = set()
        self.walked: Counter[str] = Counter()
        """Keys passed in ranges so far, by table: those of rows, and those that are gone."""

    def write(self, items: Iterable[Item]) -> None:
        told = list(items)
        self.gone |= {key for key, value in told if value is None}
        self.gone -= {key for key, value in told if value is not None}
        super().write(told)

    def range(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        self.walked.update(_table(key) for key in self.gone if start <= key < end)
        for key, value in super().range(start, end):
            self.walked[_table(key)] += 1
            yield key, value


def _table(key: bytes) -> str:
    return key.partition(b"\x00")[0].decode()
