"""What the OpenAPI document says again and again: headers, answers, refusals, schemas."""

from typing import Any, Final

_Json = dict[str, Any]

OBJECT: Final = {"application/json": {"schema": {"type": "object"}}}


def header(name: str, most: int) -> _Json:
    """A header of at most so many characters."""
    return {"name": name, "in": "header", "schema": {"type": "string", "maxLength": most}}


def body(schema: _Json, example: _Json) -> _Json:
    """What is sent in JSON, and what that may look like."""
    return {"application/json": {"schema": schema, "example": example}}


def answer(description: str, schema: str = "") -> _Json:
    """An answer in JSON, of the schema of that name."""
    if not schema:
        return {"description": description, "content": OBJECT}
    named = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": description, "content": {"application/json": {"schema": named}}}


def refused(*statuses: int) -> _Json:
    """Each of these as problem details."""
    return {str(status): {"$ref": "#/components/responses/Refused"} for status in statuses}


SCHEMES: Final[_Json] = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "stripe": {
        "type": "apiKey", "in": "header", "name": "Stripe-Signature",
        "description": "t=<seconds>,v1=<HMAC-SHA256 of `t.body` under the endpoint's secret>.",
    },
    "carrier": {
        "type": "apiKey", "in": "header", "name": "Webhook-Signature",
        "description": "Standard Webhooks: v1,<base64 of the HMAC-SHA256 of `id.timestamp.body`"
        " under the carrier's secret>.",
    },
}  # fmt: skip
REFUSED: Final = refused(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 502, 503)
TOLD: Final = refused(400, 401, 408, 413, 415, 429, 503)
TAGGED: Final[_Json] = {
    "headers": {"ETag": {"schema": {"type": "string"}, "description": "For If-Match."}}
}
HEADERS: Final = [
    header("Idempotency-Key", 255), header("X-Correlation-Id", 128), header("traceparent", 55)
]  # fmt: skip
PAGES: Final = [
    {"name": name, "in": "query", "schema": {"type": "integer", "minimum": least, "maximum": most}}
    for name, least, most in (("page", 1, 1_000), ("offset", 0, 999), ("limit", 1, 100))
]
PROBLEM: Final[_Json] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "message", "details", "traceId"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "message")},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For programs, such as PRICE_MISMATCH."},
        "details": {"type": "array", "items": {"type": "object"}},
        "traceId": {"type": "string", "description": "The X-Correlation-Id of the answer."},
    },
}
ACCEPTED: Final[_Json] = {
    "type": "object",
    "required": ["commandId", "status"],
    "properties": {
        "commandId": {"type": "string", "format": "uuid"},
        "status": {"const": "accepted"},
        "id": {"type": "string", "description": "Of what is made or changed."},
    },
}
PAGE: Final[_Json] = {
    "type": "object",
    "required": ["items", "page", "limit", "more"],
    "properties": {
        "items": {"type": "array", "items": {"type": "object"}},
        "page": {"type": "integer"},
        "limit": {"type": "integer"},
        "more": {"type": "boolean"},
        "next": {
            "type": "string",
            "description": "The cursor of the next page, while there is one.",
        },
    },
}
