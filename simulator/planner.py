"""What each order is meant to meet: decided before it is sent, the same for the same seed."""

from random import Random
from typing import Final

from simulator.afterwards import LOST, TOTAL_MINOR_MAX, Afterwards, Dispute, Return, afterwards
from simulator.cards import DECLINED, FLAKY, GOOD, RETRIED, Card
from simulator.catalogue import Catalogue
from simulator.chance import base32, chance_of, one_of, ulid, uuid_of
from simulator.customers import Customer, customer
from simulator.places import CURRENCY
from simulator.plans import DISCOUNTS, LARGE_MINOR, REFUSALS, Cancel, Line, Plan, Risk, total_of
from simulator.settings import ShopSettings

_STRANGERS: Final = 10_000_000
"""Customers who come once and look suspicious are numbered from here."""
_STEP: Final = 389
"""Coprime to any sensible number of customers: spreads orders over all of them."""
_RUN_CHARS: Final = 6
_GRAVE: Final = 0.4
_GIFTS: Final = 0.1
_ALONE: Final = 0.25
"""The share of what may run out that is ordered with nothing else."""
_LINES: Final = (1, 1, 1, 2, 2, 3, 4)
_QUANTITIES: Final = (1, 1, 1, 1, 2, 2, 3)


class Planner:
    """Plans one run of a shop."""

    def __init__(self, settings: ShopSettings, catalogue: Catalogue, start_ms: int) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.start_ms = start_ms
        self.run = base32(chance_of(settings.seed, start_ms).getrandbits(30), _RUN_CHARS)

    def plan(self, number: int, due_ms: int) -> Plan:
        """The order of that number; the others do not matter to it."""
        mix = self.settings.mix
        chance = chance_of(self.settings.seed, self.start_ms, "order", number)
        order_id = f"ord_{ulid(self.start_ms + due_ms, chance)}"
        event_id = uuid_of(chance)
        refusal = one_of(chance, REFUSALS) if chance.random() < mix.invalid else None
        risk = self._risk(chance) if refusal is None else Risk.ORDINARY
        lines = self._lines(chance, risk)
        code = one_of(chance, tuple(DISCOUNTS)) if chance.random() < mix.discounted else None
        if risk is not Risk.ORDINARY:
            code = None
        total = total_of(lines, code)
        named = chance.random() >= mix.unnamed
        later = self._afterwards(number, total, code)
        # A dispute lowers its customer's standing, which must not trouble other orders.
        buyer = self._customer(number, risk, once=isinstance(later, Dispute))
        return Plan(
            number=number,
            due_ms=due_ms,
            order_id=order_id if named else None,
            event_id=event_id,
            customer=buyer,
            lines=lines,
            currency=CURRENCY[buyer.town.country],
            discount_code=code,
            total_minor=total,
            refusal=refusal,
            card=self._card(chance, later),
            risk=risk,
            verdict=self._verdict(chance),
            verdict_after_ms=chance.randint(
                self.settings.review_ms_min, self.settings.review_ms_max
            ),
            cancel=self._cancel(chance, buyer) if named else None,
            meddler=self._meddler(chance) if named else None,
            gift=risk is not Risk.ORDINARY
            or (buyer.is_regular and total < LARGE_MINOR and chance.random() < _GIFTS),
            afterwards=later,
            sent=self.settings.sent,
        )

    def _afterwards(self, number: int, total: int, code: str | None) -> Afterwards | None:
        """What happens afterwards; a discount is never taken back in parts."""
        chance = chance_of(self.settings.seed, self.start_ms, "afterwards", number)
        found = afterwards(chance, self.settings.mix)
        if total > TOTAL_MINOR_MAX or (code and isinstance(found, Return)):
            return None
        return found

    def _customer(self, number: int, risk: Risk, *, once: bool) -> Customer:
        """One who comes back a few times, or a stranger for what looks suspicious."""
        settings = self.settings
        who = _STRANGERS + number
        if risk is Risk.ORDINARY and not once:
            crowd, index = divmod(number, settings.customers * settings.visits_max)
            visit = index // settings.customers
            who = crowd * settings.customers + (index * _STEP + visit) % settings.customers
        return customer(settings.seed, self.run, who, self.start_ms)

    def _risk(self, chance: Random) -> Risk:
        mix, drawn = self.settings.mix, chance.random()
        if drawn < mix.stolen:
            return Risk.STOLEN
        if drawn < mix.stolen + mix.doubtful:
            return Risk.GRAVE if chance.random() < _GRAVE else Risk.DOUBTFUL
        return Risk.ORDINARY

    def _card(self, chance: Random, later: Afterwards | None) -> Card:
        if isinstance(later, Dispute) and later.lost:
            return LOST
        mix, drawn = self.settings.mix, chance.random()
        if drawn < mix.declined:
            return one_of(chance, DECLINED)
        if drawn < mix.declined + mix.retried:
            return one_of(chance, RETRIED)
        if drawn < mix.declined + mix.retried + mix.flaky:
            return one_of(chance, FLAKY)
        return one_of(chance, GOOD)

    def _lines(self, chance: Random, risk: Risk) -> tuple[Line, ...]:
        count = min(one_of(chance, _LINES), self.settings.lines_max)
        lines = [
            Line(product, one_of(chance, _QUANTITIES))
            for product in self.catalogue.any_ordinary(chance, count)
        ]
        if risk is Risk.GRAVE:
            dear = one_of(chance, self.catalogue.dear)
            return (Line(dear, -(-LARGE_MINOR // dear.price_minor)),)
        if risk is Risk.DOUBTFUL:
            cheapest = min(lines, key=lambda line: line.product.price_minor)
            return (Line(cheapest.product, 1),)
        if chance.random() < self.settings.mix.scarce:
            shelf = one_of(chance, (self.catalogue.waiting, self.catalogue.final))
            if shelf:
                scarce = Line(one_of(chance, shelf), one_of(chance, _QUANTITIES))
                lines = [scarce] if chance.random() < _ALONE else [*lines, scarce]
        return tuple(lines)

    def _verdict(self, chance: Random) -> str | None:
        drawn = chance.random()
        if drawn < self.settings.unreviewed:
            return None
        return "APPROVED" if chance.random() < self.settings.approved else "DECLINED"

    def _cancel(self, chance: Random, buyer: Customer) -> Cancel | None:
        settings = self.settings
        if chance.random() >= settings.mix.cancelled:
            return None
        by_shop = chance.random() < settings.cancel_by_shop
        user, reason = ("system", "OTHER") if by_shop else (buyer.customer_id, "changed my mind")
        return Cancel(user, reason, self._cancel_after(chance), uuid_of(chance))

    def _cancel_after(self, chance: Random) -> int:
        settings, drawn = self.settings, chance.random()
        if drawn < settings.cancel_before:
            return -1
        if drawn < settings.cancel_before + settings.cancel_at_once:
            return 0
        return chance.randint(1, settings.cancel_ms_max)

    def _meddler(self, chance: Random) -> Cancel | None:
        if chance.random() >= self.settings.mix.meddled:
            return None
        after_ms = chance.randint(0, self.settings.cancel_ms_max)
        return Cancel(f"cus_{self.run}_nobody", "mischief", after_ms, uuid_of(chance))
