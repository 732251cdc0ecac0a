"""Requests that become commands."""

import json
import time
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

import events
from events.base import Message
from gateway.bodies import body_of, message_of
from gateway.guard import PRINCIPAL, TRACED, Guard, entitled
from gateway.kafka import Commands, NotAccepted
from gateway.keys import Kept, Keys, checked, fingerprint_of
from gateway.outcomes import Outcome, Outcomes
from gateway.reads import Reads, owner_of
from gateway.refusals import Refusal, bad_request, not_found
from gateway.routes import Route
from gateway.rules import GatewayRules
from gateway.tokens import Principal

KEY: Final = "Idempotency-Key"
_FROM_BODY: Final = "body"


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
        self._keys = Keys(rules)

    def handler(self, route: Route) -> Any:
        """The handler of one route."""

        async def handle(request: web.Request) -> web.Response:
            entitled(request[PRINCIPAL], route.scope, route.roles, mfa=route.mfa)
            if route.checkout:
                self._guard.checkout(request)
            return await self._once(request, route)

        return handle

    async def _once(self, request: web.Request, route: Route) -> web.Response:
        """Do what the key's first request asks for; answer the others as the first."""
        data = await body_of(request, self._rules)
        principal: Principal = request[PRINCIPAL]
        given = request.headers.get(KEY)
        if given is None:
            return await self._do(request, route, data, request[TRACED])
        name = f"{principal.subject} {checked(given, self._rules)}"
        kept = self._keys.begin(name, fingerprint_of(request.method, request.path, data), _now_ms())
        if kept is not None:
            return _replayed(kept)
        try:
            response = await self._do(request, route, data, name)
        except BaseException:
            self._keys.failed(name)
            raise
        headers = {n: response.headers[n] for n in ("Location",) if n in response.headers}
        assert isinstance(response.body, bytes)
        self._keys.answered(name, response.status, headers, response.body)
        return response

    async def _do(
        self, request: web.Request, route: Route, data: dict[str, Any], name: str
    ) -> web.Response:
        """Write the command. `name` is what a repeat has in common with it."""
        principal: Principal = request[PRINCIPAL]
        event_id = events.derived_id(name, f"{request.method} {request.path}")
        filled = _filled(request, route, data, principal, event_id)
        if route.owned is not None:
            await self._own(request, route, filled, principal)
        message = message_of(route.message, filled)
        made = _id_of(route, filled)
        waiting = self._outcomes.expect(made) if route.waits else None
        await self._send(request, message, event_id)
        outcome = None
        if waiting is not None:
            outcome = await self._outcomes.within(made, waiting, self._rules.order_wait_ms)
        where = route.location.format(id=made, user=filled.get(route.user or "", ""))
        return _answer(outcome, made, where, event_id)

    async def _own(
        self, request: web.Request, route: Route, data: dict[str, Any], principal: Principal
    ) -> None:
        """See that the object is the caller's, and as they last saw it (If-Match).

        Raises:
            Refusal: it is not there, not theirs (404), or has changed (409).
        """
        assert route.owned is not None
        object_id = _id_of(route, data)
        row = await self._reads.row(route.owned.table, object_id)
        theirs = row is not None and owner_of(row, route.owned.owner) == principal.subject
        if row is None or not (theirs or principal.staff):
            raise not_found(f"{route.owned.table[:-1]} {object_id}")
        wanted = request.headers.get("If-Match")
        version = str(row.get("version", 1))
        if wanted is not None and wanted.strip('"') not in (version, "*"):
            raise Refusal(
                HTTPStatus.CONFLICT,
                "VERSION_CONFLICT",
                f"it is at version {version} by now: read it again",
            )

    async def _send(self, request: web.Request, message: Message, event_id: str) -> None:
        trace = request[TRACED]
        metadata = {"requestedBy": request[PRINCIPAL].subject}
        value = events.encode(
            message, event_id=event_id, timestamp=time.time_ns() // 1_000_000,
            correlation_id=trace, metadata=metadata, source="api-gateway",
        )  # fmt: skip
        try:
            await self._commands.send(message, value, trace)
        except NotAccepted:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "NOT_ACCEPTED",
                "Kafka did not take the command; nothing was done: try again",
                headers={"Retry-After": "5"},
            ) from None


def _filled(
    request: web.Request,
    route: Route,
    data: dict[str, Any],
    principal: Principal,
    event_id: str,
) -> dict[str, Any]:
    """The body with what the path, the token and the server know better.

    Raises:
        Refusal: the body contradicts the path or names another customer.
    """
    filled = {**data, **_fixed(route, principal)}
    for field, variable in route.takes.items():
        if variable != _FROM_BODY:
            _fill(filled, field, request.match_info[variable])
    if route.user is not None and not (principal.staff and filled.get(route.user)):
        _fill(filled, route.user, principal.subject)
    if route.names is not None and not (principal.staff and filled.get(route.names)):
        filled[route.names] = route.made + event_id.replace("-", "")
    key_field = "idempotencyKey"
    if "idempotency_key" in route.message.model_fields and not filled.get(key_field):
        filled[key_field] = event_id
    return filled


def _fixed(route: Route, principal: Principal) -> dict[str, Any]:
    return {
        field: principal.subject if value == "$subject" else value
        for field, value in route.fixed.items()
    }


def _fill(filled: dict[str, Any], field: str, value: str) -> None:
    said = filled.setdefault(field, value)
    if str(said) != value:
        raise bad_request(
            f"{field}: {said} in the body, {value} by path or token: leave it out",
            [{"field": field, "message": f"expected {value}"}],
        )


def _id_of(route: Route, filled: dict[str, Any]) -> str:
    field = route.names or next(iter(route.takes), "")
    return str(filled.get(field, ""))


def _answer(outcome: Outcome | None, made: str, where: str, event_id: str) -> web.Response:
    """202; 201 with what was confirmed; 422 with why not."""
    headers = {"Location": where} if where else {}
    if outcome is None:
        body: dict[str, Any] = {"commandId": event_id, "status": "accepted"}
        if made:
            body["id"] = made
        return web.json_response(body, status=HTTPStatus.ACCEPTED, headers=headers)
    name, raw = outcome
    data = json.loads(raw)["data"]
    if name == "OrderConfirmed":
        return web.json_response(data, status=HTTPStatus.CREATED, headers=headers)
    raise Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        str(data["rejectionReason"]),
        "the order was refused",
        details=[{"message": str(detail)} for detail in data.get("details", ())],
    )


def _replayed(kept: Kept) -> web.Response:
    headers = {**dict(kept.headers), "Idempotent-Replayed": "true"}
    return web.Response(
        status=kept.status, body=kept.body, headers=headers, content_type="application/json"
    )


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
