"""What the shop sells, and what lies in its warehouses at the start."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

from simulator.chance import chance_of, one_of
from simulator.places import WAREHOUSES
from simulator.settings import ShopSettings

_ADJECTIVES: Final = ("Wireless", "Organic", "Compact", "Classic", "Ultra", "Smart", "Vintage")
_THINGS: Final = (
    "Mouse",
    "Kettle",
    "Lamp",
    "Backpack",
    "Keyboard",
    "Notebook",
    "Headphones",
    "Mug",
    "Desk",
    "Blender",
    "Scarf",
    "Speaker",
)
_DEAR: Final = 0.1
_DEAR_MINOR: Final = (20_000, 90_000)
_CHEAP_MINOR: Final = (399, 15_000)
_SKEW: Final = 0.7
"""The n-th product sells 1 / n^skew as often as the first."""


class Product(NamedTuple):
    """One product at its list price, the same figure in every currency."""

    product_id: str
    name: str
    price_minor: int


class Delivery(NamedTuple):
    """Units that arrive in a warehouse."""

    product_id: str
    warehouse_id: str
    units: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything on sale. `waiting` runs out and is restocked, `final` runs out and is not."""

    ordinary: tuple[Product, ...]
    waiting: tuple[Product, ...]
    final: tuple[Product, ...]
    dear: tuple[Product, ...]
    """The ordinary ones at 200.00 or more; never empty."""
    opening: tuple[Delivery, ...]
    weights: tuple[float, ...]

    def any_ordinary(self, chance: Random, count: int) -> list[Product]:
        """Different products, popular ones more often; at most `count`."""
        chosen = chance.choices(self.ordinary, cum_weights=self.weights, k=count)
        return list(dict.fromkeys(chosen))


def catalogue_of(settings: ShopSettings) -> Catalogue:
    """The shop's catalogue and opening stock."""
    chance = chance_of(settings.seed, "catalogue")
    ordinary = tuple(_products(chance, "prd", settings.products))
    waiting = tuple(_products(chance, "prd_rare", settings.scarce_products))
    final = tuple(_products(chance, "prd_last", settings.scarce_products))
    opening = [
        *(each for product in ordinary for each in _spread(chance, product, settings)),
        *(
            Delivery(product.product_id, one_of(chance, WAREHOUSES), settings.scarce_stock)
            for product in (*waiting, *final)
        ),
    ]
    weights = accumulate(1 / (rank + 1) ** _SKEW for rank in range(settings.products))
    dear = tuple(each for each in ordinary if each.price_minor >= _DEAR_MINOR[0])
    return Catalogue(ordinary, waiting, final, dear, tuple(opening), tuple(weights))


def final_products(settings: ShopSettings) -> list[str]:
    """Ids of the products whose orders must not wait: Inventory's settings have to name them."""
    return [f"prd_last_{number:04d}" for number in range(1, settings.scarce_products + 1)]


def _products(chance: Random, prefix: str, count: int) -> Iterator[Product]:
    for number in range(1, count + 1):
        name = f"{one_of(chance, _ADJECTIVES)} {one_of(chance, _THINGS)} {number}"
        dear = number == 1 or chance.random() < _DEAR
        low, high = _DEAR_MINOR if dear else _CHEAP_MINOR
        yield Product(f"{prefix}_{number:04d}", name, chance.randint(low, high))


def _spread(chance: Random, product: Product, settings: ShopSettings) -> Iterator[Delivery]:
    """Put a product into two to all warehouses."""
    houses = chance.sample(WAREHOUSES, chance.randint(2, len(WAREHOUSES)))
    for house in sorted(houses):
        units = chance.randint(settings.stock_min, settings.stock_max)
        yield Delivery(product.product_id, house, units)
