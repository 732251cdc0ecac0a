"""How many letters of a partition a provider has not accepted yet."""

import msgspec
from msgspec.structs import replace

from streams.notifications.rows import Notification, Status
from streams.pulse.tally import Cell, Tally

FAMILY = "letters"


class Depth(msgspec.Struct, frozen=True, gc=False):
    """Letters on their way to a provider."""

    waiting: int = 0
    seq: int = 0
    """Changes; it tells which of two states is the newer."""
    told: int = 0
    """`seq` when it was last told."""


def moved(depth: Depth, before: Notification | None, after: Notification) -> Depth:
    """Count a letter that starts for its provider, or has got there or been given up."""
    was = before is not None and before.status is Status.SENDING
    change = (after.status is Status.SENDING) - was
    return replace(depth, waiting=depth.waiting + change, seq=depth.seq + 1) if change else depth


def tally_of(depth: Depth) -> Tally:
    """What is told of it among the real-time figures."""
    return Tally(seq=depth.seq, cells={"waiting": Cell(1, depth.waiting)})


def told(depth: Depth) -> Depth:
    """The same, told."""
    return replace(depth, told=depth.seq)
