"""What an SMTP server's no means: who is to blame, and whether another try can go better."""

import re
from collections.abc import Callable
from typing import Final

from providers.notifications import Code

Why = Callable[[int, str], Code | None]
"""(code, text) to what is to blame; None: neither address nor message, so it is tried again."""

_PERMANENT: Final = 500
"""SMTP codes from here on are refusals for good; from 400 on for now (RFC 5321)."""
CLOSING: Final = 421
"""The server says goodbye, whatever it was asked (RFC 5321)."""
_NO_MAILBOX: Final = frozenset({550, 551, 553})
"""What says that the address is to blame, where no enhanced code says it better."""
_TOO_FULL: Final = 552
"""RFC 5321 has senders take it for 452."""

_ENHANCED: Final = re.compile(r"[45]\.(\d{1,3})\.(\d{1,3})\b")
"""What an answer may begin with (RFC 3463): the subject, and what about it."""
_ADDRESS, _MAILBOX = 1, 2
_FULL: Final = (_MAILBOX, 2)
_OURS: Final = frozenset({(_ADDRESS, 7), (_ADDRESS, 8), (_MAILBOX, 3)})
"""About the sender's address, and about mails that are too long."""
_SYSTEM: Final = frozenset({3, 4, 5, 6})
"""Subjects that are no recipient's: the server, its network, the protocol, the content."""


def of_message(code: int, _text: str) -> Code | None:
    """Why a message goes nowhere; None: for now only."""
    return None if code < _PERMANENT else Code.REFUSED


def of_recipient(code: int, text: str) -> Code | None:
    """Why a mail does not reach its recipient; None: the server has troubles of its own.

    A customer whose address is blamed gets no mail any more, so that a server which refuses
    everybody (no login, no relaying, a policy) must not look like mailboxes that are gone.
    """
    found = _ENHANCED.match(text)
    subject, detail = (int(found[1]), int(found[2])) if found else (0, 0)
    if code == CLOSING or (code < _PERMANENT and subject in _SYSTEM):
        return None
    if code < _PERMANENT or code == _TOO_FULL or (subject, detail) == _FULL:
        return Code.SOFT_BOUNCE
    about_it = subject in (_ADDRESS, _MAILBOX) if subject else code in _NO_MAILBOX
    return Code.HARD_BOUNCE if about_it and (subject, detail) not in _OURS else Code.REFUSED
