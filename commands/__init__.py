"""Operators' commands: `faust -A app COMMAND`, one module each.

`faust` registers a command when its class is defined, so importing this package is enough. Of
Faust's own only `worker` stays: it alone knows this application.
"""

import engine  # noqa: F401 - first: from then on imports are not searched for garbage
from commands import (
    agents,
    alerts,
    dead_letters,
    erase,
    order,
    outbox,
    reset,
    stuck,
    tables,
    topics,
)

__all__ = [
    "agents",
    "alerts",
    "dead_letters",
    "erase",
    "order",
    "outbox",
    "reset",
    "stuck",
    "tables",
    "topics",
]
