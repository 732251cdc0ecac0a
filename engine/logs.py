"""What is logged on stderr: masked, as lines of text or of JSON (G-51, G-55)."""

import logging
import logging.config
from typing import Any, Literal

import structlog

from engine.dead_letters import LOGGED
from engine.masking import mask_entry, mask_handlers
from engine.seldom import Seldom


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """Has every entry masked before it is JSON."""

    masks = True


def json_logging() -> dict[str, Any]:
    """A configuration for `logging.config.dictConfig`: one JSON object a line, on stderr.

    Each has event, level, logger and timestamp (RFC 3339 UTC), that of a dead letter eventType and
    correlationId. Records' values are never logged by the engine; what an error says of one is
    masked.
    """
    before = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(LOGGED),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": JsonFormatter,
                "foreign_pre_chain": before,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    mask_entry,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {"aiokafka": {"level": "WARNING"}},
    }


def log_as(form: Literal["text", "json"], *seldom: str) -> None:
    """From now on lines go out in that form, without personal data and secrets.

    What loggers of these names repeat, while a peer is away, is told seldom.
    For processes of their own; what a worker logs is Faust's to arrange.
    """
    if form == "json":
        logging.config.dictConfig(json_logging())
    else:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        mask_handlers(logging.getLogger())
    thinned = Seldom(*seldom)
    for handler in logging.getLogger().handlers:
        handler.addFilter(thinned)
    # What a client says about a missing broker, the process says in one line.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
