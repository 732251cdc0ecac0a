"""Markers: how far each source is applied, and which effects are done ahead of theirs."""

from engine.store import HIDDEN, Item, Store

_MARK = HIDDEN + b"mark\x00"
_SETTLED = HIDDEN + b"settled\x00"


class Marks:
    """One partition's markers, with what the next commit writes of them.

    A marker is the next position to apply of a source: of a topic, or of an effect and its
    topic. It is written in the transaction of the records it passes.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, int | None] = {}
        self._moved: set[str] = set()
        self._notes: dict[bytes, bytes | None] = {}

    def get(self, name: str) -> int | None:
        """The marker, moves that are not committed included; None: nothing was applied yet."""
        if name not in self._known:
            self._known[name] = self.committed(name)
        return self._known[name]

    def committed(self, name: str) -> int | None:
        """The marker as of the last commit."""
        raw = self._store.get(_MARK + name.encode())
        return None if raw is None else int(raw)

    def move(self, name: str, position: int) -> None:
        """Set a marker."""
        self._known[name] = position
        self._moved.add(name)

    def settle(self, name: str, offset: int) -> None:
        """Note that a record beyond the marker is done."""
        self._notes[_settled_key(name, offset)] = b"1"

    def unsettle(self, name: str, offset: int) -> None:
        """Drop the note: the marker has passed the record."""
        self._notes[_settled_key(name, offset)] = None

    def settled(self, name: str) -> list[int]:
        """Offsets beyond a marker that are noted as done, as of the last commit."""
        start = _SETTLED + name.encode() + b"\x00"
        return [int(key[len(start) :]) for key, _ in self._store.range(start, start + b"\xff")]

    def changed(self) -> bool:
        """Whether a commit would write anything."""
        return bool(self._moved or self._notes)

    def changes(self) -> list[Item]:
        """What a commit writes, to the changelog and to the store alike."""
        moved: list[Item] = [
            (_MARK + name.encode(), str(self._known[name]).encode()) for name in self._moved
        ]
        return moved + list(self._notes.items())

    def written(self) -> None:
        """The store has every change."""
        self._moved.clear()
        self._notes.clear()

    def forget(self) -> None:
        """Go back to the last commit."""
        self.written()
        self._known.clear()


def _settled_key(name: str, offset: int) -> bytes:
    return _SETTLED + name.encode() + b"\x00" + str(offset).encode()
