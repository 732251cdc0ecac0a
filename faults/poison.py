"""Row 7: bad records, repeats, disorder and wrong clocks; rows are those of a clean run."""

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from faults.load import envelope, payment
from faults.oracle import Wanted
from faults.scene import PARTITIONS, Result, Scene, opened

BAD, REPEATED, REORDERED, OFF_CLOCK = 0.10, 0.30, 0.30, 0.10
WINDOW: Final = 40
"""How far reordering moves a record."""
HUGE_BYTES: Final = 5_000_000
HUGE_MAX: Final = 5
DEEP: Final = 100_000
HOUR_MS: Final = 3_600_000
CENTURY_MS: Final = 36_525 * 24 * HOUR_MS
NOW_MS: Final = 1_780_000_000_000
CLOCKS_MS: Final = tuple(
    sign * off for sign in (1, -1) for off in (HOUR_MS, 24 * HOUR_MS, CENTURY_MS)
)
LARGE_TOPIC: Final = {"max.message.bytes": str(8 << 20)}
SETTLE_S_MAX: Final = 180.0

Message = tuple[bytes | None, bytes | None]
Spoil = Callable[[dict[str, object]], Message]


def _text(made: dict[str, object], **changed: object) -> bytes:
    return envelope({**made, **changed})


SPOILS: Final[dict[str, Spoil]] = {
    "malformed": lambda made: (b"x", envelope(made)[:-7]),
    "empty": lambda made: (b"x", b""),
    "null": lambda made: (b"x", None),
    "no object": lambda made: (b"x", b"[1, 2]"),
    "wrong version": lambda made: (b"x", envelope(made, version=0)),
    "future version": lambda made: (b"x", envelope(made, version=2)),
    "version of words": lambda made: (b"x", envelope(made, version="one")),
    "wrong field": lambda made: (b"x", _text(made, amount="ten")),
    "missing field": lambda made: (b"x", envelope({"id": made["id"]})),
    "unknown type": lambda made: (b"x", envelope(made, kind="Refund")),
    "deep": lambda made: (b"x", b'{"type":"Pay","version":1,"data":' + b"[" * DEEP),
    "bad utf-8": lambda made: (b"x", envelope(made).replace(b'"payer": "', b'"payer": "\xff\xfe')),
    "raises": lambda made: (str(made["payer"]).encode(), _text(made, do="raise")),
}
"""By kind; a wrong or missing key (below) is no reason to refuse a payment."""


def records(count: int, seed: int) -> tuple[list[Message], list[Message], Counter[str]]:
    """All records in the order they are sent, the good ones among them, and the bad by kind."""
    chance, kinds = random.Random(seed), Counter[str]()
    made: list[Message] = []
    for number in range(count):
        if chance.random() < BAD:
            kind = chance.choice(list(SPOILS))
            kinds[kind] += 1
            made.append(SPOILS[kind](payment(number, chance)))
        else:
            made.append(_good(number, chance))
        if chance.random() < REPEATED:
            made.append(chance.choice(made[-WINDOW:]))
    for at in range(min(HUGE_MAX, count // 1000)):
        made.insert(chance.randrange(len(made)), _huge(count + at, chance))
        kinds["5 MB"] += 1
    _reorder(made, chance)
    return made, [message for message in made if _is_good(message)], kinds


def _good(number: int, chance: random.Random) -> Message:
    found = payment(number, chance)
    key = chance.choice([found["payer"].encode()] * 8 + [b"somebody else", None])
    return key, envelope(found)


def _huge(number: int, chance: random.Random) -> Message:
    raw = json.dumps({"type": "Pay", "version": 1, "data": payment(number, chance),
                      "pad": "x" * HUGE_BYTES})  # fmt: skip
    return b"huge", raw.encode()


def _reorder(made: list[Message], chance: random.Random) -> None:
    for at in range(len(made)):
        if chance.random() < REORDERED:
            other = min(len(made) - 1, at + chance.randrange(WINDOW))
            made[at], made[other] = made[other], made[at]


def _is_good(message: Message) -> bool:
    wanted = Wanted()
    wanted.take(message[1])
    return bool(wanted.accounts)


async def poison(bootstrap: str, home: Path, seed: int, *, count: int) -> Result:
    """Poisoned records, a kill in their midst; then the good ones alone, to an app of its own."""
    result = Result("poison")
    every, good, kinds = records(count, seed)
    async with opened(bootstrap, home, seed, result, topic_configs=LARGE_TOPIC) as scene:
        await _play(scene, every, kill=True)
        letters = scene.oracle.letters
        untold = [m for m in letters if not dict(m.headers).get("dlq.reason")]
        result.expect(f"{len(untold)} dead letters without a reason", so=not untold)
        rows = scene.oracle.found.rows
    async with opened(bootstrap, home, seed, result, topic_configs=LARGE_TOPIC) as scene:
        await _play(scene, good, kill=False)
        differing = {k for k in rows.keys() | scene.oracle.found.rows.keys()
                     if rows.get(k) != scene.oracle.found.rows.get(k)}  # fmt: skip
        result.expect(f"{len(differing)} rows differ from a clean run", so=not differing)
    result.facts = {"kinds": dict(kinds), "letters": len(letters), "records": len(every)}
    return result


async def _play(scene: Scene, messages: list[Message], *, kill: bool) -> None:
    await scene.begin("one", rate=0)
    for number, (key, raw) in enumerate(messages):
        off_ms = scene.chance.choice(CLOCKS_MS) if scene.chance.random() < OFF_CLOCK else None
        at_ms = None if off_ms is None else max(0, NOW_MS + off_ms)
        await scene.loading.send(key, raw, at_ms)
        if kill and number == len(messages) // 2:
            await scene.fleet.every["one"].kill()
    await scene.fleet.settled(PARTITIONS)
    await scene.settle(SETTLE_S_MAX)
    scene.result.expect("a traceback in a log", so=scene.fleet.tracebacks() == 0)
