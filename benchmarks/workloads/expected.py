"""What a run must leave behind: rows and outputs."""

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

Canonical = Callable[[bytes], bytes]
"""An output's value as every system must agree on it, whatever its JSON looks like."""


@dataclass(slots=True)
class Expected:
    """The oracle's figures, filled while the records are made."""

    rows: dict[str, tuple[int, ...]] | None = None
    """Of each key, the figures of its row; None: only outputs are judged."""
    outputs: int = 0
    checksum: int = 0
    """The sum of the CRC-32 of each output: their order does not matter, repeats do."""

    def passes(self, output: bytes) -> None:
        """Expect one more output, in its canonical form."""
        self.outputs += 1
        self.checksum += crc32(output)


def as_it_is(value: bytes) -> bytes:
    """Pass a value on that systems copy byte by byte."""
    return value
