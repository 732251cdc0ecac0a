"""Errors as RFC 9457 problem details."""

import json
import logging
from http import HTTPStatus
from typing import Any

from aiohttp import web

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"


def problem(status: HTTPStatus, detail: str, **extra: Any) -> web.Response:
    """A response that says what is wrong and what to do next."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value,
            "detail": detail, **extra}  # fmt: skip
    return web.Response(status=status.value, text=json.dumps(body), content_type=CONTENT_TYPE)


@web.middleware
async def problems(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turn aiohttp's own errors, and those nobody thought of, into problem details."""
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPException as exc:
        if exc.status < HTTPStatus.BAD_REQUEST:
            raise
        answer = problem(HTTPStatus(exc.status), f"{request.method} {request.path}: {exc.reason}")
        if "Allow" in exc.headers:
            answer.headers["Allow"] = exc.headers["Allow"]
        return answer
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "see the worker's log")
    return response
