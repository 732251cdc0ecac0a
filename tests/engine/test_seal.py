"""What a store's directory must still have of what its last commit says."""

import msgspec
import pytest

from engine.seal import Listing, Sealer, contradiction, found
from engine.store import SEAL, RocksStore

SEALED = Listing("MANIFEST-8", 100, {"3.log": 50, "7.log": -1})


def _told(seen: Listing) -> str | None:
    return contradiction(msgspec.json.encode(SEALED), seen)


@pytest.mark.parametrize(
    "seen",
    [
        SEALED,
        Listing("MANIFEST-8", 100, {"3.log": 50, "7.log": 20, "9.log": -1}),
        Listing("MANIFEST-8", 120, {"7.log": -1}),  # The rows of 3.log are in a file by now.
        Listing("MANIFEST-9", 10, {"11.log": -1}),  # Opened since, and nothing committed.
    ],
)
def test_a_directory_that_went_on_since_its_last_commit_is_whole(seen) -> None:
    assert _told(seen) is None


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (Listing("MANIFEST-8", 99, SEALED.logs), "MANIFEST-8 has 99 of 100 bytes"),
        (Listing("MANIFEST-8", 120, {"7.log": -1}, whole=False), "MANIFEST-8 is cut"),
        (Listing("MANIFEST-8", 100, {"7.log": -1}), "3.log is gone"),
        (Listing("MANIFEST-8", 100, {"3.log": 50}), "7.log is gone"),
        (Listing("MANIFEST-8", 100, {"3.log": 49, "7.log": -1}), "3.log has 49 of 50 bytes"),
        (Listing("MANIFEST-8", 120, {"3.log": 49, "7.log": -1}), "3.log has 49 of 50 bytes"),
    ],
)
def test_a_directory_that_has_less_than_its_last_commit_says_is_damaged(seen, told) -> None:
    assert _told(seen) == told


@pytest.mark.parametrize("seal", [None, b""])
def test_a_store_without_a_seal_is_taken_as_it_is(seal) -> None:
    assert contradiction(seal, SEALED) is None


def test_each_commit_seals_what_the_directory_has(tmp_path) -> None:
    store = RocksStore(tmp_path / "s")
    sealer = Sealer(tmp_path / "s")
    store.write([(b"a", b"1")])

    first, again = sealer.seal(), sealer.seal()
    store._db.flush()
    flushed = sealer.seal()
    store.close()

    assert contradiction(first, found(tmp_path / "s")) is None
    assert again == first
    assert flushed != first


def test_each_commit_has_a_seal_as_any_may_be_the_first_of_a_further_log(tmp_path) -> None:
    store = RocksStore(tmp_path / "s")

    for _ in range(3):
        store.write([(b"a", b"1")])

    [log] = (tmp_path / "s").glob("*.log")
    assert log.read_bytes().count(SEAL) == 3
    store.close()
