"""A Stripe with a memory: intents, refunds, disputes, idempotency keys, and calls that are cut off.

What stripe-mock lacks: it forgets everything and refuses nothing.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

DECLINES = {
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None),
    "pm_card_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", None),
    "pm_card_authenticationRequired": ("authentication_required", "authentication_required"),
}
SECRET = "whsec_test"

Made = tuple[int, dict[str, Any]]


class CutOff(Exception):
    """The connection breaks."""


class StripeServer:
    """The parts of Stripe that payments use. `cut_off` says which calls never answer."""

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self.disputes: dict[str, dict[str, Any]] = {}
        self.owners: dict[str, str] = {}
        """Customers by their saved cards. A card that nobody saved pays once."""
        self.answers: dict[str, Made] = {}
        """By idempotency key, until a day has passed."""
        self.indexed: set[str] = set()
        """Intents that a search finds: none that is new."""
        self.calls: list[str] = []
        self.keys: list[tuple[str, str]] = []
        """Path's end and idempotency key of each call that may move money."""
        self.cut_off: dict[str, str] = {}
        """Path's end to `before`, `after` or `within` its answer: when the line breaks, once."""
        self.refund_status = "succeeded"
        """Of refunds that are made from now on."""
        self.searches = True
        """False: the account's country has no search."""
        self.status = 0
        """Not 0: every call is answered with it."""

    def app(self) -> web.Application:
        site = web.Application()
        for path, make in (
            ("/v1/payment_intents", self._create),
            ("/v1/payment_intents/{id}/confirm", self._confirm),
            ("/v1/payment_intents/{id}/capture", self._capture),
            ("/v1/payment_intents/{id}/cancel", self._cancel),
            ("/v1/refunds", self._refund),
            ("/v1/disputes/{id}", self._evidence),
        ):
            site.router.add_post(path, self._posting(make))
        site.router.add_get("/v1/payment_intents/search", self._search)
        site.router.add_get("/v1/payment_intents/{id}", self._retrieve)
        site.router.add_get("/v1/refunds", self._refunds)
        site.router.add_get("/v1/payment_methods/{id}", self._method)
        return site

    def let_a_day_pass(self) -> None:
        """Forget every key, and index what there is."""
        self.answers.clear()
        self.indexed.update(self.intents)

    def _posting(self, make: Callable[..., Made]) -> Any:
        async def handler(request: web.Request) -> web.StreamResponse:
            form = _unfolded(dict(await request.post()))
            end, key = request.path.rpartition("/")[2], request.headers["Idempotency-Key"]
            self.calls.append(end)
            self.keys.append((end, key))
            if self.status:
                return _json(self.status, _error("api_error", "down"))
            if self.cut_off.get(end) == "before":
                del self.cut_off[end]
                raise CutOff
            if key not in self.answers:
                self.answers[key] = make(form, **request.match_info)
            when = self.cut_off.pop(end, "")
            if when:
                return await _broken(request, begun=when == "within")
            return _json(*self.answers[key])

        return handler

    def _create(self, form: dict[str, Any]) -> Made:
        if form.get("payment_method_types") != {"0": "card"}:
            return 400, _error("invalid_request_error", "a return_url is needed")
        if not form["payment_method"].startswith("pm_"):
            return 400, _error("invalid_request_error", "no such method", "resource_missing")
        if int(form["amount"]) < 50:
            too_small = "Amount must be at least $0.50 usd"
            return 400, _error("invalid_request_error", too_small, "amount_too_small")
        if form.get("customer") != self.owners.get(form["payment_method"]):
            return 400, _error("invalid_request_error", "belongs to a customer")
        if self._is_spent(form["payment_method"]):
            return 400, _error("invalid_request_error", "may not be used again")
        intent = {
            "id": f"pi_{len(self.intents) + 1}",
            "object": "payment_intent",
            "amount": int(form["amount"]),
            "amount_received": 0,
            "currency": form["currency"],
            "capture_method": form["capture_method"],
            "payment_method": form["payment_method"],
            "metadata": form["metadata"],
            "status": "requires_confirmation",
            "last_payment_error": None,
            "refunded": 0,
        }
        self.intents[intent["id"]] = intent
        return 200, dict(intent)

    def _is_spent(self, method: str) -> bool:
        """Whether it paid before and is nobody's saved card; Stripe's test cards always pay."""
        kept = method in self.owners or method.startswith("pm_card_")
        paid = [one for one in self.intents.values() if one["status"] == "succeeded"]
        return not kept and any(one["payment_method"] == method for one in paid)

    async def _method(self, request: web.Request) -> web.Response:
        self.calls.append("method")
        name = request.match_info["id"]
        if not name.startswith("pm_"):
            return _json(404, _error("invalid_request_error", "none", "resource_missing"))
        found = {"id": name, "object": "payment_method", "customer": self.owners.get(name)}
        return _json(200, found)

    def _confirm(self, form: dict[str, Any], id: str) -> Made:  # noqa: A002 - Stripe's
        intent = self.intents[id]
        declined = DECLINES.get(intent["payment_method"])
        if declined is not None:
            error = _error("card_error", "Declined.", *declined)
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = dict(error["error"])
            return 402, error
        manual = intent["capture_method"] == "manual"
        intent["status"] = "requires_capture" if manual else "succeeded"
        intent["amount_received"] = 0 if manual else intent["amount"]
        return 200, dict(intent)

    def _capture(self, form: dict[str, Any], id: str) -> Made:  # noqa: A002
        intent = self.intents.get(id)
        if intent is None:
            return 404, _error("invalid_request_error", "no such intent", "resource_missing")
        if intent["status"] != "requires_capture":
            return 400, _unexpected(intent)
        intent["status"] = "succeeded"
        intent["amount_received"] = int(form["amount_to_capture"])
        self._let_go(intent)
        return 200, dict(intent)

    def _let_go(self, intent: dict[str, Any]) -> None:
        """Make a refund of what was held and not captured, as Stripe does."""
        rest = intent["amount"] - intent["amount_received"]
        if rest:
            self.refunds.append(
                {
                    "id": f"re_{len(self.refunds) + 1}",
                    "object": "refund",
                    "amount": rest,
                    "currency": intent["currency"],
                    "payment_intent": intent["id"],
                    "metadata": {},
                    "status": "succeeded",
                }
            )

    def _cancel(self, form: dict[str, Any], id: str) -> Made:  # noqa: A002
        intent = self.intents[id]
        if intent["status"] in ("succeeded", "canceled"):
            return 400, _unexpected(intent)
        intent["status"] = "canceled"
        return 200, dict(intent)

    def _refund(self, form: dict[str, Any]) -> Made:
        intent, amount = self.intents[form["payment_intent"]], int(form["amount"])
        if any(d["payment_intent"] == intent["id"] and d["status"] == "needs_response"
               for d in self.disputes.values()):  # fmt: skip
            return 400, _error("invalid_request_error", "disputed", "charge_disputed")
        if intent["refunded"] + amount > intent["amount_received"]:
            return 400, _error("invalid_request_error", "too much", "charge_already_refunded")
        intent["refunded"] += amount
        refund = {
            "id": f"re_{len(self.refunds) + 1}",
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": form["metadata"],
            "status": self.refund_status,
        }
        self.refunds.append(refund)
        return 200, dict(refund)

    async def _refunds(self, request: web.Request) -> web.Response:
        self.calls.append("refunds")
        of = request.query["payment_intent"]
        if of not in self.intents:
            return _json(404, _error("invalid_request_error", "none", "resource_missing"))
        found = [refund for refund in reversed(self.refunds) if refund["payment_intent"] == of]
        found = found[: int(request.query.get("limit", "10"))]
        return _json(
            200, {"object": "list", "data": found, "has_more": False, "url": "/v1/refunds"}
        )

    def dispute(self, intent_id: str, amount: int | None = None) -> dict[str, Any]:
        """Let the bank dispute a charge."""
        intent = self.intents[intent_id]
        dispute = {
            "id": f"du_{len(self.disputes) + 1}",
            "object": "dispute",
            "amount": amount or intent["amount_received"],
            "currency": intent["currency"],
            "payment_intent": intent_id,
            "reason": "fraudulent",
            "status": "needs_response",
            "evidence": {},
        }
        self.disputes[dispute["id"]] = dispute
        return dispute

    def _evidence(self, form: dict[str, Any], id: str) -> Made:  # noqa: A002
        dispute = self.disputes[id]
        if dispute["status"] != "needs_response":
            return 400, _error("invalid_request_error", "closed", "dispute_closed")
        dispute["evidence"] = form["evidence"]
        if form.get("submit") == "true":
            dispute["status"] = "under_review"
        return 200, dict(dispute)

    async def _search(self, request: web.Request) -> web.Response:
        self.calls.append("search")
        if not self.searches:
            return _json(400, _error("invalid_request_error", "Search is not available"))
        match = re.fullmatch(r'metadata\["key"\]:"((?:[^"\\]|\\.)*)"', request.query["query"])
        assert match is not None, "not the language of searches"
        key = re.sub(r"\\(.)", r"\1", match[1]).lower()
        found = [
            intent
            for name, intent in reversed(self.intents.items())
            if name in self.indexed and intent["metadata"]["key"].lower() == key
        ]
        found = found[: int(request.query.get("limit", "10"))]
        page = {"object": "search_result", "data": found, "has_more": False, "url": request.path}
        return _json(200, page)

    async def _retrieve(self, request: web.Request) -> web.Response:
        self.calls.append("retrieve")
        intent = self.intents.get(request.match_info["id"])
        if intent is None:
            return _json(404, _error("invalid_request_error", "none", "resource_missing"))
        refunds = [one for one in self.refunds if one["payment_intent"] == intent["id"]]
        charge = {
            "id": f"ch_{intent['id']}",
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": intent["amount_received"],
            "amount_refunded": sum(one["amount"] for one in refunds),
        }
        if intent["status"] == "requires_confirmation":
            return _json(200, intent | {"latest_charge": None})
        expanded = "expand[0]" in request.query
        return _json(200, intent | {"latest_charge": charge if expanded else charge["id"]})


