"""What every request passes: a trace, limits, a token, a right."""

import hmac
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from opentelemetry.trace import SpanContext, format_trace_id

from gateway.callers import Callers
from gateway.limits import Buckets, Rate, UnderWay, Verdict
from gateway.measures import Measures
from gateway.refusals import Refusal
from gateway.tokens import Issuer, Principal, Role, TokenRefused
from settings.gateway import GatewayRules
from wire.traceparent import HEADER, span_in

LOG: Final = logging.getLogger(__name__)
TRACE: Final = "X-Correlation-Id"
TRACED: Final = web.RequestKey("trace", str)
"""What ties an answer to log lines and to the events that a command causes."""
CALLER: Final = web.RequestKey("caller", SpanContext)
"""The span that the request comes from, where it names one."""
PRINCIPAL: Final = web.RequestKey("principal", Principal)
LIMITS: Final = web.RequestKey("limits", dict[str, str])
OPEN: Final = frozenset({"/health", "/ready"})
"""Whoever watches the gateway asks these as often as they like: their answers are small."""
WEBHOOKS: Final = "/webhooks/"
METRICS: Final = "/metrics"
SCRAPER: Final = Principal(
    "holder of the view token", frozenset({Role.SERVICE}), frozenset({"metrics:read"})
)
"""Who shows FLOWMART_VIEW_TOKEN to read metrics, and may do nothing else."""
_SAFE: Final = frozenset({"GET", "HEAD"})
_TRACE_FORM: Final = re.compile(r"[!-~]{1,128}")
"""It goes into headers, events and logs: nothing that could break one of them."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """Middlewares, the outermost first."""

    def __init__(
        self,
        issuer: Issuer,
        callers: Callers,
        rules: GatewayRules,
        measures: Measures,
        view_token: str | None = None,
    ) -> None:
        self._issuer = issuer
        self._callers = callers
        self._rules = rules
        self.measures = measures
        self._view_token = view_token
        self._buckets = Buckets(rules.principals_max)
        self._under_way = UnderWay(rules.concurrent_max)

    def middlewares(self) -> list[Any]:
        """In the order in which a request meets them (G-3: limits come before the token)."""
        return [self.answer, self.admit]

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Give every answer its trace and its measure, every failure its problem details."""
        given, caller = request.headers.get(TRACE, ""), span_in(request.headers.get(HEADER))
        if caller is not None:
            request[CALLER] = caller
        if _TRACE_FORM.fullmatch(given):
            trace = given
        else:
            trace = str(uuid.uuid4()) if caller is None else format_trace_id(caller.trace_id)
        request[TRACED] = trace
        begun = time.perf_counter()
        try:
            response = await handler(request)
        except Refusal as refusal:
            response = refusal.response(trace)
        except web.HTTPException as exc:
            response = _of_aiohttp(request, exc).response(trace)
        except Exception:
            LOG.exception(
                "%s %s failed; traceId %s, from %s",
                request.method, request.rel_url.raw_path, trace, self._callers.caller_of(request),
            )  # fmt: skip
            response = Refusal(
                HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL", f"see the gateway's log: {trace}"
            ).response(trace)
        response.headers[TRACE] = trace
        for name, value in request.get(LIMITS, {}).items():
            response.headers.setdefault(name, value)
        self.measures.answered(request, response.status, time.perf_counter() - begun)
        return response

    @web.middleware
    async def admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let through who may ask now.

        Raises:
            Refusal: too often (429), nobody known (401).
        """
        if request.path in OPEN:
            return await handler(request)
        address = self._callers.caller_of(request)
        self._take(request, f"address {address}", self._rules.address_per_min)
        principal = self._who(request, address)
        request[PRINCIPAL] = principal
        kind, per_min = self._rate(request, principal)
        self._take(request, f"{kind} {principal.subject}", per_min)
        with self._under_way.one(principal.subject) as free:
            if not free:
                raise Refusal(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    "TOO_MANY_AT_ONCE",
                    f"at most {self._rules.concurrent_max} requests at once: wait for some",
                    headers={"Retry-After": "1"},
                )
            return await handler(request)

    def checkout(self, request: web.Request) -> None:
        """Hold orders and payments of a customer to their own rate (G-3).

        Raises:
            Refusal: too many of them.
        """
        principal: Principal = request[PRINCIPAL]
        if not principal.staff and Role.PARTNER not in principal.roles:
            self._take(request, f"checkout {principal.subject}", self._rules.checkouts_per_min)

    def shops_from(self, request: web.Request) -> str | None:
        """The address of a customer who asks for themselves, for fraud detection; else None."""
        principal: Principal = request[PRINCIPAL]
        if principal.staff or Role.PARTNER in principal.roles:
            return None
        return self._callers.caller_of(request)

    def _who(self, request: web.Request, address: str) -> Principal:
        header = request.headers.get("Authorization")
        if header is None:
            return Principal(f"address {address}")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise unauthorized("expected Authorization: Bearer <token>")
        if request.path == METRICS and self._shows_view_token(token.strip()):
            return SCRAPER
        try:
            return self._issuer.read(token.strip())
        except TokenRefused as refused:
            raise unauthorized(f"the token does not hold: {refused}; get a new one") from None

    def _shows_view_token(self, shown: str) -> bool:
        """Whether Prometheus asks, which reads workers by that token and renews none."""
        wanted = self._view_token
        return bool(wanted) and hmac.compare_digest(
            shown.encode(errors="surrogateescape"), str(wanted).encode()
        )

    def _rate(self, request: web.Request, principal: Principal) -> tuple[str, int]:
        """The kind of bucket and what flows in: reads and writes of a machine have one each."""
        rules, roles = self._rules, principal.roles
        if roles & {Role.PARTNER, Role.SERVICE}:
            if request.method in _SAFE:
                return "reads", rules.partner_reads_per_min
            return "writes", rules.partner_writes_per_min
        if principal.anonymous:
            webhook = request.path.startswith(WEBHOOKS)
            return "principal", rules.partner_writes_per_min if webhook else rules.anonymous_per_min
        if roles & {Role.PREMIUM, Role.CUSTOMER_SERVICE, Role.STORE_MANAGER, Role.ADMIN}:
            return "principal", rules.premium_per_min
        return "principal", rules.customer_per_min

    def _take(self, request: web.Request, bucket: str, per_min: int) -> None:
        rate = Rate.of(per_min, self._rules.burst_ms, self._rules.burst_min)
        verdict = self._buckets.take(f"{bucket} {per_min}", rate, time.monotonic())
        request[LIMITS] = _headers(verdict)
        if not verdict.allowed:
            self.measures.limited(bucket.partition(" ")[0])
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                "RATE_LIMITED",
                f"at most {per_min} requests a minute: try again in {verdict.retry_after_s} s",
                headers={"Retry-After": str(verdict.retry_after_s)},
            )


def entitled(principal: Principal, scope: str, roles: frozenset[Role] | None, *, mfa: bool) -> None:
    """Let through who has the right (G-2); a service has no second factor to sign in with.

    Raises:
        Refusal: nobody known (401); without the scope, the role or the second factor (403).
    """
    if principal.anonymous:
        raise unauthorized("this needs a token: Authorization: Bearer <token>")
    if roles is not None and not principal.roles & roles:
        raise _forbidden(f"this is for {', '.join(sorted(roles))}")
    if scope not in principal.scopes:
        raise _forbidden(f"the token lacks the scope {scope}")
    person = roles is None or Role.SERVICE not in principal.roles & roles
    if mfa and person and not principal.mfa:
        raise _forbidden("sign in with a second factor: the token's amr lacks mfa")


def unauthorized(why: str) -> Refusal:
    """401 with the challenge that RFC 9110 asks for."""
    return Refusal(
        HTTPStatus.UNAUTHORIZED,
        "UNAUTHORIZED",
        why,
        headers={"WWW-Authenticate": 'Bearer realm="flowmart"'},
    )


def unheard(status: HTTPStatus, why: str) -> web.Response:
    """Refuse what never became a request: it has no trace of its own yet."""
    trace = str(uuid.uuid4())
    code = "MALFORMED" if status == HTTPStatus.BAD_REQUEST else _code(status)
    answer = Refusal(status, code, why).response(trace)
    answer.headers[TRACE] = trace
    return answer


def _code(status: HTTPStatus) -> str:
    return status.phrase.upper().replace(" ", "_")


def _forbidden(why: str) -> Refusal:
    return Refusal(HTTPStatus.FORBIDDEN, "FORBIDDEN", why)


def _headers(verdict: Verdict) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(verdict.limit),
        "RateLimit-Remaining": str(verdict.remaining),
        "RateLimit-Reset": str(verdict.reset_s),
    }


def _of_aiohttp(request: web.Request, exc: web.HTTPException) -> Refusal:
    status = HTTPStatus(exc.status)
    allowed = exc.headers.get("Allow", "").replace(",", ", ")
    next_step = {
        HTTPStatus.NOT_FOUND: "no such route; GET /openapi.json tells them all",
        HTTPStatus.METHOD_NOT_ALLOWED: f"this path takes {allowed}",
    }.get(status, exc.reason)
    headers = {"Allow": allowed} if allowed else {}
    return Refusal(
        status, _code(status), f"{request.method} {request.path}: {next_step}", headers=headers
    )
