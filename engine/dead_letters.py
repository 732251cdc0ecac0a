"""Records that cannot be processed: how they are kept and read back.

A dead letter is the record as it came (key, value, headers) on `<topic>.dlq`, with headers
`dlq.*` that say why and where from. The original headers come first, so that a replay can
put back exactly what was there. What is too large to be written again is cut, and
`dlq.truncated` tells how many bytes the value had: the record itself stays in its topic.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from engine.errors import BadRecord, blamed
from engine.records import Header, Headers, Output, Record
from engine.seldom import is_told
from engine.sizes import RECORD_BYTES_MAX, size_of

LOG = logging.getLogger(__name__)
SUFFIX = ".dlq"
LOGGED = frozenset({"eventType", "correlationId"})
"""Headers of a record that its line in a log of JSON has as fields."""
_PREFIX = "dlq."
_NUMBER = re.compile(r"[0-9]{1,14}")
"""As large as a time in ms may be for people to read it: in the year 5138."""
_REASON_MAX = 500
"""Characters of a reason that are kept."""
_ROOM_FOR_REASONS = 8_000
"""Bytes kept free for the `dlq.*` headers of a record that is cut."""
_KEY_MAX = 1_000
"""Bytes that are kept of a key too large for a dead letter."""


class DeadLetter(msgspec.Struct, frozen=True):
    """One dead letter, read back."""

    letter_offset: int
    topic: str
    """The public topic: where a replay goes."""
    read_from: str
    """The topic it was read from: the same, or a repartition topic."""
    partition: int
    offset: int
    timestamp_ms: int
    agent: str
    error: str
    reason: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    truncated_from: int | None = None
    """Bytes that the value had before it was cut; None: it is whole."""

    @property
    def at(self) -> datetime:
        """When the broker got the record, UTC."""
        return datetime.fromtimestamp(self.timestamp_ms / 1000, UTC)


def dead_letter(record: Record, topic: str, agent: str, error: Exception) -> Output:
    """The dead letter of a record that came from topic (the public one, if re-keyed)."""
    reason = " ".join(str(error).split())[:_REASON_MAX] or type(error).__name__
    why = {
        "error": type(error).__name__,
        "reason": reason,
        "topic": topic,
        "read-from": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "timestamp": str(record.timestamp),
        "agent": agent,
    }
    told: list[Header] = [
        (_PREFIX + name, text.encode(errors="replace")) for name, text in why.items()
    ]
    key, value, headers = record.key, record.value, list(record.headers)
    over = size_of(key, value, [*headers, *told]) - RECORD_BYTES_MAX
    if over > 0:
        told.append((_PREFIX + "truncated", b"%d" % len(value or b"")))
        key, value, headers = _cut(key, value, headers)
    return Output(topic + SUFFIX, 0, key, value, [*headers, *told])


def _cut(
    key: bytes | None, value: bytes | None, headers: list[Header]
) -> tuple[bytes | None, bytes | None, list[Header]]:
    """Leave what fits beside the reasons: short keys and headers whole, the value's beginning."""
    room = RECORD_BYTES_MAX - _ROOM_FOR_REASONS
    if size_of(key, None, headers) > room // 2:
        key, headers = key and key[:_KEY_MAX], []
    return key, value and value[: room - size_of(key, None, headers)], headers


def kinds_of(outputs: Iterable[Output]) -> Iterator[tuple[str, str, str]]:
    """Topic, agent and error of every dead letter among the outputs."""
    for output in outputs:
        if output.topic.endswith(SUFFIX):
            told = dict(output.headers)
            agent, error = told.get(_PREFIX + "agent"), told.get(_PREFIX + "error")
            yield (
                output.topic.removesuffix(SUFFIX),
                (agent or b"").decode(),
                (error or b"").decode(),
            )


def tell_buried(
    told: Counter[tuple[str, str, str]], record: Record, topic: str, agent: str, exc: Exception
) -> None:
    """Say in the log that a record is put aside: the first of a kind, the tenth, the hundredth.

    Of a record that is at fault itself the reason is left out, for it may quote what is in it:
    one that cannot be read, or that a handler refuses.
    """
    kind = topic, agent, type(exc).__name__
    told[kind] += 1
    if is_told(told[kind]):
        is_bug = agent and not isinstance(exc, BadRecord)
        what = blamed(exc) if is_bug else type(exc).__name__
        who = f"agent {agent!r}, " if agent else ""
        place = f"{record.topic}-{record.partition} offset {record.offset}"
        about = {name: (raw or b"").decode(errors="replace") for name, raw in record.headers}
        LOG.warning(
            "dead letter: %s%s: %s (%s%s says more)", who, place, what, topic, SUFFIX,
            extra={name: about[name] for name in LOGGED & about.keys()},
        )  # fmt: skip


def read_dead_letter(record: Record) -> DeadLetter:
    """Read a record of a dead-letter topic. Missing `dlq.*` headers, and broken, read as empty."""
    why = {
        name.removeprefix(_PREFIX): text.decode(errors="replace")
        for name, text in record.headers
        if text is not None and name.startswith(_PREFIX)
    }
    return DeadLetter(
        letter_offset=record.offset,
        topic=why.get("topic", record.topic.removesuffix(SUFFIX)),
        read_from=why.get("read-from", ""),
        partition=_number(why, "partition", -1),
        offset=_number(why, "offset", -1),
        timestamp_ms=_number(why, "timestamp", record.timestamp),
        agent=why.get("agent", ""),
        error=why.get("error", ""),
        reason=why.get("reason", ""),
        key=record.key,
        value=record.value,
        headers=tuple((k, v) for k, v in record.headers if not k.startswith(_PREFIX)),
        truncated_from=_number(why, "truncated", 0) if "truncated" in why else None,
    )


def _number(why: Mapping[str, str], name: str, otherwise: int) -> int:
    """The number told; another where somebody else wrote the record, and something else there."""
    told = why.get(name, "")
    return int(told) if _NUMBER.fullmatch(told) else otherwise
