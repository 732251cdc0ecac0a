"""Shows how far a recovery is: bars on a terminal, a log line every few seconds elsewhere."""

import logging
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

LOG = logging.getLogger(__name__)
LINE_EVERY_S = 3.0


class RecoveryProgress:
    """Takes (partition, records left) as recovery goes on."""

    def __init__(self, console: "Console | None" = None) -> None:
        # Faust turns sys.stdout and sys.stderr into log lines; bars need the terminal itself.
        self._console = console or (_terminal() if _is_terminal() else None)
        self._bars: Progress | None = None
        self._tasks: dict[int, TaskID] = {}
        self._totals: dict[int, int] = {}
        self._left: dict[int, int] = {}
        self._told_at = 0.0

    def update(self, partition: int, left: int) -> None:
        """So many records are left in that partition."""
        self._totals[partition] = max(left, self._totals.get(partition, 0))
        self._left[partition] = left
        if self._console is not None:
            self._draw(self._console, partition, left)
        elif left and time.monotonic() - self._told_at >= LINE_EVERY_S:
            self._told_at = time.monotonic()
            LOG.warning(
                "recovering: %s of %s changelog records left in %s partitions",
                f"{sum(self._left.values()):,}",
                f"{sum(self._totals.values()):,}",
                sum(1 for count in self._left.values() if count),
            )

    def end(self) -> None:
        """The recovery is over, or given up."""
        if self._bars is not None:
            self._bars.stop()
        self._bars = None
        self._tasks, self._totals, self._left = {}, {}, {}

    def _draw(self, console: "Console", partition: int, left: int) -> None:
        if self._bars is None:
            self._bars = _bars(console)
            self._bars.start()
        if partition not in self._tasks:
            self._tasks[partition] = self._bars.add_task("", total=left, partition=partition)
        total = self._totals[partition]
        self._bars.update(self._tasks[partition], total=total, completed=total - left)


def _is_terminal() -> bool:
    return sys.__stderr__ is not None and sys.__stderr__.isatty()


def _terminal() -> "Console":
    from rich.console import Console  # noqa: PLC0415 - a worker without a terminal starts sooner

    return Console(file=sys.__stderr__)


def _bars(console: "Console") -> "Progress":
    from rich.progress import (  # noqa: PLC0415 - as above
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("recovering partition {task.fields[partition]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )
