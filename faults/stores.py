"""Row 6: what is too large, a full disk, no directory, and RocksDB's files damaged."""

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
import rocksdict

from faults.load import envelope, payment
from faults.processes import until
from faults.scene import PARTITIONS, Result, Scene, opened

RATE: Final = 500
LARGE_ROWS: Final = 60
"""Of 40 kB each, sent at once: more than two record batches hold."""
HUGE_ROWS: Final = 5
FILE_BYTES_MAX: Final = 200_000
"""No file may grow beyond: what RocksDB meets on a full disk."""
GIVES_UP_S: Final = 40.0
TABLES: Final = (b"accounts", b"wallets", b"shelves")


async def stores(bootstrap: str, home: Path, seed: int, *, damages: int) -> Result:
    """One static worker whose disk is hurt in every way, while payments come in."""
    result = Result("stores")
    async with opened(bootstrap, home, seed, result) as scene:
        await scene.begin("one", rate=RATE)
        await too_large(scene)
        await full_disk(scene)
        await no_directory(scene)
        hurt = [await damage(scene, number) for number in range(damages)]
        await scene.settle()
        result.facts = {"damages": sorted(set(hurt)), "rebuilt": _rebuilt(scene)}
        await scene.fleet.every["one"].stop()
        await scene.oracle.look()
        wrong = rows_in_stores_wrong(scene)
        result.rows_wrong += len(wrong)
        result.problems += wrong[:5]
        result.expect("a traceback in a log", so=scene.fleet.tracebacks() == 0)
    return result


async def too_large(scene: Scene) -> None:
    """Send rows that fill several record batches, and rows that none holds."""
    for number in range(LARGE_ROWS):
        made = payment(10**9 + number, scene.chance, "large row", f"large{number}")
        await scene.loading.send(made["payer"].encode(), envelope(made))
    for number in range(HUGE_ROWS):
        made = payment(2 * 10**9 + number, scene.chance, "huge row", f"huge{number}")
        await scene.loading.send(made["payer"].encode(), envelope(made))
    await scene.loading.more(RATE)


async def full_disk(scene: Scene) -> None:
    """Let no file grow: the worker has to end with the reason, and to come back."""
    worker = scene.fleet.every["one"]
    log, ended = worker.log, len(worker.codes)
    limit = (FILE_BYTES_MAX, FILE_BYTES_MAX)
    psutil.Process(worker.pid).rlimit(resource.RLIMIT_FSIZE, limit)
    await until("the worker meets the full disk", lambda: len(worker.codes) > ended, GIVES_UP_S)
    _expect_said(scene, log, "StoreUnusable: cannot write the store")
    await scene.fleet.settled(PARTITIONS)


async def no_directory(scene: Scene) -> None:
    """Put a file in the way of the data directory, then take it away."""
    async with scene.fleet.down("one", PARTITIONS) as worker:
        aside = worker.data.rename(worker.data.with_suffix(".aside"))
        worker.data.write_text("in the way")
        worker.start()
        await worker.wait_ended(GIVES_UP_S)
        _expect_said(scene, worker.log, "StoreUnusable: ")
        worker.data.unlink()
        aside.rename(worker.data)


def _expect_said(scene: Scene, log: Path, words: str) -> None:
    said = log.read_text(errors="replace")
    scene.result.expect(f"{log.name} does not say {words!r}", so=words in said)


async def damage(scene: Scene, number: int) -> str:
    """Kill the worker and hurt one file of each of its stores in one way."""
    how = ("truncated", "deleted", "flipped")[number % 3]
    await asyncio.sleep(scene.chance.uniform(0.3, 1.0))
    async with scene.fleet.down("one", PARTITIONS) as worker:
        for path in sorted((worker.data / scene.app).iterdir()):
            files = sorted(p for p in path.iterdir() if p.is_file() and p.stat().st_size)
            if files:
                hurt(scene.chance.choice(files), how, scene.chance.random())
    return how


def hurt(path: Path, how: str, where: float) -> None:
    """Damage a file at some part of it."""
    raw = bytearray(path.read_bytes())
    at = int(where * len(raw))
    if how == "deleted":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(raw[:at])
    else:
        raw[at] ^= 0xFF
        path.write_bytes(raw)


def _rebuilt(scene: Scene) -> int:
    """Stores that were wiped and built anew."""
    worker = scene.fleet.every["one"]
    return sum(said.count("is rebuilt from its changelog") for said in worker.all_said())


def rows_in_stores_wrong(scene: Scene) -> list[str]:
    """Rows on disk that are not what the changelog says, once no worker runs.

    A store that says itself that it is damaged is nobody's to believe: its worker has not read
    that block since, and rebuilds it when it does.
    """
    kept: dict[str, Any] = {}
    damaged: set[int] = set()
    for worker in scene.fleet.every.values():
        for path in sorted((worker.data / scene.app).iterdir()):
            found = rows_of(path)
            if found is None:
                damaged.add(int(path.name.partition("-")[0]))
            else:
                kept |= found
    scene.result.facts["damage_not_met"] = len(damaged)
    places = scene.oracle.found.places
    want = {k: row for k, row in scene.oracle.found.rows.items() if places[k] not in damaged}
    keys = kept.keys() | want.keys()
    return [f"store: {k} is {kept.get(k)}, not {want.get(k)}" for k in sorted(keys)
            if kept.get(k) != want.get(k)]  # fmt: skip


def rows_of(path: Path) -> dict[str, Any] | None:
    """Every row of the bank in one store; None when it says that it is damaged."""
    db = rocksdict.Rdict(str(path), options=rocksdict.Options(raw_mode=True))
    try:
        return dict(_read(db.iter()))
    except Exception as error:
        if "Corruption" in str(error):
            return None
        raise
    finally:
        db.close()


def _read(cursor: Any) -> Iterator[tuple[str, Any]]:
    cursor.seek_to_first()
    while cursor.valid():
        table, _, key = cursor.key().partition(b"\0")
        if table in TABLES:
            row = _figures(msgspec.json.decode(cursor.value()))
            yield f"{table.decode()}/{key.decode()}", row
        cursor.next()
    # It ends at a damaged block as it ends at the last key; only this tells.
    cursor.status()


def _figures(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(value for name, value in row.items() if name != "note")
