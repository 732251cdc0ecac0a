"""What lies outside the shop: providers, carriers and channels that fail by seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import iscoroutinefunction
from random import Random
from typing import Any, Final

from agents.carriers import CarrierCallRules, carriers_effect
from agents.gateway import gateway_effect
from agents.sender import sender_effect
from agents.writing import Writing
from engine.specs import EffectSpec
from events.errors import FlowMartError
from providers.carriers import CarrierError, CarrierScan, Whereabouts
from providers.health import HealthRules
from providers.ledger import LedgerEntry
from providers.notifications import ChannelError, Code, Outgoing, Refusal, Taken
from providers.payments import OutcomeUnknown, ProviderUnreachable
from providers.simulated import SimulatedProvider
from providers.simulated_carriers import CarrierTimes, simulated_carriers
from providers.templates import Templates
from settings import Settings
from streams.notifications.rules import EMAIL, PUSH, SMS

_FOR_EVER_MS: Final = 400 * 24 * 60 * 60_000
_REFUSED: Final = 0.02
_CODES: Final = {
    EMAIL: (Code.HARD_BOUNCE, Code.SOFT_BOUNCE, Code.SOFT_BOUNCE, Code.COMPLAINT),
    SMS: (Code.NUMBER_DISABLED, Code.REFUSED),
    PUSH: (Code.DEAD_TOKEN, Code.REFUSED),
}
CHARGES_MAX: Final = 10_000
STORMS_EVERY: Final = 7
"""In one life of so many every third call fails, so that all tries of one may."""
_LOST_IN_STORMS: Final = 0.15
_TEMPLATES: Final = Templates()
"""Compiled once for all lives."""


@dataclass(slots=True)
class Weather:
    """How often calls fail, and how."""

    chance: Random
    unreachable: float = 0.0
    """The share of calls that never arrive."""
    cut_off: float = 0.0
    """The share of calls that arrive and are not answered."""
    outage: bool = False
    """No call arrives."""

    def calm(self) -> None:
        """Have every call answered from now on."""
        self.unreachable = self.cut_off = 0.0
        self.outage = False


class Flaky:
    """Something that is called, and does not always answer."""

    def __init__(
        self,
        inner: Any,
        weather: Weather,
        errors: tuple[type[FlowMartError], type[FlowMartError]],
    ) -> None:
        self._inner = inner
        self._weather = weather
        self._unreachable, self._cut_off = errors

    def __getattr__(self, name: str) -> Any:
        """What it has; calls go through the weather."""
        found = getattr(self._inner, name)
        return partial(self._call, found) if iscoroutinefunction(found) else found

    async def _call(self, make: Callable[..., Any], *given: Any) -> Any:
        weather = self._weather
        fate = weather.chance.random()
        if weather.outage or fate < weather.unreachable:
            raise self._unreachable("nobody answers")
        answer = await make(*given)
        if fate > 1 - weather.cut_off:
            raise self._cut_off("the answer got lost")
        return answer


class Postbox:
    """A channel that keeps what it was handed."""

    calls_max = 100
    is_outside = False
    """Its limit a second is not kept: the clock stands still while it is called."""

    def __init__(self, name: str, chance: Random) -> None:
        self.name = name
        self._chance = chance
        self.sent: dict[str, list[Outgoing]] = {}
        """By key."""

    async def send(self, message: Outgoing) -> Taken | Refusal:
        """Take a message, but for a few addresses that do not work, and devices that are gone."""
        if self._chance.random() < _REFUSED:
            return Refusal(self._chance.choice(_CODES[self.name]), "no", message.to)
        self.sent.setdefault(message.key, []).append(message)
        return Taken(message.key)

    async def close(self) -> None:
        """Nothing to let go of."""


class Outside:
    """Everything that is called, with the effects that call it."""

    def __init__(self, settings: Settings, seed: int, clock: Callable[[], int]) -> None:
        chance = Random(f"outside {seed}")
        rough = chance.random()
        lost = _LOST_IN_STORMS if seed % STORMS_EVERY == 1 else 0.05 * rough
        self.bank = SimulatedProvider(
            ledger_charges_max=CHARGES_MAX,
            decline_rate=chance.choice((0.0, 0.0, 0.1, 0.3)),
            seed=str(seed),
        )
        self.weather = Weather(chance, lost, lost)
        self.boxes = {channel: Postbox(channel, chance) for channel in (EMAIL, SMS, PUSH)}
        self._clock = clock
        self._settings = settings
        self._times = CarrierTimes(unavailable_share=chance.choice((0.0, 0.2)))

    def calm(self) -> None:
        """Have every call answered, and no card declined but those that ask for it."""
        self.weather.calm()
        self.bank = SimulatedProvider(ledger_charges_max=CHARGES_MAX)
        self._times = CarrierTimes()

    def books(self) -> tuple[LedgerEntry, ...]:
        """The provider's ledger."""
        return self.bank.ledger()

    def effects(self, partitions: int) -> tuple[EffectSpec, ...]:
        """The application's effects over this outside."""
        payments = self._settings.scaled(self._settings.payments)
        bank: Any = Flaky(self.bank, self.weather, (ProviderUnreachable, OutcomeUnknown))
        writing = Writing(self._settings.notifications, _TEMPLATES)
        return (
            gateway_effect(
                {"simulated": bank},
                payments,
                clock=self._clock,
                ticks=self._clock,
                sleep=_no_wait,
            ),
            carriers_effect(
                self._carriers(), CarrierCallRules(health=HealthRules()), clock=self._clock
            ),
            *(
                sender_effect(
                    channel,
                    messenger,
                    self._settings.notifications,
                    partitions=partitions,
                    writing=writing,
                    clock=self._clock,
                    ticks=self._clock,
                    sleep=_no_wait,
                )
                for channel, messenger in self._messengers().items()
            ),
        )

    def story(self, carrier: str, tracking_number: str, booked_at_ms: int) -> Sequence[CarrierScan]:
        """Everything that will happen to a parcel, oldest first."""
        asked = Whereabouts(
            tracking_number, "US", "Town", booked_at_ms, booked_at_ms + _FOR_EVER_MS
        )
        answer = simulated_carriers(self._times)[carrier].track(asked)
        try:
            answer.send(None)
        except StopIteration as told:
            scans: Sequence[CarrierScan] = told.value
            return scans
        raise RuntimeError("a simulated carrier that takes no time waits")

    def _carriers(self) -> Mapping[str, Any]:
        return {
            name: Flaky(carrier, self.weather, (CarrierError, CarrierError))
            for name, carrier in simulated_carriers(self._times).items()
        }

    def _messengers(self) -> Mapping[str, Any]:
        return {
            channel: Flaky(box, self.weather, (ChannelError, ChannelError))
            for channel, box in self.boxes.items()
        }


async def _no_wait(_: float) -> None:
    """The clock stands still while calls are under way."""
