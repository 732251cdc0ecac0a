"""Payments through Stripe: PaymentIntents, held first and captured later.

A charge is an intent, which moves no money, and its confirmation: a call each. Both carry the
charge's idempotency key, so whoever does not know what became of a charge makes the intent
"again", gets the one there is, and looks at it: nothing is confirmed that may have been. Stripe
forgets keys after a day, so what the key does not tell is searched for by the intent's metadata:
Stripe finds nothing of the last minutes there, and all that is older. A refund is looked for among
its charge's before it is made; captures and voids are known by the intent's state.

The intent's id is the charge's id everywhere else. A token is a PaymentMethod (`pm_...`). One that
was saved for a Stripe customer pays whenever it is asked to, another one only once: renewals, and
what an amendment adds, need a saved one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp
import stripe

from providers.payments import (
    Accepted,
    CaptureRequest,
    Charged,
    ChargeRequest,
    Code,
    Done,
    EvidenceRequest,
    OutcomeUnknown,
    RefundRequest,
    Refused,
    Taken,
    VoidRequest,
)
from providers.stripe_answers import failure_of, outcome_of, refund_outcome_of, refusal_of

NAME: Final = "stripe"
BOOKS_AT_ONCE_MAX: Final = 10
"""Charges looked up at the same time."""
INTENTS_LOOKED_AT_MAX: Final = 100
"""Intents of a key that are looked through; more than one only where Stripe forgot it."""
REFUNDS_LOOKED_AT_MAX: Final = 100
"""Newest refunds of a charge that are looked through; a payment keeps fewer."""
_NOT_HUNDREDTHS: Final = frozenset(
    {
        "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
        "XOF", "XPF", "BHD", "JOD", "KWD", "OMR", "TND",
    }
)  # fmt: skip
"""Currencies that Stripe counts in whole units or thousandths: ours are hundredths, so that a
hundred times as much would be taken, or a tenth."""


class StripeProvider:
    """Stripe behind the protocol of providers."""

    name = NAME

    def __init__(self, key: str, *, url: str | None = None, timeout_s: float = 30.0) -> None:
        """`url` names another server than Stripe's, for tests. `timeout_s` bounds one request."""
        self._http = stripe.AIOHTTPClient(timeout=timeout_s)
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": url} if url else None,
            http_client=self._http,
            max_network_retries=0,  # Lines retry, and know what may be repeated.
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]  # it says no type

    async def charge(self, request: ChargeRequest) -> Charged | Refused:
        """Hold the money, or take it at once."""
        if not request.token:
            return Refused(Code.INVALID_PAYMENT_METHOD, "No token: the customer pays anew.")
        if request.currency in _NOT_HUNDREDTHS:
            return Refused(Code.CURRENCY_NOT_SUPPORTED, "Its minor unit is no hundredth.")
        made = await self._intent(request)
        if isinstance(made, Refused):
            return made
        intents = self._client.v1.payment_intents
        options: Any = {"idempotency_key": f"{request.key}:confirm"}
        confirmed = await self._asked(intents.confirm_async(made.id, options=options), made.id)
        if isinstance(confirmed, Refused):
            return confirmed
        return outcome_of(confirmed) or Refused(Code.PROCESSING_ERROR, confirmed.status, made.id)

    async def find(self, request: ChargeRequest) -> Charged | Refused | None:
        """Tell what became of the charge with that key; None when it was never confirmed.

        That Stripe makes no intent now says nothing of one that it forgot: the card may be spent.
        """
        if request.currency in _NOT_HUNDREDTHS:
            return None
        told = await self._told_by_key(request) if request.token else None
        if isinstance(told, Charged) or (told is not None and told.charge_id):
            return told
        return await self._searched(request) or told

    async def _told_by_key(self, request: ChargeRequest) -> Charged | Refused | None:
        """What the intent of a key says, which is a new one once Stripe forgot the key."""
        made = await self._intent(request)
        if isinstance(made, Refused):
            return made
        intents = self._client.v1.payment_intents
        seen = await self._asked(intents.retrieve_async(made.id), made.id)
        return seen if isinstance(seen, Refused) else outcome_of(seen)

    async def _searched(self, request: ChargeRequest) -> Charged | Refused | None:
        """What became of the charge with that key, of intents that Stripe has indexed.

        Raises:
            OutcomeUnknown: Stripe does not search for this account, or does not know yet.
        """
        quoted = request.key.replace("\\", "\\\\").replace('"', '\\"')
        params: Any = {"query": f'metadata["key"]:"{quoted}"', "limit": INTENTS_LOOKED_AT_MAX}
        found = await self._asked(self._client.v1.payment_intents.search_async(params))
        if isinstance(found, Refused):
            raise OutcomeUnknown(f"{NAME}: no search for {request.key}: {found.message}")
        # Stripe compares without regard to case.
        names = _metadata(request).items()
        mine = [one for one in found.data if names <= one.to_dict()["metadata"].items()]
        return next((told for one in mine if (told := outcome_of(one)) is not None), None)

    async def capture(self, request: CaptureRequest) -> Done | Refused:
        """Take money that is held."""
        intents = self._client.v1.payment_intents
        params: Any = {"amount_to_capture": request.amount_minor}
        options: Any = {"idempotency_key": request.key}
        call = intents.capture_async(request.charge_id, params, options)
        taken = await self._asked(call, request.charge_id)
        return taken if isinstance(taken, Refused) else Done(request.amount_minor)

    async def void(self, request: VoidRequest) -> Done | Refused:
        """Let held money go."""
        intents = self._client.v1.payment_intents
        options: Any = {"idempotency_key": request.key}
        call = intents.cancel_async(request.charge_id, options=options)
        gone = await self._asked(call, request.charge_id, of_void=True)
        return gone if isinstance(gone, Refused) else Done()

    async def refund(self, request: RefundRequest) -> Done | Accepted | Refused:
        """Give back money that was taken, once an id. Stripe may have it on its way for days."""
        made = await self.find_refund(request)
        if made is not None:
            return made
        params: Any = {
            "payment_intent": request.charge_id,
            "amount": request.amount_minor,
            "metadata": {"refundId": request.refund_id},
        }
        options: Any = {"idempotency_key": request.key}
        call = self._client.v1.refunds.create_async(params, options)
        given = await self._asked(call, request.charge_id)
        if isinstance(given, Refused):
            return given
        return refund_outcome_of(given, request.charge_id)

    async def find_refund(self, request: RefundRequest) -> Done | Accepted | Refused | None:
        """Tell what became of the newest refund with that id."""
        params: Any = {"payment_intent": request.charge_id, "limit": REFUNDS_LOOKED_AT_MAX}
        seen = await self._asked(self._client.v1.refunds.list_async(params), request.charge_id)
        if isinstance(seen, Refused):
            return seen
        for refund in seen.data:
            if (refund.to_dict().get("metadata") or {}).get("refundId") == request.refund_id:
                return refund_outcome_of(refund, request.charge_id)
        return None

    async def submit_evidence(self, request: EvidenceRequest) -> Taken | Refused:
        """Put evidence before the bank. How it decides is told by a webhook."""
        evidence = {
            "shipping_carrier": request.carrier,
            "shipping_tracking_number": request.tracking_number,
            "uncategorized_text": _proof(request),
        }
        params: Any = {"evidence": evidence, "submit": True}
        options: Any = {"idempotency_key": request.key}
        call = self._client.v1.disputes.update_async(request.chargeback_id, params, options)
        taken = await self._asked(call, request.charge_id)
        return taken if isinstance(taken, Refused) else Taken()

    async def books(self, charge_ids: Sequence[str]) -> Mapping[str, tuple[int, int]] | None:
        """What was captured and what went back, of charges that Stripe knows."""
        places = asyncio.Semaphore(BOOKS_AT_ONCE_MAX)

        async def look(charge_id: str) -> tuple[str, tuple[int, int] | None]:
            async with places:
                return charge_id, await self._booked(charge_id)

        found = await asyncio.gather(*[look(charge_id) for charge_id in charge_ids])
        return {charge_id: sums for charge_id, sums in found if sums is not None}

    async def payment_of(self, intent_id: str) -> str | None:
        """The payment that an intent is for: webhooks about its disputes do not say.

        Raises:
            ProviderError: Stripe does not answer.
        """
        seen = await self._asked(self._client.v1.payment_intents.retrieve_async(intent_id))
        if isinstance(seen, Refused):
            return None
        metadata: dict[str, str] = seen.to_dict().get("metadata") or {}
        return metadata.get("paymentId")

    async def is_let_go(self, intent_id: str, refund_id: str) -> bool:
        """Whether a refund is what a capture of less let go: nobody had that money.

        Stripe makes it with the capture, so that none is before it.

        Raises:
            ProviderError: Stripe does not answer.
        """
        seen = await self._asked(self._client.v1.payment_intents.retrieve_async(intent_id))
        params: Any = {"payment_intent": intent_id, "limit": REFUNDS_LOOKED_AT_MAX}
        made = await self._asked(self._client.v1.refunds.list_async(params))
        if isinstance(seen, Refused) or isinstance(made, Refused) or not made.data:
            return False
        first, let_go = made.data[-1], seen.amount - seen.amount_received
        return (first.id, first.amount) == (refund_id, let_go)

    async def _booked(self, charge_id: str) -> tuple[int, int] | None:
        """What a charge took and gave back: what a capture of less let go is neither.

        Stripe counts that among what was refunded.
        """
        params: Any = {"expand": ["latest_charge"]}
        call = self._client.v1.payment_intents.retrieve_async(charge_id, params)
        seen = await self._asked(call)
        if isinstance(seen, Refused):
            return None
        charge: Any = seen.latest_charge
        if charge is None:
            return 0, 0
        let_go = charge.amount - charge.amount_captured
        return charge.amount_captured, max(0, charge.amount_refunded - let_go)

    async def _intent(self, request: ChargeRequest) -> Any:
        """The intent of a key, made if there is none; it moves no money."""
        owner = await self._owner(request.token or "")
        params: Any = {
            "amount": request.amount_minor,
            "currency": request.currency.lower(),
            "payment_method": request.token,
            "payment_method_types": ["card"],
            "capture_method": "automatic" if request.capture else "manual",
            "metadata": _metadata(request),
            "customer": owner,
        }
        options: Any = {"idempotency_key": request.key}
        return await self._asked(self._client.v1.payment_intents.create_async(params, options))

    async def _owner(self, token: str) -> str | None:
        """The customer whom a card was saved for: Stripe takes it with their name alone."""
        seen = await self._asked(self._client.v1.payment_methods.retrieve_async(token))
        if isinstance(seen, Refused):
            return None  # There is none of that name: the charge says so.
        owner: str | None = seen.to_dict().get("customer")
        return owner

    async def _asked(self, call: Any, charge_id: str = "", *, of_void: bool = False) -> Any:
        """Make one call: what Stripe answers, or its certain refusal.

        Raises:
            ProviderUnreachable: nothing happened.
            OutcomeUnknown: it may have happened.
        """
        try:
            return await call
        except stripe.StripeError as error:
            refused = refusal_of(error, charge_id, of_void=of_void)
            if refused is None:
                raise failure_of(error) from error
            return refused
        except (aiohttp.ClientError, OSError, ValueError) as error:  # A body that was cut off.
            raise OutcomeUnknown(f"{NAME}: {type(error).__name__}") from error


def _metadata(request: ChargeRequest) -> dict[str, str]:
    """What an intent is known by, as long as Stripe has it."""
    return {"paymentId": request.payment_id, "key": request.key}


def _proof(request: EvidenceRequest) -> str:
    """The proof of delivery in words."""
    at = request.delivered_at
    words = [
        f"Order {request.order_id or request.charge_id} was delivered"
        + (f" at {at:%Y-%m-%d %H:%M} UTC." if at else "."),
        f"Signed by {request.signed_by}." if request.signed_by else "",
        f"Photo: {request.proof_url}" if request.proof_url else "",
    ]
    return " ".join(filter(None, words))
