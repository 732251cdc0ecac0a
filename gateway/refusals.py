"""Every no that the API says, as problem details with the contract's fields (RFC 9457, G-4)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from web.problems import CONTENT_TYPE


class Refusal(Exception):
    """The request is refused: status, a code for programs, a sentence for people."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        *,
        details: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = dict(headers or {})

    def body(self, trace_id: str) -> dict[str, Any]:
        """`code`, `message`, `details`, `traceId` of the contract beside RFC 9457's own."""
        return {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.message,
            "code": self.code,
            "message": self.message,
            "details": list(self.details),
            "traceId": trace_id,
        }

    def response(self, trace_id: str) -> web.Response:
        """The refusal on the wire."""
        return web.Response(
            status=self.status.value,
            text=json.dumps(self.body(trace_id)),
            content_type=CONTENT_TYPE,
            headers=self.headers,
        )


def not_found(what: str) -> Refusal:
    """Nothing is there, or nothing that the caller may know of."""
    return Refusal(HTTPStatus.NOT_FOUND, "NOT_FOUND", f"there is no {what}")


def bad_request(message: str, details: Sequence[Mapping[str, str]] = ()) -> Refusal:
    """The request cannot be read."""
    return Refusal(HTTPStatus.BAD_REQUEST, "MALFORMED", message, details=details)
