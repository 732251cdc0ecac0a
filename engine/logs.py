"""Logs as lines of JSON, for machines that read them."""

from typing import Any

import structlog

from engine.masking import mask_entry


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """Has every entry masked before it is JSON."""

    masks = True


def json_logging() -> dict[str, Any]:
    """A configuration for `logging.config.dictConfig`: one JSON object a line, on stderr.

    Each has event, level, logger and timestamp (RFC 3339 UTC). Records' values are never
    logged by the engine; what an error says of one is masked.
    """
    before = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
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
