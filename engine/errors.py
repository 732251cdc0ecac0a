"""Kinds of wrong. Each docstring names the operator's next step."""

import traceback
from pathlib import Path


class EngineError(Exception):
    """Base of every error that the engine raises on purpose."""


class BadRecord(EngineError):
    """A record that retrying cannot help: it goes to the dead letters, its neighbours go on.

    Codecs and handlers raise it (or a subclass). Operator: `faust -A app dead-letters list`,
    mend the producer or the code, then replay.
    """


class Gap(EngineError):
    """A chunk does not join on to the last one: records were lost between broker and lane.

    The worker stops before anything is committed; its supervisor restarts it and it reads
    again from its markers. Operator: nothing, unless it repeats; then report it.
    """


class TopologyError(EngineError):
    """Agents, tables and topics do not fit together. Operator: mend what the message names."""


class NotCopartitioned(TopologyError):
    """Topics that must have equally many partitions do not.

    Operator: recreate the topic with the number named, or set FLOWMART_PARTITIONS.
    """


class ChangelogForgets(EngineError):
    """The changelog deletes rows that are still there, or deletions that some store has not seen.

    Somebody made the topic before the worker did. Operator: set the config that the message names.
    """


class ChangelogGone(EngineError):
    """The changelog is empty although records were processed: somebody deleted it.

    Going on would process everything again that topics still have, and wipe the stores, which may
    hold the last copy of the rows. Operator: restore the changelog, or begin anew on purpose.
    """


class BrokerUnavailable(EngineError):
    """No broker answered. Operator: start one or set FLOWMART_BROKER."""


class StoreUnusable(EngineError):
    """The data directory cannot be written or read.

    Operator: free disk space or mend its permissions; what it held is rebuilt from Kafka.
    """


class StoreHeld(StoreUnusable):
    """Another process has the store open, and has not let go of it in time.

    Workers of one machine may share a data directory: each holds the stores of its own
    partitions. Operator: end the worker that hangs, or set FLOWMART_DATA_DIR.
    """


class Fenced(EngineError):
    """Another worker owns this partition now. The worker stops; its supervisor restarts it.

    Operator: nothing, when it was frozen or cut off for longer than its session. Otherwise see
    that no two workers have the same FLOWMART_INSTANCE_ID.
    """


class CommitFailed(EngineError):
    """The broker refused a transaction. The worker stops before anything is acknowledged.

    Operator: look at the broker; the worker replays from its markers after its restart.
    """


class RecordsGone(EngineError):
    """A topic does not hold what a marker says was read: it was deleted and made anew.

    Operator: stop who writes to the topic, then restore it, or begin anew (docs/operations.md).
    """


class DuplicateInstance(EngineError):
    """Two workers have the same FLOWMART_INSTANCE_ID; the older one stops.

    Operator: give each worker an id of its own.
    """


def ends_the_worker(exc: Exception) -> bool:
    """Whether an exception is no handler's own: no memory, and what the engine raises itself."""
    ours = isinstance(exc, EngineError) and not isinstance(exc, BadRecord)
    return ours or isinstance(exc, MemoryError)


def blamed(exc: Exception) -> str:
    """What was raised, and at which line: one of the program's rather than the engine's."""
    told = f"{type(exc).__name__}: {' '.join(str(exc).split())[:200]}"
    walked = traceback.walk_tb(exc.__traceback__)
    lines = [(Path(frame.f_code.co_filename), line) for frame, line in walked]
    theirs = [at for at in lines if at[0].parent != Path(__file__).parent]
    for path, line in (theirs or lines)[-1:]:
        told += f" at {path.name}:{line}"
    return told
