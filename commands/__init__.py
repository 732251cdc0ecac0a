"""Operators' commands: `faust -A app topics|tables|dead-letters|order ...`.

`faust` registers a command when its class is defined, so importing this package is enough.
"""

from commands import dead_letters, order, tables, topics

__all__ = ["dead_letters", "order", "tables", "topics"]
