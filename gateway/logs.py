"""The gateway's log on stderr: masked, as lines of text or of JSON (G-51, G-55)."""

import logging
import logging.config
from typing import Literal

from engine.logs import json_logging
from engine.masking import mask_handlers


def log_as(form: Literal["text", "json"]) -> None:
    """From now on lines go out in that form, without personal data and secrets."""
    if form == "json":
        logging.config.dictConfig(json_logging())
    else:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        mask_handlers(logging.getLogger())
    # What a client says about a missing broker, the gateway says in one line.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
