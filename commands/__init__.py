"""Operators' commands: `faust -A app topics|tables|dead-letters|order|outbox|erase|stuck|alerts`.

`faust` registers a command when its class is defined, so importing this package is enough. Of
Faust's own those stay that know this application: `agents` and `worker`.
"""

import engine  # noqa: F401 - first: from then on imports are not searched for garbage
from commands import alerts, dead_letters, erase, order, outbox, reset, stuck, tables, topics

__all__ = [
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
