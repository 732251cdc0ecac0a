"""How a provider is called: within a time, a few times, and never blindly twice.

A `Line` leads to one provider and knows its health.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from providers.health import Clock, Health, HealthRules
from providers.payments import (
    Charged,
    ChargeRequest,
    Code,
    OutcomeUnknown,
    PaymentProvider,
    ProviderError,
    ProviderUnreachable,
    Refused,
)

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class CallRules:
    """Bounds of calls. Times are milliseconds."""

    tries_max: int = 3
    backoff_ms: int = 1_000
    call_ms: int = 5_000
    health: HealthRules = field(default_factory=HealthRules)

    @property
    def charge_ms_max(self) -> int:
        """The longest that a charge with everything around it can take, at one provider."""
        return self.tries_max * (3 * self.call_ms + 2 * self.backoff_ms)


class ProviderDown(ProviderUnreachable):
    """The provider counts as down, so it was not called.

    Operator: look at its status page; a probe finds out by itself when it is back.
    """


class Line:
    """Calls one provider."""

    def __init__(
        self, provider: PaymentProvider, rules: CallRules, clock: Clock, sleep: Sleep
    ) -> None:
        self.provider = provider
        self._rules = rules
        self._health = Health(provider.name, rules.health)
        self._clock = clock
        self._sleep = sleep

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.provider.name

    def takes_calls(self) -> bool:
        """Whether the provider is up, or a probe is due."""
        return self._health.takes_calls(self._clock())

    async def once(self, make: Callable[[], Awaitable[T]]) -> T:
        """Make one call.

        Raises:
            ProviderUnreachable: nothing happened.
            OutcomeUnknown: it took too long, or was cut off.
        """
        if not self._health.allows(self._clock()):
            raise ProviderDown(f"{self.name} counts as down")
        try:
            async with asyncio.timeout(self._rules.call_ms / 1000):
                answer = await make()
        except TimeoutError:
            late = OutcomeUnknown(f"{self.name}: no answer in {self._rules.call_ms} ms")
            self._health.failed(self._clock(), late)
            raise late from None
        except ProviderError as error:
            self._health.failed(self._clock(), error)
            raise
        self._health.answered(self._clock())
        return answer

    async def call(self, make: Callable[[], Awaitable[T]]) -> T:
        """Make a call that is harmless to repeat, a few times if need be.

        Raises:
            ProviderError: of the last try; at once when the provider counts as down.
        """
        for _ in range(self._rules.tries_max - 1):
            try:
                return await self.once(make)
            except ProviderDown:
                raise
            except ProviderError:
                await self._sleep(self._rules.backoff_ms / 1000)
        return await self.once(make)

    async def charge(self, request: ChargeRequest) -> Charged | Refused:
        """Charge; whenever a call fails, ask what became of it before another is made (G-19).

        The refusal `network_error` is certain: the provider says that it never saw the charge.

        Raises:
            OutcomeUnknown: the charge may have gone through, and the provider does not say.
        """
        unsure = False
        for number in range(self._rules.tries_max):
            if number:
                await self._sleep(self._rules.backoff_ms / 1000)
            try:
                if not unsure:
                    return await self.once(lambda: self.provider.charge(request))
            except ProviderError:
                unsure = True
            try:
                found = await self.once(lambda: self.provider.find(request))
            except ProviderError:
                continue
            if found is not None:
                return found
            unsure = False
        if unsure:
            raise OutcomeUnknown(f"{self.name}: charge {request.key} may have gone through")
        return Refused(Code.NETWORK_ERROR, f"{self.name} could not be reached.")

    async def find(self, request: ChargeRequest) -> Charged | Refused | None:
        """Ask what became of a charge; None when the provider never saw it.

        Raises:
            ProviderError: it does not say.
        """
        return await self.call(lambda: self.provider.find(request))
