"""A payment provider that is a function: the token and the attempt decide what happens.

It keeps nothing (unless a ledger is asked for), so it answers a repeat as it answered the
first call, on any worker and after any crash: charge ids and outcomes derive from the
idempotency key, which ends in the attempt: `pay_x:2`, or `sub_x_2025_02_2` for a renewal of
February that is tried a second time.

| token | what happens |
|---|---|
| `tok_declined`, `tok_insufficient`, `tok_expired`, `tok_lost`, `tok_stolen`, `tok_fraudulent`, `tok_auth_required`, `tok_invalid`, `tok_rate_limited` | every attempt is refused |
| `tok_declined_once`, `tok_insufficient_once`, `tok_insufficient_twice`, `tok_auth_once` | the first (two) attempts are refused, the next goes through |
| `tok_network`, `tok_network_once` | the call does not reach the provider; it can be asked, and saw nothing |
| `tok_unknown`, `tok_unknown_declined` | the call is cut off; asked, the provider tells that it went through, was refused |
| `tok_lost_call` | the call is cut off; asked, the provider never saw it |
| `tok_silent` | the call is cut off, and the provider cannot be asked |
| `tok_capture_expired` | authorised; the capture is refused |
| `tok_refund_refused` | all goes well but the refund, which is refused |
| `tok_refund_pending`, `tok_refund_fails` | all goes well but the refund, which is on its way until somebody asks how it went: it went through, it failed |
| `tok_dispute_lost` | all goes well, but the bank decides a dispute for the customer; else for the shop |
| `tok_misbooked` | all goes well, but the settlement report has 1.00 less than was captured |
| a card number | refused: tokens only |
| any other, or none | goes through, but for the decline rate |
"""  # noqa: E501 - a table's row is one line

import asyncio
import hashlib
import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from providers.ledger import Ledger, LedgerEntry
from providers.payments import (
    Accepted,
    CaptureRequest,
    Charged,
    ChargeRequest,
    Code,
    Done,
    EvidenceRequest,
    OutcomeUnknown,
    ProviderUnreachable,
    RefundRequest,
    Refused,
    Taken,
    VoidRequest,
)

Sleep = Callable[[float], Awaitable[object]]

LATENCY_TIMES_MAX: Final = 5
"""The slowest call takes this many times the mean."""
CARD_DIGITS_MIN: Final = 12
_ALWAYS: Final = 1_000_000
_ATTEMPT: Final = re.compile(r":(\d+)$|^(\d+)$|_\d{4}_\d\d(?:_\d\d)?_([1-9])$")
"""Behind the last colon; or, of a renewal, behind its period. Days have two digits."""


@dataclass(frozen=True, slots=True)
class _Script:
    """What happens to the charges of one token."""

    refusal: Code | None = None
    attempts: int = _ALWAYS
    """The refusal or the fault holds for this many attempts."""
    unreachable: bool = False
    cut_off: bool = False
    seen: bool = True
    """False: a call that was cut off never arrived."""
    silent: bool = False
    flag: str = ""
    """Carried in the charge id, so that later calls know it."""


_FINE: Final = _Script()
_CAPTURE_EXPIRED: Final = "_cx"
_REFUND_REFUSED: Final = "_rx"
_REFUND_PENDING: Final = "_px"
_REFUND_FAILS: Final = "_fx"
_DISPUTE_LOST: Final = "_dx"
_MISBOOKED: Final = "_bx"
MISBOOKED_MINOR: Final = 100
"""What the report has too little of a misbooked charge."""

