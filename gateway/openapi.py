"""The API as an OpenAPI 3.1 document, made from the routes and the models."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

from events.base import Message
from events.schemas import schema_of
from events.shipping import QuoteShipping, UpdateShipmentStatus
from events.vocabulary import Carrier
from gateway.examples import BODIES, QUOTE, SCAN
from gateway.openapi_parts import (
    ACCEPTED,
    HEADERS,
    OBJECT,
    PAGE,
    PAGES,
    PROBLEM,
    REFUSED,
    SCHEMES,
    TAGGED,
    TOLD,
    answer,
    body,
    header,
    refused,
)
from gateway.route import Listing, Look, Route
from gateway.routes import LISTINGS, LOOKS, ROUTES

_Json = dict[str, Any]

FILE: Final = "openapi.json"
_ABOUT: Final = (
    "The API as a document, made from the routes and the models."
    " GET answers an ETag: send it back as If-Match with what changes the object, so that nothing"
    " is changed blindly. Customers see their own addresses where the gateway has the right to show"
    " them; else, and of others, personal data is `***`."
    " A body is what a message says, or the contract's envelope with it as `data`, whose"
    " `metadata.source` tells the sales channel."
    " 202 says that a command is on Kafka. What became of it is told where Location points: an"
    " order's `history` has also what was refused, such as CANCEL_REFUSED_DISPATCHED; of what is"
    " refused of a subscription its customer is told why, as a notification."
    " Ids of what is made are the server's; staff may choose them."
    " An Idempotency-Key makes a repeated request harmless for 24 hours."
    " Every answer has the X-Correlation-Id that the events of a command carry."
    " `RateLimit-Limit` is how many requests the caller's bucket holds, `RateLimit-Remaining` how"
    " many are left in it, `RateLimit-Reset` in how many seconds it is full; 429 tells in"
    " `Retry-After` when to come back."
)
_OPEN: Final[dict[str, tuple[Any, ...]]] = {
    "/health": ("health", "Whether the process works."),
    "/ready": ("ready", "Whether at least one worker answers.", 503),
    "/openapi.json": ("openapi", "This document.", 401, 429),
}
_ROWS: Final = {
    "orders": (
        " `orderStatus` is the contract's word for customers: Pending, Processing, Shipped,"
        " Delivered, Cancelled, Returned or Refunded; `status` is the order's own state, of which"
        " there are more. `shipmentState` is pending, shipped or delivered, or partial where not"
        " all shipments are as far."
    ),
    "payments": (
        " `paymentStatus` is the contract's word for customers: pending, completed, failed or"
        " refunded; `status` is the payment's own state, of which there are more."
    ),
    "stock": (
        " `aggregatedInventory` is over all warehouses that sell the product; `alerts` says whether"
        " it is low in one of them, or has units in quarantine."
    ),
}
"""What is to be known of a table's rows."""
_DIALECT_KEYS: Final = ("$schema", "$id")


