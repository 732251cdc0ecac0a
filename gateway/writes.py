"""Requests that become commands."""

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

import events
from events.base import Message
from events.upcast import dig
from gateway.bodies import Body, body_of, message_of, no_deeper_than_readable
from gateway.filling import filled_in
from gateway.guard import CALLER, PRINCIPAL, TRACED, Guard, entitled
from gateway.kafka import Commands, NotAccepted
from gateway.keys import Kept, Keys, checked, fingerprint_of
from gateway.outcomes import CONFIRMED, Outcomes, created, refused, within
from gateway.preconditions import agreed, refuse_in_vain
from gateway.reads import Reads
from gateway.refusals import Refusal, bad_request, not_found
from gateway.route import Owned, Route
from gateway.ticking import ticks_ms
from gateway.tokens import Principal
from settings.gateway import GatewayRules

LOG: Final = logging.getLogger(__name__)
KEY: Final = "Idempotency-Key"
_BETWEEN: Final = "\x1f"
"""No key has it, so no two principals' keys are alike."""
_KEPT: Final = ("Content-Type", "Location")


class Writes:
    """Checks a request, writes its command, answers 202, or with the outcome (G-7)."""

    def __init__(
        self, commands: Commands, outcomes: Outcomes, reads: Reads, guard: Guard,
        rules: GatewayRules,
    ) -> None:  # fmt: skip
        self._commands = commands
        self._outcomes = outcomes
        self._reads = reads
        self._guard = guard
        self._rules = rules
        self.keys = Keys(rules)

    def handler(self, route: Route) -> Any:
        """The handler of one route."""

        async def handle(request: web.Request) -> web.Response:
            entitled(request[PRINCIPAL], route.scope, route.roles, mfa=route.mfa)
            if route.checkout:
                self._guard.checkout(request)
            if not route.compares:
                refuse_in_vain(request)
            with no_deeper_than_readable():
                return await self._once(request, route)

        return handle

    async def _once(self, request: web.Request, route: Route) -> web.Response:
        """Do what the key's first request asks for; answer the others as the first."""
        sent = await body_of(request, self._rules)
        principal: Principal = request[PRINCIPAL]
        given = request.headers.get(KEY)
        if given is None:
            return await self._do(request, route, sent, str(uuid.uuid4()))
        name = f"{principal.subject}{_BETWEEN}{checked(given, self._rules)}"
        same = fingerprint_of(request.method, request.path, sent.data)
        kept = self.keys.begin(name, same, ticks_ms())
        if kept is not None:
            return _replayed(kept)
        try:
            response = await self._do(request, route, sent, name)
        except BaseException:
            self.keys.failed(name)
            raise
        headers = {n: response.headers[n] for n in _KEPT if n in response.headers}
        assert isinstance(response.body, bytes)
        self.keys.answered(name, response.status, headers, response.body, ticks_ms())
        return response

    async def _do(self, request: web.Request, route: Route, sent: Body, name: str) -> web.Response:
        """Write the command. `name` is what a repeat has in common with it."""
        principal: Principal = request[PRINCIPAL]
        event_id = events.derived_id(name, f"{request.method} {request.path}")
        filled = filled_in(request, route, sent.data, principal, event_id)
        message = message_of(route.message, filled)
        if route.owned is not None:
            message = await self._own(request, route, route.owned, message)
        beside = self._beside(request, route, sent.channel)
        if route.named_after is not None:
            made = route.named_after(event_id)
        else:
            made = _said(message, route.names or next(iter(route.takes), ""))
        user = _said(message, route.user or "")
        ids = {"id": quote(made, safe=""), "user": quote(user, safe="")}
        places = [place.format(**ids) for place in route.places]
        if not route.waits:
            await self._send(request, message, event_id, beside)
            return self._accepted(principal, made, places, event_id)
        with self._outcomes.expect(made) as outcome:
            await self._send(request, message, event_id, beside)
            told = await within(outcome, self._rules.order_wait_ms)
        if told is not None and told[0] != CONFIRMED:
            return refused(told, request[TRACED])
        accepted = self._accepted(principal, made, places, event_id)
        return accepted if told is None else created(told, places[0])

    def _accepted(
        self, principal: Principal, made: str, places: Sequence[str], event_id: str
    ) -> web.Response:
        """202, which every place answers too until what is made is there; the first is told."""
        told = {"commandId": event_id, "status": "accepted"} | ({"id": made} if made else {})
        body, headers = json.dumps(told).encode(), {"Location": places[0]} if places else {}
        for place in places:
            self._reads.accepted.note(place, principal.subject, body, ticks_ms())
        return web.Response(
            status=HTTPStatus.ACCEPTED, body=body, headers=headers, content_type="application/json"
        )

    async def _own(
        self, request: web.Request, route: Route, owned: Owned, message: Message
    ) -> Message:
        """The message, about an object that is the caller's and as they last saw it.

        Raises:
            Refusal: it is not there, not theirs (404), not there yet (409), has changed (412, 409),
                or support does not say whose it is (400).
        """
        principal: Principal = request[PRINCIPAL]
        object_id = _said(message, owned.field)
        if not object_id:
            return message
        if owned.among:
            await self._among(owned, message, object_id, principal)
            return message
        row = await self._reads.seen(owned.table, object_id, owned.owner, principal)
        if row is None:
            self._refuse_early(owned, object_id, principal)
            raise not_found(f"{owned.table[:-1]} {object_id}")
        said = _said(message, route.user or "")
        if principal.capacity == "support" and said == principal.subject:
            _refuse_unless_own(row, route, owned, object_id, said)
        return agreed(request, message, self._reads.told(owned.table, row, principal))

    def _refuse_early(self, owned: Owned, object_id: str, principal: Principal) -> None:
        """See that who asks was not told lately that it is being made (409): then it is not absent.

        A customer whom the shop tells that there is no such order cancels nothing.
        """
        where = f"/v1/{owned.table}/{object_id}"
        if self._reads.accepted.told(where, principal.subject, ticks_ms()) is not None:
            raise Refusal(
                HTTPStatus.CONFLICT,
                "NOT_YET",
                f"{owned.table[:-1]} {object_id} is accepted and not there yet: try again",
                headers={"Retry-After": "1"},
            )

    async def _among(
        self, owned: Owned, message: Message, object_id: str, principal: Principal
    ) -> None:
        """See that a customer has an object: the message's, who is the caller unless staff asks."""
        customer = _said(message, owned.among)
        row = await self._reads.row(owned.table, customer) or {}
        name = _attribute(type(message), owned.field)
        if object_id not in {one[name] for one in row.get(owned.table, ())}:
            self._refuse_early(owned, object_id, principal)
            raise not_found(f"{owned.table[:-1]} {object_id} of {customer}")

    def _beside(self, request: web.Request, route: Route, channel: str | None) -> dict[str, str]:
        """What the envelope's metadata say of a request."""
        told = {
            "requestedBy": request[PRINCIPAL].subject,
            "source": channel,
            "ipAddress": self._guard.shops_from(request) if route.checkout else None,
        }
        return {name: value for name, value in told.items() if value}

    async def _send(
        self, request: web.Request, message: Message, event_id: str, metadata: dict[str, str]
    ) -> None:
        trace, caller = request[TRACED], request.get(CALLER)
        value = events.encode(
            message, event_id=event_id, timestamp=time.time_ns() // 1_000_000,
            correlation_id=trace, metadata=metadata, source="api-gateway",
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._rules.write_timeout_ms / 1000):
                await self._commands.send(message, value, trace, caller)
        except (NotAccepted, TimeoutError) as failed:
            why = str(failed) or f"no answer in {self._rules.write_timeout_ms} ms"
            LOG.warning("Kafka has not confirmed %s: %s", type(message).__name__, why)
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "NOT_ACCEPTED",
                "Kafka has not confirmed the command; a repeat with the same Idempotency-Key"
                " is done once, whether it took this one or not",
                headers={"Retry-After": "5"},
            ) from None


def _refuse_unless_own(
    row: dict[str, Any], route: Route, owned: Owned, object_id: str, said: str
) -> None:
    """See that who asks for support asks for the owner: in another's name it is refused unheard."""
    if dig(row, owned.owner) != said:
        what = f"{owned.table[:-1]} {object_id}"
        raise bad_request(f"{route.user}: {said}; name the customer whose {what} is, or system")


def _said(message: Message, wire: str) -> str:
    """What a message says in a field of the wire; empty where it says nothing."""
    told = getattr(message, _attribute(type(message), wire)) if wire else None
    return "" if told is None else str(told)


@cache
def _attribute(message: type[Message], wire: str) -> str:
    fields = message.model_fields.items()
    return next(name for name, field in fields if field.serialization_alias == wire)


def _replayed(kept: Kept) -> web.Response:
    headers = {**dict(kept.headers), "Idempotent-Replayed": "true"}
    return web.Response(status=kept.status, body=kept.body, headers=headers)
