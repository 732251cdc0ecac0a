"""Personal data and secrets in free text: what is logged or shown is masked first.

Masked are e-mail addresses, telephone numbers with their `+`, card numbers (13 to 19 digits that
pass Luhn's check), provider tokens (`tok_...`, `pm_...`, `sk_live_...`), `Authorization` headers,
bearer tokens, JSON web tokens and credentials inside URLs. Names and postal addresses cannot be
told from other words: whoever logs must leave them out.
"""

import logging
import re
from collections.abc import Mapping, MutableMapping
from re import Match
from typing import Any, Final

MASKED: Final = "***"

_SCHEME: Final = r"(?:Bearer|Basic|Digest)"
_SECRET: Final = re.compile(
    r"(?P<authorization>\b(?:proxy-)?authorization\b[\"'\s]{0,4}[:=,][\"'\s(]{0,4}(?:b[\"'])?"
    rf"(?:{_SCHEME}\s+)?)[^\s\"',;)]{{1,4096}}"
    rf"|(?P<bearer>\b{_SCHEME}\s+)[A-Za-z0-9._~+/=-]{{8,4096}}"
    r"|(?P<url>[a-z][a-z0-9+.-]{1,15}://)[^\s/:@]{0,256}:[^\s/@]{1,256}(?=@)"
    r"|\beyJ[\w-]{5,4096}\.[\w-]{2,4096}\.[\w-]{0,4096}"
    r"|(?P<token>\b(?:tok|pm|card|src|seti|sk|rk|pk|whsec)_)[A-Za-z0-9_]{3,256}"
    r"|(?P<mail>[\w.%+-]{1,64})@(?=[\w-]{1,63}\.)[\w.-]{1,255}",
    re.IGNORECASE,
)
_PHONE: Final = re.compile(r"(?<![\w+.-])\+\d(?:[ ().-]{0,2}\d){6,14}(?!\w)")
_CARD: Final = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-])")
_NUMBERS_OF_A_CARD: Final = range(13, 20)


def mask_text(text: str) -> str:
    """The text with personal data and secrets replaced by stars; everything else as it was.

    Masking twice changes nothing. Its time grows with the text's length, whatever is in it.
    """
    text = _SECRET.sub(_hidden, text)
    if "+" in text:
        text = _PHONE.sub(_phone, text)
    return _CARD.sub(_card, text)


def _hidden(found: Match[str]) -> str:
    if found["mail"] is not None:
        return f"{found['mail'][0]}{MASKED}@{MASKED}"
    kind = found.lastgroup
    return f"{found[kind] if kind else ''}{MASKED}"


def _phone(found: Match[str]) -> str:
    return f"{found[0][:3]}{MASKED}"


def _card(found: Match[str]) -> str:
    digits = [int(char) for char in found[0] if char.isdigit()]
    return MASKED if _is_card(digits) else found[0]


def _is_card(digits: list[int]) -> bool:
    """Luhn's check, which nine of ten other numbers fail."""
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004 - two digits
    return len(digits) in _NUMBERS_OF_A_CARD and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def mask_entry(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Mask every text of a structured log entry; for structlog, before it is written as JSON."""
    return {
        name: mask_text(value) if isinstance(value, str) else value for name, value in entry.items()
    }


class MaskingFormatter(logging.Formatter):
    """Writes a record as another formatter does, and masks what comes out, tracebacks too."""

    masks = True

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """The masked line or lines."""
        return mask_text(self._inner.format(record))


def mask_handlers(logger: logging.Logger) -> None:
    """Have every handler of the logger mask what it writes; a second time changes nothing.

    A formatter that `masks` is left alone: structured entries are masked field by field by
    `mask_entry`, so that JSON stays JSON.
    """
    for handler in logger.handlers:
        inner = handler.formatter or logging.Formatter()
        if not getattr(inner, "masks", False):
            handler.setFormatter(MaskingFormatter(inner))
