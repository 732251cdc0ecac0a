"""The one error that this package raises on purpose."""


class BrokerError(Exception):
    """Kafka cannot be run as asked; the message says in one line what to do next.

    Operator: do what the message says, then start again. Nothing is left running behind it.
    """
