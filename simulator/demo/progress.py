"""How a run goes, while it goes: a live line on a terminal, a plain one now and then elsewhere."""

import sys
import time
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

PLAIN_EVERY_S: Final = 5.0


@dataclass(slots=True)
class Progress:
    """Says how many orders went where. Writes to standard error."""

    console: Console = field(default_factory=lambda: Console(file=sys.stderr, highlight=False))
    _live: Live | None = None
    _said_at_s: float = 0.0

    def say(self, words: str) -> None:
        """One line that stays."""
        self.console.print(words)

    def shown(self) -> AbstractContextManager[object]:
        """While this is open, `update` shows on a terminal what it is given."""
        if not self.console.is_terminal:
            return nullcontext()
        self._live = Live(Text(), console=self.console, transient=True, refresh_per_second=4)
        return self._live

    def update(self, heard: Counter[str], placed: int, restarts: int) -> None:
        """Show where things stand."""
        line = (
            f"placed {placed:,}  confirmed {heard['OrderConfirmed']:,}"
            f"  payments {heard['PaymentProcessed']:,}  cancelled {heard['OrderCancelled']:,}"
            f"  refused {heard['OrderFailed']:,}  delivered {heard['ShipmentDelivered']:,}"
        )
        if restarts:
            line += f"  workers started again {restarts}"
        if self._live is not None:
            self._live.update(Text(line))
        elif time.monotonic() - self._said_at_s >= PLAIN_EVERY_S:
            self._said_at_s = time.monotonic()
            self.console.print(line, soft_wrap=True)
