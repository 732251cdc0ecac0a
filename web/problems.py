"""Errors as RFC 9457 problem details."""

import json
import logging
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

LOG = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S: Final = 5


def problem(status: HTTPStatus, detail: str, **extra: Any) -> web.Response:
    """A response that says what is wrong and what to do next."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value,
            "detail": detail, **extra}  # fmt: skip
    return web.Response(status=status.value, text=json.dumps(body), content_type=CONTENT_TYPE)


def again_later(why: str) -> web.Response:
    """503 to whoever delivers what cannot be taken now, and delivers it again."""
    answer = problem(HTTPStatus.SERVICE_UNAVAILABLE, why)
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn aiohttp's own errors, and those nobody thought of, into problem details."""
    try:
        response = await handler(request)
    except web.HTTPException as exc:
        if exc.status < HTTPStatus.BAD_REQUEST:
            raise
        return _of_aiohttp(request, exc)
    except Exception:
        LOG.exception("%s %s failed", request.method, request.path)
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "see the worker's log")
    return response


def _of_aiohttp(request: web.Request, exc: web.HTTPException) -> web.Response:
    status, allowed = HTTPStatus(exc.status), exc.headers.get("Allow")
    why = {
        HTTPStatus.NOT_FOUND: "nothing is here; a worker's control room is /, its tables /tables/,"
        " and it has the webhooks of those whose secret it was given",
        HTTPStatus.METHOD_NOT_ALLOWED: f"this path takes {allowed}",
    }.get(status, exc.reason)
    answer = problem(status, f"{request.method} {request.path}: {why}")
    if allowed is not None:
        answer.headers["Allow"] = allowed
    return answer


class _NoHttp(logging.Filter):
    """Tells in one line of what is no HTTP: anybody may send that, as often as they like."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Leave the stack out where a request could not be read."""
        wrong = record.exc_info and record.exc_info[1]
        if isinstance(wrong, HttpProcessingError):
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.exc_info = None
            record.msg = f"{record.msg}: {type(wrong).__name__}"
        return True


_NO_HTTP: Final = _NoHttp()


def server_log() -> logging.Logger:
    """The logger for a port that faces others."""
    made = logging.getLogger(__name__ + ".port")
    made.addFilter(_NO_HTTP)
    return made
