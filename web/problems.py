"""Errors as RFC 9457 problem details."""

import json
from http import HTTPStatus
from typing import Any

from aiohttp import web

CONTENT_TYPE = "application/problem+json"


def problem(status: HTTPStatus, detail: str, **extra: Any) -> web.Response:
    """A response that says what is wrong and what to do next."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value,
            "detail": detail, **extra}  # fmt: skip
    return web.Response(status=status.value, text=json.dumps(body), content_type=CONTENT_TYPE)


@web.middleware
async def problems(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turn aiohttp's own errors into problem details."""
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPException as exc:
        if exc.status < HTTPStatus.BAD_REQUEST:
            raise
        answer = problem(HTTPStatus(exc.status), f"{request.method} {request.path}: {exc.reason}")
        if "Allow" in exc.headers:
            answer.headers["Allow"] = exc.headers["Allow"]
        return answer
    return response
