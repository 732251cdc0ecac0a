"""Thins out what would be logged over and over: of one cause, or while a peer is away."""

import logging

SILENT_S = 10.0


def is_told(number: int) -> bool:
    """Whether the log has a line for it: the first of a kind, the tenth, the hundredth."""
    return str(number).strip("0") == "1"


class Seldom(logging.Filter):
    """Tells what some loggers repeat once in ten seconds, and how often they said so in between.

    While the broker is gone its clients say a hundred times a second that it is. What they try
    again by themselves, as while a new broker makes itself ready for groups, is a warning.
    """

    def __init__(self, *loggers: str) -> None:
        """Those whose names begin so."""
        super().__init__()
        self._loggers = loggers
        self._places: dict[tuple[str, int], tuple[float, int]] = {}
        """By line of code: until when it is silent, and what was held back since."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        if not record.name.startswith(self._loggers):
            return True
        told: bool | None = getattr(record, "seldom", None)
        if told is None:  # It comes through here once for each handler.
            told = record.seldom = self._is_due(record)
            if any(getattr(about, "retriable", False) for about in record.args or ()):
                record.levelno, record.levelname = logging.WARNING, "WARNING"
        return told

    def _is_due(self, record: logging.LogRecord) -> bool:
        place = record.pathname, record.lineno
        silent_until_s, held = self._places.get(place, (0.0, 0))
        if record.created < silent_until_s:
            self._places[place] = silent_until_s, held + 1
            return False
        self._places[place] = record.created + SILENT_S, 0
        if held:
            record.msg = f"{record.msg} (and {held} times in between)"
        return True
