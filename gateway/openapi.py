"""The API as an OpenAPI 3.1 document, made from the routes and the models."""

import json
from pathlib import Path
from typing import Any, Final

from events.schemas import schema_of
from events.shipping import QuoteShipping
from gateway.routes import LISTINGS, LOOKS, ROUTES, Listing, Look, Route

_Json = dict[str, Any]

FILE: Final = "openapi.json"
_DIALECT_KEYS: Final = ("$schema", "$id")
_OBJECT: Final = {"application/json": {"schema": {"type": "object"}}}


def text() -> str:
    """The document as it is written."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def is_current(folder: Path) -> bool:
    """Whether the folder holds the document of these routes."""
    path = folder / FILE
    return path.is_file() and path.read_text(encoding="utf-8") == text()


def document() -> _Json:
    """The whole document."""
    paths: dict[str, _Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.verb.lower()] = _command(route)
    for look in (*LOOKS, *LISTINGS):
        paths.setdefault(look.path, {})["get"] = _query(look)
    paths["/v1/shipping/quotes"] = {"post": _quotes()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "FlowMart", "version": "1.0.0", "description": (__doc__ or "").strip()},
        "servers": [{"url": "http://127.0.0.1:8080"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
            "schemas": {"Problem": _PROBLEM},
            "responses": {
                "Refused": {
                    "description": "Why not, and what to do next (RFC 9457).",
                    "content": {
                        "application/problem+json": {
                            "schema": {"$ref": "#/components/schemas/Problem"}
                        }
                    },
                }
            },
        },
    }


def _command(route: Route) -> _Json:
    answers: _Json = {"202": _answer("The command is on Kafka, acknowledged by all replicas.")}
    if route.waits:
        answers["201"] = _answer("The outcome came within two seconds.")
    match = [_header("If-Match", 20)] if route.owned is not None else []
    return {
        "operationId": f"{route.message.name[0].lower()}{route.message.name[1:]}",
        "summary": route.help,
        "description": _rights(route.scope, route.roles, mfa=route.mfa),
        "parameters": [*_variables(route.path), *_HEADERS, *match],
        "requestBody": {
            "content": {"application/json": {"schema": _body(route)}},
            "required": route.verb != "DELETE",
        },
        "responses": answers | _REFUSED,
    }


def _query(look: Look | Listing) -> _Json:
    listed = isinstance(look, Listing)
    name = look.path.removeprefix("/v1/").replace("/", "-").replace("{", "").replace("}", "")
    return {
        "operationId": f"get-{name}",
        "summary": look.help,
        "description": _rights(f"{look.resource}:read", None, mfa=False),
        "parameters": [
            *_variables(look.path),
            *(_PAGES if listed else ()),
            _header("If-None-Match", 255),
        ],
        "responses": {
            "200": _answer(look.help),
            "304": {"description": "If-None-Match names the ETag of what would be answered."},
        }
        | _REFUSED,
    }


def _quotes() -> _Json:
    schema = {k: v for k, v in schema_of(QuoteShipping).items() if k not in _DIALECT_KEYS}
    inlined = _inlined(schema, schema.pop("$defs", {}))
    return {
        "operationId": "quoteShipping",
        "summary": "What shipping would cost.",
        "description": _rights("shipments:read", None, mfa=False),
        "requestBody": {"content": {"application/json": {"schema": inlined}}, "required": True},
        "responses": {"200": _answer("Offers, the cheapest first.")} | _REFUSED,
    }


def _body(route: Route) -> _Json:
    """What the caller has to say: not what path, token and server fill in."""
    schema = {k: v for k, v in schema_of(route.message).items() if k not in _DIALECT_KEYS}
    filled = {*route.takes, *route.fixed, *filter(None, (route.user, route.names))}
    filled -= {field for field, variable in route.takes.items() if variable == "body"}
    filled |= {"idempotencyKey"} & set(schema.get("properties", {}))
    schema["required"] = [name for name in schema.get("required", ()) if name not in filled]
    if not schema["required"]:
        del schema["required"]
    body: _Json = _inlined(schema, schema.pop("$defs", {}))
    return body


def _inlined(value: Any, parts: _Json) -> Any:
    """The schema with each part in the place of its name."""
    if isinstance(value, list):
        return [_inlined(one, parts) for one in value]
    if not isinstance(value, dict):
        return value
    name = str(value.get("$ref", "")).removeprefix("#/$defs/")
    rest = {key: _inlined(one, parts) for key, one in value.items() if key != "$ref"}
    return _inlined(parts[name], parts) | rest if name in parts else rest


def _rights(scope: str, roles: frozenset[str] | None, *, mfa: bool) -> str:
    who = "every role; others' objects are not found" if roles is None else ", ".join(sorted(roles))
    return f"Scope `{scope}`; {who}{'; second factor' if mfa else ''}."


def _variables(path: str) -> list[_Json]:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _header(name: str, most: int) -> _Json:
    return {"name": name, "in": "header", "schema": {"type": "string", "maxLength": most}}


def _answer(description: str) -> _Json:
    return {"description": description, "content": _OBJECT}


def _refused(*statuses: int) -> _Json:
    return {str(status): {"$ref": "#/components/responses/Refused"} for status in statuses}


_REFUSED: Final = _refused(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 502, 503)
_HEADERS: Final = [_header("Idempotency-Key", 255), _header("X-Correlation-Id", 128)]
_PAGES: Final = [
    {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": most}}
    for name, most in (("page", 1_000), ("limit", 100))
]
_PROBLEM: Final[_Json] = {
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