async def _broken(request: web.Request, *, begun: bool) -> web.StreamResponse:
    """Break the connection before the answer, or within it."""
    answer = web.StreamResponse(headers={"Content-Length": "100"})
    if begun:
        await answer.prepare(request)
        await answer.write(b"{")
    assert request.transport is not None
    request.transport.close()
    return answer


def told(kind: str, thing: dict[str, Any], event_id: str = "evt_stripe_1") -> bytes:
    """An event as Stripe tells it."""
    event = {
        "id": event_id,
        "object": "event",
        "type": kind,
        "created": 1_750_000_000,
        "data": {"object": thing},
    }
    return json.dumps(event).encode()


def signature(body: bytes, secret: str = SECRET, *, age_s: int = 0) -> str:
    """Sign as Stripe documents it."""
    at = int(time.time()) - age_s
    mac = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


def _unfolded(form: dict[str, Any]) -> dict[str, Any]:
    """`metadata[a]=1` as {"metadata": {"a": "1"}}."""
    found: dict[str, Any] = {}
    for name, value in form.items():
        match = re.fullmatch(r"(\w+)\[(\w+)\]", name)
        if match:
            found.setdefault(match[1], {})[match[2]] = value
        else:
            found[name] = value
    return found


def _error(kind: str, message: str, code: str | None = None, decline: str | None = None) -> Any:
    error = {"type": kind, "message": message, "code": code, "decline_code": decline}
    return {"error": {name: word for name, word in error.items() if word}}


def _unexpected(intent: dict[str, Any]) -> Any:
    error = _error("invalid_request_error", "not now", "payment_intent_unexpected_state")
    error["error"]["payment_intent"] = dict(intent)
    return error


def _json(status: int, body: dict[str, Any]) -> web.Response:
    return web.json_response(body, status=status)
