"""What the row of damaged stores reads on the disk at its end."""

from pathlib import Path

import pytest

from engine.store import RocksStore
from faults.stores import rows_of

ROWS = [
    (
        b"wallets\0a%04d" % i,
        b'{"moves":%d,"received":7,"pad":"%s"}' % (i, bytes([97 + i % 26]) * 90),
    )
    for i in range(3000)
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    store = RocksStore(tmp_path / "0-of-4")
    store.write([*ROWS, (b"\0changelog-position", b"7 1"), (b"seen\x001", b"true")])
    store._db.flush()
    store.close()
    return tmp_path / "0-of-4"


def test_every_row_of_the_banks_books_is_read(path) -> None:
    found = rows_of(path)

    assert found is not None
    assert len(found) == len(ROWS)
    assert found["wallets/a0003"][:2] == (3, 7)


def test_a_store_that_ends_early_at_a_damaged_block_is_not_taken_for_a_smaller_one(path) -> None:
    [table] = path.glob("*.sst")
    raw = bytearray(table.read_bytes())
    raw[len(raw) // 3] ^= 0xFF
    table.write_bytes(raw)

    assert rows_of(path) is None