SCRIPTS: Final[Mapping[str, _Script]] = {
    "tok_declined": _Script(Code.CARD_DECLINED),
    "tok_declined_once": _Script(Code.CARD_DECLINED, attempts=1),
    "tok_insufficient": _Script(Code.INSUFFICIENT_FUNDS),
    "tok_insufficient_once": _Script(Code.INSUFFICIENT_FUNDS, attempts=1),
    "tok_insufficient_twice": _Script(Code.INSUFFICIENT_FUNDS, attempts=2),
    "tok_expired": _Script(Code.EXPIRED_CARD),
    "tok_lost": _Script(Code.LOST_CARD),
    "tok_stolen": _Script(Code.STOLEN_CARD),
    "tok_fraudulent": _Script(Code.FRAUDULENT),
    "tok_auth_required": _Script(Code.AUTHENTICATION_REQUIRED),
    "tok_auth_once": _Script(Code.AUTHENTICATION_REQUIRED, attempts=1),
    "tok_invalid": _Script(Code.INVALID_NUMBER),
    "tok_rate_limited": _Script(Code.RATE_LIMITED),
    "tok_network": _Script(unreachable=True),
    "tok_network_once": _Script(unreachable=True, attempts=1),
    "tok_unknown": _Script(cut_off=True),
    "tok_unknown_declined": _Script(Code.CARD_DECLINED, cut_off=True),
    "tok_lost_call": _Script(cut_off=True, seen=False),
    "tok_silent": _Script(cut_off=True, silent=True),
    "tok_capture_expired": _Script(flag=_CAPTURE_EXPIRED),
    "tok_refund_refused": _Script(flag=_REFUND_REFUSED),
    "tok_refund_pending": _Script(flag=_REFUND_PENDING),
    "tok_refund_fails": _Script(flag=_REFUND_FAILS),
    "tok_misbooked": _Script(flag=_MISBOOKED),
    "tok_dispute_lost": _Script(flag=_DISPUTE_LOST),
}
"""Tokens by name; `flowmart` customers of the simulator carry them."""

_DECLINES: Final = (Code.CARD_DECLINED, Code.INSUFFICIENT_FUNDS, Code.EXPIRED_CARD)
"""What the decline rate declines with."""


