"""What happened to one thing: the last records that name it, and the command that replays it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from engine.dead_letters import SUFFIX, read_dead_letter
from engine.records import Record
from simulation.laws.broken import Broken
from simulation.people import name_of, told_by
from simulation.world import World

LINES_MAX: Final = 30
_TEXT_MAX: Final = 40
_DULL: Final = frozenset(
    {"items", "orderItems", "shippingAddress", "billingAddress", "paymentMethod", "packages"}
)


def report(world: World, seed: int, broken: Broken) -> str:
    """Everything that helps to find out why a law did not hold."""
    lines = [
        f"seed {seed}, step {world.steps}, {_time(world.now_ms)}: «{broken.law}» does not hold",
        f"  {broken.entity}: {broken.expected}",
        "  what was said of it last:",
        *(f"    {line}" for line in story(world, broken.entity)),
        f"  again: make simulate SEED={seed}",
    ]
    return "\n".join(lines)


def story(world: World, entity: str) -> list[str]:
    """The last records that name it, in the order in which they were written."""
    wanted = _core(entity).encode()
    found = [
        record
        for topic, parts in world.logs.parts.items()
        if not topic.endswith("-repartition") and ".partials" not in topic
        for part in parts
        for record in part
        if wanted in (record.value or b"") or wanted == record.key
    ]
    found.sort(key=lambda record: record.timestamp)
    return [_line(record) for record in found[-LINES_MAX:]]


def _core(entity: str) -> str:
    """What all ids of one order have in common."""
    for prefix in ("pay_", "shp_"):
        entity = entity.removeprefix(prefix)
    return entity.partition(":")[0].split(" ")[0]


def _line(record: Record) -> str:
    at = _time(record.timestamp)
    if record.topic.endswith(SUFFIX):
        letter = read_dead_letter(record)
        return f"{at} DEAD LETTER {letter.agent}: {letter.error}: {letter.reason}"
    envelope: Any = told_by(record)
    data: dict[str, Any] = envelope.get("data") or {} if isinstance(envelope, dict) else {}
    told = " ".join(_fields(data))
    return f"{at} {record.topic.split('.')[0]}-{record.partition} {name_of(record)} {told}"


def _fields(data: dict[str, Any]) -> Iterator[str]:
    for name, value in data.items():
        if name in _DULL or isinstance(value, (dict, list)):
            continue
        yield f"{name}={str(value)[:_TEXT_MAX]}"


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%m-%d %H:%M:%S.%f")[:-3]
