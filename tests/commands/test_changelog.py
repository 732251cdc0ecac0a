"""A table as its changelog has it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from commands import changelog
from commands.changelog import rows_of
from tests.engine.counting import COUNTS

LOG = [
    (b"counts\x00b", b"1"),
    (b"counts\x00gone", b"1"),
    (b"counted\x00a", b"9"),
    (b"counts\x00\xc3\xbc", b"2"),
    (b"counts\x00a", b"3"),
    (b"counts\x00gone", None),
    (b"counts\x00b", b"4"),
    (b"\x00marker", b"7"),
]


class Consumer:
    """Reads two partitions, each with all of the log, three records at a time."""

    def __init__(self, **_: Any) -> None:
        self._at: dict[Any, int] = {}

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def topics(self) -> set[str]:
        return {"log"}

    async def end_offsets(self, tps: list[Any]) -> dict[Any, int]:
        return dict.fromkeys(tps, len(LOG))

    def assign(self, tps: list[Any]) -> None:
        self._at = dict.fromkeys(tps, 0)

    async def seek_to_beginning(self, *_tps: Any) -> None: ...

    async def position(self, tp: Any) -> int:
        return self._at[tp]

    async def getmany(self, timeout_ms: int) -> dict[Any, list[Any]]:
        found = {}
        for tp, at in self._at.items():
            found[tp] = [SimpleNamespace(key=k, value=v) for k, v in LOG[at : at + 3]]
            self._at[tp] = at + len(found[tp])
        return found


def left_in(room: Path) -> list[Path]:
    return list(room.iterdir())


async def test_the_rows_of_a_table_are_the_last_of_each_key_in_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(changelog, "AIOKafkaConsumer", Consumer)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    desk: Any = SimpleNamespace(
        app=SimpleNamespace(
            lanes=SimpleNamespace(topology=SimpleNamespace(changelog="log", partitions=2))
        ),
        options_of_clients=dict,
    )

    async with rows_of(desk, COUNTS) as rows:
        found = list(rows)

    assert found == [("a", b"3"), ("b", b"4"), ("\u00fc", b"2")]
    assert left_in(tmp_path) == []
