"""A request's body as a message of the contract (G-4)."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import pydantic
from aiohttp import web

from events.base import Message
from events.envelope import ENVELOPE_FIELDS
from gateway.refusals import Refusal, bad_request
from settings.gateway import GatewayRules

CHANNEL_CHARS_MAX: Final = 40
_DETAILS_MAX: Final = 20
_FOLLOWS: Final = "default_factory_not_called"
"""Pydantic's word for a field that would be made of others, which are wrong themselves."""


class Body(NamedTuple):
    """What was sent."""

    data: dict[str, Any]
    """The message's own fields."""
    channel: str | None = None
    """Where it was sold, as the envelope says (`metadata.source`): web, mobile-app."""


@contextmanager
def no_deeper_than_readable() -> Iterator[None]:
    """Refuse a body whose parts lie in each other so deeply that it cannot be read, or written."""
    try:
        yield
    except RecursionError:
        raise bad_request("the body is nested too deeply") from None


async def body_of(request: web.Request, rules: GatewayRules) -> Body:
    """The JSON object that was sent; an empty one where nothing was.

    Raises:
        Refusal: too large, not JSON, or not an object.
    """
    raw = await read(request, rules)
    if not raw:
        return Body({})
    if request.content_type != "application/json":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            f"Content-Type: {request.content_type}; expected application/json",
        )
    try:
        found = json.loads(raw)
    except ValueError as broken:
        raise bad_request(f"the body is not JSON: {broken}") from None
    if not isinstance(found, dict):
        raise bad_request("the body: expected a JSON object")
    return _parted(found)


async def read(request: web.Request, rules: GatewayRules) -> bytes:
    """The body as it came.

    Raises:
        Refusal: packed (415: what it unpacks to has no bound), too large (413), too slow (408).
    """
    packed = request.headers.get("Content-Encoding", "identity")
    if packed != "identity":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            f"Content-Encoding: {packed}; expected the body as it is",
        )
    try:
        async with asyncio.timeout(rules.write_timeout_ms / 1000):
            return await request.read()
    except TimeoutError:
        raise Refusal(
            HTTPStatus.REQUEST_TIMEOUT,
            "TOO_SLOW",
            f"the body did not come within {rules.write_timeout_ms} ms",
        ) from None
    except web.HTTPRequestEntityTooLarge:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "TOO_LARGE",
            f"the body: expected at most {rules.body_bytes_max} bytes",
        ) from None


def _parted(found: dict[str, Any]) -> Body:
    """The message's own fields; an envelope may be sent too, with the envelope's fields only."""
    if not isinstance(found.get("data"), dict):
        return Body(found)
    unknown = sorted(set(found) - ENVELOPE_FIELDS)
    if unknown:
        raise bad_request(
            "the envelope has fields that the contract does not know",
            [{"field": name, "message": "unknown"} for name in unknown[:_DETAILS_MAX]],
        )
    return Body(found["data"], _channel_of(found.get("metadata")))


def _channel_of(metadata: Any) -> str | None:
    channel = metadata.get("source") if isinstance(metadata, dict) else None
    if channel is None:
        return None
    if isinstance(channel, str) and len(channel) <= CHANNEL_CHARS_MAX and channel.isprintable():
        return channel
    raise bad_request(f"metadata.source: expected at most {CHANNEL_CHARS_MAX} printable characters")


def message_of(model: type[Message], data: Mapping[str, Any]) -> Message:
    """The message with those fields; unknown ones are left out.

    Raises:
        Refusal: a field is missing or wrong; every one of them is named.
    """
    try:
        return model.model_validate_json(json.dumps(data), by_alias=True, by_name=False)
    except pydantic.ValidationError as wrong:
        details = [
            {"field": ".".join(map(str, error["loc"])), "message": error["msg"]}
            for error in wrong.errors(include_url=False, include_input=False)
            if error["type"] != _FOLLOWS
        ]
        wrong_ones = "1 field is wrong" if len(details) == 1 else f"{len(details)} fields are wrong"
        raise bad_request(f"{model.name}: {wrong_ones}", details[:_DETAILS_MAX]) from None
