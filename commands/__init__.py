"""Operators' commands: `faust -A app topics|tables|dead-letters|order|outbox|erase|stuck|alerts`.

`faust` registers a command when its class is defined, so importing this package is enough. Of
Faust's own those stay that know this application: `agents` and `worker`.
"""

from typing import Final

from faust.cli.faust import cli

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

_UNFIT: Final = ("clean-versions", "completion", "livecheck", "model", "models", "send")
"""They are about Faust's models, its stores and its producer, or need what is not installed."""

for _name in _UNFIT:
    cli.commands.pop(_name, None)
