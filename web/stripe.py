"""Stripe's webhooks: what it tells becomes messages of payments (G-18, G-19).

Signed with the endpoint's secret (`Stripe-Signature`), no older than five minutes, so that
nothing is replayed later. 200 once the message is on its topic: until then Stripe tells again.
The message carries the id of Stripe's event, so what is told twice has one id; payments take it
once, whatever also came as the answer to a call.
"""

import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import stripe
from aiohttp import web

import events
from engine.inlet import Inlet, NotTaken
from events.base import Message
from events.charges import (
    ChargeCaptured,
    ChargeOperationFailed,
    ChargeRefunded,
    ChargeVoided,
    StripeChargeFailed,
    StripeChargeSucceeded,
)
from events.refunds import CloseChargeback, RecordChargeback
from topics import topic_of
from web.bodies import BodyTooLarge, body_of
from web.problems import again_later, problem

LOG: Final = logging.getLogger(__name__)
PATH: Final = "/webhooks/stripe"
BODY_BYTES_MAX: Final = 256 << 10
TOLERANCE_S: Final = 300
EVENTS_REMEMBERED_MAX: Final = 10_000
"""Ids of events that were taken lately, so that a repeat is not written again."""
SOURCE: Final = "stripe"
REFUND_REFUSED: Final = "refund_refused"
"""What the gateway says of a refund that failed."""

_ENQUIRY: Final = "warning_"
"""How the states of a bank's question begin: nothing is disputed, and no money withdrawn."""

PaymentOf = Callable[[str], Awaitable[str | None]]
"""The payment of an intent; raises a FlowMartError when Stripe does not say."""
IsLetGo = Callable[[str, str], Awaitable[bool]]
"""Whether a refund of an intent is of money that was held and never taken; raises likewise."""
Told = Mapping[str, Any]


class StripeWebhooks:
    """One route."""

    def __init__(
        self, secret: str, inlet: Inlet, payment_of: PaymentOf, is_let_go: IsLetGo
    ) -> None:
        self._secret = secret
        self._inlet = inlet
        self._payment_of = payment_of
        self._is_let_go = is_let_go
        self._taken: OrderedDict[str, None] = OrderedDict()

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [web.post(PATH, self.told)]

    async def told(self, request: web.Request) -> web.Response:
        """Take one event."""
        try:
            body = await body_of(request, BODY_BYTES_MAX)
        except BodyTooLarge as large:
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(large))
        if not self._is_signed(body, request.headers.get("Stripe-Signature")):
            return problem(
                HTTPStatus.UNAUTHORIZED,
                "not signed with FLOWMART_STRIPE_WEBHOOK_SECRET, or not now",
            )
        event = _event(body)
        if event is None:
            return problem(HTTPStatus.BAD_REQUEST, "not an event of Stripe")
        if event["id"] in self._taken:
            return _answer(event, "known")
        return await self._take(event)

    def _is_signed(self, body: bytes, signature: str | None) -> bool:
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._secret, TOLERANCE_S)
        except (stripe.SignatureVerificationError, ValueError, TypeError):
            # A body may be any bytes, and a header any text.
            return False
        return True

    async def _take(self, event: Told) -> web.Response:
        try:
            message = await self._message(event)
            if message is None:
                return _answer(event, "ignored")
            await self._put(event, message)
        except (KeyError, TypeError, ValueError) as wrong:
            return problem(HTTPStatus.BAD_REQUEST, f"{event['type']}: {wrong!r}")
        except (NotTaken, events.FlowMartError) as refused:
            why = str(refused)  # `worker.OneLine` would take the error itself for the worker's end.
            LOG.warning("Stripe's %s was not taken, it comes again: %s", event["type"], why)
            return again_later(why)
        self._taken[event["id"]] = None
        if len(self._taken) > EVENTS_REMEMBERED_MAX:
            self._taken.popitem(last=False)
        return _answer(event, "taken")

    async def _message(self, event: Told) -> Message | None:
        """What an event says, or None where payments need not know."""
        make = _MESSAGES.get(event["type"])
        if make is None:
            return None
        thing = event["data"]["object"]
        payment_id = (thing.get("metadata") or {}).get("paymentId")
        if payment_id is None and thing["object"] != "payment_intent":
            payment_id = await self._payment_of(thing["payment_intent"])
        if thing["object"] == "refund" and await self._is_no_refund(thing):
            return None
        return None if payment_id is None else make(payment_id, thing, event)

    async def _is_no_refund(self, refund: Told) -> bool:
        """Whether Stripe made it with a capture of less: those that we ask for have our name."""
        ours = (refund.get("metadata") or {}).get("refundId")
        return not ours and await self._is_let_go(refund["payment_intent"], refund["id"])

    async def _put(self, event: Told, message: Message) -> None:
        created = datetime.fromtimestamp(event["created"], UTC)
        value = events.encode(message, event_id=event["id"], timestamp=created, source=SOURCE)
        headers = events.headers(message, event["id"])
        await self._inlet.put(topic_of(type(message)), events.key_of(message), value, headers)


