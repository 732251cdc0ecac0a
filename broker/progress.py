"""How a person sees the jars come: a bar on a terminal, a few plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from broker.jars import Progress as Report

TITLE: Final = "Fetching Apache Kafka 4.1 (once)"
LINES: Final = 4


@contextmanager
def shown() -> Iterator[Report]:
    """Yield what `fetch` reports to; nothing is printed when nothing is fetched."""
    if not sys.stderr.isatty():
        yield _lines
        return
    columns = (TextColumn(TITLE), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(TITLE, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)


def _lines(done: int, total: int) -> None:
    if done == 1 or done % -(-total // LINES) == 0 or done == total:
        sys.stderr.write(f"{TITLE}: {done} of {total} files\n")
