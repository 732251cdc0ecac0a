"""Changes that go ahead only while the object is as the caller last saw it (RFC 9110, G-4).

One value is read and sent back: the ETag of GET is the If-Match of what changes the object. Who
keeps the row's `version` may send that instead, with or without quotes.
"""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from events.base import Message
from gateway.answers import Answer
from gateway.refusals import Refusal, bad_request

HEADER: Final = "If-Match"


def refuse_in_vain(request: web.Request) -> None:
    """See that nobody relies on a comparison that nobody makes.

    Raises:
        Refusal: the route compares nothing (400).
    """
    if HEADER in request.headers:
        raise bad_request(f"{HEADER}: nothing is compared on this route: leave it out")


def agreed(request: web.Request, message: Message, seen: Answer) -> Message:
    """The message, bound to the version that was compared.

    Where it can name one the service compares again when it decides: nothing slips in between.

    Raises:
        Refusal: the object is not as If-Match has it (412) or the body's expectedVersion (409).
    """
    if not _matches(request, seen):
        raise Refusal(
            HTTPStatus.PRECONDITION_FAILED,
            "VERSION_CONFLICT",
            f"it has changed: read it again and send its ETag as {HEADER}",
            headers={"ETag": f'"{seen.tag}"'},
        )
    expected = getattr(message, "expected_version", None)
    if expected is not None and str(expected) != seen.version:
        raise Refusal(
            HTTPStatus.CONFLICT,
            "VERSION_CONFLICT",
            f"expectedVersion: {expected}; it is at {seen.version} by now: read it again",
        )
    if HEADER not in request.headers or "expected_version" not in type(message).model_fields:
        return message
    return message.model_copy(update={"expected_version": int(seen.version)})


def _matches(request: web.Request, seen: Answer) -> bool:
    told = request.headers.get(HEADER)
    if told is None:
        return True
    if told.strip().isdecimal():
        return told.strip() == seen.version
    wanted = {"*", seen.tag, seen.version}
    return any(one.value in wanted and not one.is_weak for one in request.if_match or ())
