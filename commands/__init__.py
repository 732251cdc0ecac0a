"""Operators' commands: `faust -A app topics|tables|dead-letters|order|outbox|erase|stuck ...`.

`faust` registers a command when its class is defined, so importing this package is enough.
"""

from commands import dead_letters, erase, order, outbox, stuck, tables, topics

__all__ = ["dead_letters", "erase", "order", "outbox", "stuck", "tables", "topics"]