@cache
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
    paths |= {path: {"get": _open(*told)} for path, told in _OPEN.items()}
    paths["/metrics"] = {"get": _metrics()}
    paths["/webhooks/stripe"] = {"post": _stripe()}
    paths["/webhooks/carriers/{carrier}"] = {"post": _carriers()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "FlowMart", "version": "1.0.0", "description": _ABOUT},
        "servers": [{"url": "/"}, {"url": "http://127.0.0.1:8080"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": SCHEMES,
            "schemas": {"Problem": PROBLEM, "Accepted": ACCEPTED, "Page": PAGE},
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
    answers: _Json = {
        "202": answer("The command is on Kafka, acknowledged by all replicas.", "Accepted")
    }
    if route.waits:
        answers["201"] = answer("The outcome came within two seconds.")
    match = [header("If-Match", 255)] if route.compares else []
    return {
        "operationId": f"{route.message.name[0].lower()}{route.message.name[1:]}",
        "summary": route.help,
        "description": _rights(route.scope, route.roles, mfa=route.mfa),
        "parameters": [*_variables(route.path), *HEADERS, *match],
        "requestBody": {
            "content": body(_body(route), BODIES[route.message]),
            "required": route.verb != "DELETE",
        },
        "responses": answers | REFUSED | (refused(412) if match else {}),
    }


def _query(look: Look | Listing) -> _Json:
    name = look.path.removeprefix("/v1/").replace("/", "-").replace("{", "").replace("}", "")
    table = look.rows_of if isinstance(look, Listing) and look.rows_of else look.table
    return {
        "operationId": f"get-{name}",
        "summary": look.help,
        "description": _rights(f"{look.resource}:read", None, mfa=False) + _ROWS.get(table, ""),
        "parameters": [
            *_variables(look.path),
            *(_pages(look) if isinstance(look, Listing) else ()),
            header("If-None-Match", 255),
        ],
        "responses": _not_yet(look)
        | {
            "200": answer(look.help, "Page" if isinstance(look, Listing) else "") | TAGGED,
            "304": {"description": "If-None-Match names the ETag of what would be answered."},
        }
        | REFUSED,
    }


def _not_yet(look: Look | Listing) -> _Json:
    """What the Location of a command answers before the command is carried out."""
    places = {place for route in ROUTES for place in route.places}
    if look.path not in {place.replace("{user}", "{id}") for place in places}:
        return {}
    return {"202": answer("What makes it is accepted and not carried out yet.", "Accepted")}


def _quotes() -> _Json:
    return {
        "operationId": "quoteShipping",
        "summary": "What shipping would cost.",
        "description": _rights("shipments:read", None, mfa=False),
        "requestBody": {"content": body(_whole(QuoteShipping), QUOTE), "required": True},
        "responses": {"200": answer("Offers, the cheapest first.")} | REFUSED,
    }


def _open(name: str, summary: str, *statuses: int) -> _Json:
    """A route for everybody."""
    return {
        "operationId": name,
        "summary": summary,
        "security": [],
        "responses": {"200": answer(summary)} | refused(*statuses),
    }


def _metrics() -> _Json:
    text: _Json = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": "metrics",
        "summary": "What the gateway counts, in Prometheus' text format.",
        "description": _rights("metrics:read", None, mfa=False) + " Or the view token of workers.",
        "responses": {"200": {"description": "Metrics.", "content": text}} | refused(401, 403, 429),
    }


def _stripe() -> _Json:
    return {
        "operationId": "stripeWebhook",
        "summary": "What Stripe tells, signed and of now; a repeat changes nothing.",
        "security": [{"stripe": []}],
        "requestBody": {"content": OBJECT, "required": True},
        "responses": {"200": answer("It is on Kafka, known already, or of no interest.")}
        | TOLD
        | refused(404),
    }


def _carriers() -> _Json:
    carriers = sorted(name.lower().replace(" ", "-") for name in get_args(Carrier))
    scan = _whole(UpdateShipmentStatus)
    scan["required"] = [*scan["required"], "trackingNumber", "updatedAt"]
    path = {"name": "carrier", "in": "path", "required": True, "schema": {"enum": carriers}}
    signed = [
        header(name, 255) | {"required": True} for name in ("Webhook-Id", "Webhook-Timestamp")
    ]
    return {
        "operationId": "carrierWebhook",
        "summary": "What a carrier scanned, signed and of now; a repeat changes nothing.",
        "security": [{"carrier": []}],
        "parameters": [path, *signed],
        "requestBody": {"content": body(scan, SCAN), "required": True},
        "responses": {"202": answer("The scan is on Kafka.")} | TOLD | refused(404),
    }


def _whole(message: type[Message]) -> _Json:
    """The schema of a message, in one piece."""
    schema = {k: v for k, v in schema_of(message).items() if k not in _DIALECT_KEYS}
    inlined: _Json = _inlined(schema, schema.pop("$defs", {}))
    return inlined


def _body(route: Route) -> _Json:
    """What the caller has to say: not what path, token and server fill in."""
    schema = _whole(route.message)
    filled = {*route.takes, *route.fixed, *filter(None, (route.user, route.names))}
    filled -= {field for field, variable in route.takes.items() if variable == "body"}
    filled |= {"idempotencyKey"} & set(schema.get("properties", {}))
    filled |= set(route.parts("product:warehouse", {}) if route.parts else ())
    schema["required"] = [name for name in schema.get("required", ()) if name not in filled]
    if not schema["required"]:
        del schema["required"]
    return schema


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
    factor = " of people" if roles is not None and "service" in roles else ""
    return f"Scope `{scope}`; {who}{f'; second factor{factor}' if mfa else ''}."


def _variables(path: str) -> list[_Json]:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _pages(listing: Listing) -> list[_Json]:
    """Which rows of a list, and whose."""
    text: _Json = {"type": "string"}
    next_one = "The `next` of the page before, in the place of `page` or `offset`."
    found = [*PAGES, {"name": "cursor", "in": "query", "schema": text, "description": next_one}]
    found += [
        {"name": name, "in": "query", "schema": one.schema} for name, one in listing.filters.items()
    ]
    if listing.names_user:
        found.append({"name": "userId", "in": "query", "schema": text,
                      "description": "For staff: whose. A customer's own if absent."})  # fmt: skip
    return found
