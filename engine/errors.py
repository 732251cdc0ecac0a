"""Kinds of wrong. Each docstring names the operator's next step."""


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


class BrokerUnavailable(EngineError):
    """No broker answered. Operator: start one or set FLOWMART_BROKER."""


class StoreUnusable(EngineError):
    """The data directory cannot be written or read.

    Operator: free disk space or mend its permissions; what it held is rebuilt from Kafka.
    """


class Fenced(EngineError):
    """Another worker owns this partition now. The worker stops; its supervisor restarts it."""