class SimulatedProvider:
    """A provider without a network. See the table of tokens above."""

    def __init__(
        self,
        name: str = "simulated",
        *,
        latency_ms: int = 0,
        decline_rate: float = 0.0,
        seed: str = "",
        ledger_charges_max: int = 0,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`latency_ms` is the mean of a call; 0 answers at once, without giving way.

        `decline_rate` (0 to 1) is the share of charges with an unscripted token that are
        declined; `seed` chooses which. `ledger_charges_max` above 0 keeps books of so many.
        """
        self.name = name
        self._latency_ms = latency_ms
        self._decline_rate = decline_rate
        self._seed = seed
        self._sleep = sleep
        self._books = Ledger(ledger_charges_max) if ledger_charges_max else None
        self.outage = False
        """True: no call reaches the provider."""

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """The books, oldest charge first; empty when none are kept."""
        return () if self._books is None else self._books.entries()

    async def charge(self, request: ChargeRequest) -> Charged | Refused:
        """Hold the money, or take it at once."""
        await self._reach(f"charge {request.key}")
        script = _script(request)
        if script.unreachable:
            raise ProviderUnreachable(f"{self.name}: connection refused")
        if script.cut_off:
            if script.seen:
                self._settle(request, script)
            raise OutcomeUnknown(f"{self.name}: no answer")
        return self._settle(request, script)

    async def find(self, request: ChargeRequest) -> Charged | Refused | None:
        """Tell what became of the charge with that key."""
        await self._reach(f"find {request.key}")
        script = _script(request)
        if script.silent:
            raise OutcomeUnknown(f"{self.name}: no answer")
        if script.unreachable or not script.seen:
            return None
        if script.cut_off or self._is_booked(request, script):
            return self._settle(request, script)
        return None

    async def capture(self, request: CaptureRequest) -> Done | Refused:
        """Take money that is held."""
        await self._reach(f"capture {request.key}")
        if request.charge_id.endswith(_CAPTURE_EXPIRED):
            return Refused(Code.CHARGE_EXPIRED, "The authorisation has expired.")
        if self._books is None:
            return Done(request.amount_minor)
        return self._books.capture(request.charge_id, request.key, request.amount_minor)

    async def void(self, request: VoidRequest) -> Done | Refused:
        """Let held money go."""
        await self._reach(f"void {request.key}")
        if self._books is None:
            return Done()
        return self._books.void(request.charge_id, request.key)

    async def refund(self, request: RefundRequest) -> Done | Accepted | Refused:
        """Give back money that was taken."""
        await self._reach(f"refund {request.key}")
        if request.charge_id.endswith((_REFUND_PENDING, _REFUND_FAILS)):
            return Accepted()
        return self._give_back(request)

    async def find_refund(self, request: RefundRequest) -> Done | Accepted | Refused | None:
        """Tell how a refund went; one that was on its way has ended by now."""
        await self._reach(f"find refund {request.key}")
        return self._give_back(request)

    def _give_back(self, request: RefundRequest) -> Done | Refused:
        if request.charge_id.endswith((_REFUND_REFUSED, _REFUND_FAILS)):
            return Refused(Code.REFUND_REFUSED, "The refund was refused.")
        if self._books is None:
            return Done(request.amount_minor)
        return self._books.refund(request.charge_id, request.key, request.amount_minor)

    async def submit_evidence(self, request: EvidenceRequest) -> Taken | Refused:
        """Let the bank decide at once."""
        await self._reach(f"evidence {request.key}")
        return Taken("lost" if request.charge_id.endswith(_DISPUTE_LOST) else "won")

    async def books(self, charge_ids: Sequence[str]) -> Mapping[str, tuple[int, int]] | None:
        """What the ledger says; without one the settlement report is kept elsewhere."""
        await self._reach(f"books {len(charge_ids)}")
        if self._books is None:
            return None
        known = self._books.entries()
        return {
            e.charge_id: printed(e.charge_id, e.captured_minor, e.refunded_minor) for e in known
        }

    async def _reach(self, call: str) -> None:
        if self.outage:
            raise ProviderUnreachable(f"{self.name}: outage")
        if self._latency_ms:
            share = _share(self._seed, call)
            times = min(LATENCY_TIMES_MAX, 0.5 - 0.5 * math.log(1 - share))
            await self._sleep(self._latency_ms * times / 1000)

    def _settle(self, request: ChargeRequest, script: _Script) -> Charged | Refused:
        """What the charge came to: the same for the same key."""
        charge_id = charge_id_of(self.name, request.key) + script.flag
        code = script.refusal or self._declined(request, script)
        if code is not None:
            return Refused(code, f"The charge was refused: {code}.", charge_id)
        if self._books is not None:
            entry = LedgerEntry(
                charge_id, request.payment_id, request.currency, request.amount_minor
            )
            self._books.charge(entry, capture=request.capture)
        return Charged(charge_id, request.amount_minor)

    def _declined(self, request: ChargeRequest, script: _Script) -> Code | None:
        if script is not _FINE or not self._decline_rate:
            return None
        share = _share(self._seed, f"decline {request.key}")
        if share >= self._decline_rate:
            return None
        return _DECLINES[int(share / self._decline_rate * len(_DECLINES))]

    def _is_booked(self, request: ChargeRequest, script: _Script) -> bool:
        charge_id = charge_id_of(self.name, request.key) + script.flag
        return self._books is not None and self._books.knows(charge_id)


def charge_id_of(provider: str, key: str) -> str:
    """The id of the charge that a key makes."""
    return f"ch_{hashlib.sha256(f'{provider} {key}'.encode()).hexdigest()[:24]}"


def printed(charge_id: str, captured_minor: int, refunded_minor: int) -> tuple[int, int]:
    """What the settlement report says of a charge: the truth, unless its token will not have it."""
    wrong = MISBOOKED_MINOR if charge_id.endswith(_MISBOOKED) else 0
    return max(0, captured_minor - wrong), refunded_minor


def attempt_of(key: str) -> int:
    """The attempt that an idempotency key belongs to: 1 where it does not say."""
    found = _ATTEMPT.search(key)
    return 1 if found is None else int(found[found.lastindex or 0])


def _script(request: ChargeRequest) -> _Script:
    token = request.token or ""
    if token.isdigit() and len(token) >= CARD_DIGITS_MIN:
        return _Script(Code.INVALID_PAYMENT_METHOD)
    script = SCRIPTS.get(token, _FINE)
    return script if attempt_of(request.key) <= script.attempts else _FINE


def _share(seed: str, what: str) -> float:
    """A number in [0, 1) that follows from its arguments."""
    digest = hashlib.blake2b(f"{seed} {what}".encode(), digest_size=7).digest()
    return int.from_bytes(digest) / 2**56
