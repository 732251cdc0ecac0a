"""The process around an app: what goes wrong on purpose is told in one line, with exit code 1."""

import gc
import logging
from typing import Any

from faust.worker import Worker

from engine.errors import EngineError
from engine.masking import mask_handlers
from engine.seldom import Seldom

_FAREWELLS = (
    "Stopping...", "Flush producer buffer...", "Gathering service tasks...",
    "Gathering all futures...", "Closing event loop",
    "We experienced a crash! Reraising original exception...",
)  # fmt: skip
"""What mode and Faust say while a process ends."""


class OneLine(logging.Filter):
    """Tells an error that the engine raised once, in one line; the traceback helps nobody.

    Faust and mode log a crash up to five times, each with its traceback, and several lanes may
    meet the same misfortune: one line an error's kind is enough. Errors of other kinds pass
    untouched: those are for whoever mends the program. It is the last line, too: what mode says
    of every service that it stops would hide it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told: set[type[EngineError]] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written; shortens it where it carries an engine's error."""
        error = _error_of(record)
        if error is None:
            return not (self._told and record.getMessage().rstrip().endswith(_FAREWELLS))
        if type(error) in self._told:
            return getattr(record, "one_line", False)
        self._told.add(type(error))
        record.msg, record.args = f"{type(error).__name__}: {' '.join(str(error).split())}", ()
        record.exc_info = record.exc_text = None
        record.one_line = True  # It comes through here once for each handler.
        return True


def _error_of(record: logging.LogRecord) -> EngineError | None:
    """The engine's error that a log record is about."""
    found: list[Any] = list(record.args) if isinstance(record.args, tuple) else []
    if record.exc_info:
        found.append(record.exc_info[1])
    for item in found:
        if isinstance(item, EngineError):
            return item
    return None


class LaneWorker(Worker):
    """Faust's worker. Registered by Faust's setting `Worker`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.spinner and not self.spinner.file.isatty():
            self.spinner = None  # It writes a terminal's codes into files and pipes, too.

    def on_setup_root_logger(self, logger: logging.Logger, level: int) -> None:
        """Shorten and thin out what every handler writes; mask personal data and secrets in it."""
        super().on_setup_root_logger(logger, level)
        one_line, seldom = OneLine(), Seldom("aiokafka")
        for handler in logger.handlers:
            handler.addFilter(one_line)
            handler.addFilter(seldom)
        mask_handlers(logger)

    async def on_execute(self) -> None:
        """Take what is imported for what it is: it stays, and no search for garbage walks it."""
        gc.freeze()
        await super().on_execute()

    async def _sentinel_task(self) -> None:
        """Mode sleeps a second here before it closes the loop; nothing is left to wait for."""
