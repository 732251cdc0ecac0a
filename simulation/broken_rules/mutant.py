"""One rule, broken on purpose."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """A place of the source, and what stands there instead."""

    name: str
    """What a rule broken so does to customers or the shop."""
    module: str
    old: str
    """Stands in the module once."""
    new: str