def _event(body: bytes) -> Told | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    wanted = isinstance(found, dict) and {"id", "type", "created", "data"} <= found.keys()
    return found if wanted and isinstance(found["id"], str) else None


def _answer(event: Told, what: str) -> web.Response:
    return web.json_response({"eventId": event["id"], "outcome": what})


def _attempt(payment_id: str, intent: Told) -> int | None:
    """The attempt whose key made the intent; a renewal's key names none."""
    key = str((intent.get("metadata") or {}).get("key"))
    number = key.removeprefix(f"{payment_id}:")
    return int(number) if number != key and number.isascii() and number.isdecimal() else None


def _authorized(payment_id: str, intent: Told, _event: Told) -> Message:
    return StripeChargeSucceeded(
        charge_id=intent["id"],
        payment_id=payment_id,
        amount_minor=intent["amount"],
        currency=intent["currency"],
        status="succeeded",
        provider=SOURCE,
        attempt_number=_attempt(payment_id, intent),
    )


def _succeeded(payment_id: str, intent: Told, event: Told) -> Message:
    """Money that is in: captured by us, or charged at once."""
    if intent.get("capture_method") != "manual":
        return _authorized(payment_id, intent, event)
    return ChargeCaptured(
        payment_id=payment_id,
        charge_id=intent["id"],
        amount_minor=intent["amount_received"],
        currency=intent["currency"],
        provider=SOURCE,
        captured_at=datetime.fromtimestamp(event["created"], UTC),
    )


def _failed(payment_id: str, intent: Told, _event: Told) -> Message:
    error = intent.get("last_payment_error") or {}
    return StripeChargeFailed(
        charge_id=intent["id"],
        payment_id=payment_id,
        amount_minor=intent["amount"],
        currency=intent["currency"],
        status="failed",
        failure_code=error.get("decline_code") or error.get("code"),
        failure_message=error.get("message"),
        provider=SOURCE,
        attempt_number=_attempt(payment_id, intent),
    )


def _voided(payment_id: str, intent: Told, _event: Told) -> Message:
    return ChargeVoided(payment_id=payment_id, charge_id=intent["id"], provider=SOURCE)


def _refunded(payment_id: str, refund: Told, _event: Told) -> Message | None:
    """Money that went back, or did not; a refund made by hand goes by Stripe's own name for it."""
    refund_id = (refund.get("metadata") or {}).get("refundId") or refund["id"]
    if refund["status"] in ("failed", "canceled"):
        return ChargeOperationFailed(
            payment_id=payment_id,
            operation="refund",
            failure_code=REFUND_REFUSED,
            failure_message=refund.get("failure_reason"),
            retryable=False,
            provider=SOURCE,
            refund_id=refund_id,
        )
    if refund["status"] != "succeeded":
        return None
    return ChargeRefunded(
        payment_id=payment_id,
        charge_id=refund["payment_intent"],
        refund_id=refund_id,
        amount_minor=refund["amount"],
        currency=refund["currency"],
        provider=SOURCE,
    )


def _disputed(payment_id: str, dispute: Told, _event: Told) -> Message | None:
    """A dispute, once money is withdrawn; a bank that only asks may yet make one of it."""
    if dispute["status"].startswith(_ENQUIRY):
        return None
    return RecordChargeback(
        payment_id=payment_id,
        chargeback_reference=dispute["id"],
        amount_minor=dispute["amount"],
        reason=dispute["reason"],
    )


def _closed(payment_id: str, dispute: Told, _event: Told) -> Message | None:
    outcome = dispute["status"]
    if outcome.startswith(_ENQUIRY):
        return None
    return CloseChargeback(
        payment_id=payment_id,
        chargeback_reference=dispute["id"],
        outcome=outcome if outcome in ("won", "lost") else "withdrawn",
        amount_minor=dispute["amount"],
    )


_MESSAGES: Final[dict[str, Callable[[str, Told, Told], Message | None]]] = {
    "payment_intent.amount_capturable_updated": _authorized,
    "payment_intent.succeeded": _succeeded,
    "payment_intent.payment_failed": _failed,
    "payment_intent.canceled": _voided,
    "refund.created": _refunded,
    "refund.updated": _refunded,
    "refund.failed": _refunded,
    "charge.refund.updated": _refunded,
    "charge.dispute.created": _disputed,
    "charge.dispute.updated": _disputed,
    "charge.dispute.closed": _closed,
}
"""By Stripe's type; any other is taken and ignored, so that Stripe does not tell it again."""
