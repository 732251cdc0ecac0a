"""Who buys. All of a customer follows from the shop's seed and the customer's number."""

from dataclasses import dataclass
from typing import Final

from simulator.chance import chance_of, one_of
from simulator.places import STREETS, TOWNS, Town

_FIRST: Final = ("Ada", "Ben", "Chloé", "Dev", "Elif", "Finn", "Grace", "Hugo", "Ines", "Jonas")
_LAST: Final = ("Abara", "Becker", "Costa", "Dubois", "Evans", "Fischer", "García", "Haas", "Ito")
_DAY_MS: Final = 24 * 60 * 60 * 1000
_AGE_DAYS: Final = (30, 2_000)
_ORDERS_FEW: Final = 3
_ORDERS_MANY: Final = 10
_ORDERS_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer, with the personal data, device and network of theirs."""

    customer_id: str
    name: str
    email: str
    phone: str
    street: str
    town: Town
    created_at_ms: int
    """When the account was opened: 30 days before the shop's start, or longer ago."""
    previous_orders: int
    """Orders the shop remembers from before: at least 3."""
    device_id: str
    ip_address: str
    card_fingerprint: str
    card_last_four: str

    @property
    def is_regular(self) -> bool:
        """So many orders that nothing a regular does looks suspicious."""
        return self.previous_orders >= _ORDERS_MANY


def customer(seed: int, run: str, number: int, start_ms: int) -> Customer:
    """One customer of a run."""
    chance = chance_of(seed, "customer", number)
    first, last = one_of(chance, _FIRST), one_of(chance, _LAST)
    octets = [chance.randint(1, 254) for _ in range(2)]
    return Customer(
        customer_id=f"cus_{run}_{number:06d}",
        name=f"{first} {last}",
        email=f"{first}.{last}.{number}@example.com".lower(),
        phone=f"+1555{chance.randint(1_000_000, 9_999_999)}",
        street=f"{chance.randint(1, 180)} {one_of(chance, STREETS)}",
        town=one_of(chance, TOWNS),
        created_at_ms=start_ms - chance.randint(*_AGE_DAYS) * _DAY_MS,
        previous_orders=chance.randint(_ORDERS_FEW, _ORDERS_MAX),
        device_id=f"dev_{run}_{number:06d}",
        ip_address=f"198.51.{octets[0]}.{octets[1]}",
        card_fingerprint=f"fp_{chance.getrandbits(64):016x}",
        card_last_four=f"{chance.randint(0, 9999):04d}",
    )
