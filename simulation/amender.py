"""Who changes what they ordered."""

from dataclasses import dataclass
from typing import Any

from events.order_parts import Amendment
from events.orders import AmendOrder
from events.types import OrderItem
from simulation.people import Post
from simulation.shopping import PRODUCTS, Shopping, price_of, sometime


@dataclass(slots=True)
class Amender:
    """A shopper who wants more, less, something else, or has it sent elsewhere."""

    post: Post

    def amend(self, order: Shopping) -> None:
        """Once or several times, mostly with reason, at times as somebody else or too late."""
        for _ in range(self.post.chance.choice((1, 1, 2, 6))):
            fields = self._moving(order) if self.post.may(0.2) else self._changing(order)
            by = "usr_stranger" if self.post.may(0.05) else order.user_id
            seen = 1 if self.post.may(0.1) else None
            command = AmendOrder(
                order_id=order.order_id, user_id=by, expected_version=seen, **fields
            )
            self.post.put(command, sometime(self.post))

    def _moving(self, order: Shopping) -> dict[str, Any]:
        changed = {"country": "JP"} if self.post.may(0.1) else {"line1": "2 Side Street"}
        address = order.address.model_copy(update=changed)
        return {"amendment_type": "ADDRESS_CHANGE", "new_address": address}

    def _changing(self, order: Shopping) -> dict[str, Any]:
        """More or less of what was ordered, or something else besides."""
        chance = self.post.chance
        many = min(len(order.items), chance.choice((1, 1, 2)))
        amendments = [self._other_quantity(item) for item in chance.sample(order.items, many)]
        others = sorted(PRODUCTS.keys() - {item.product_id for item in order.items})
        if others and self.post.may(0.2):
            product = chance.choice(others)
            amendments.append(
                _amendment(product, 0, chance.randint(1, 3), price_of(self.post, product))
            )
        kind = "ITEM_ADDED" if amendments[-1].previous_quantity == 0 else "QUANTITY_CHANGE"
        return {"amendment_type": kind, "amendments": tuple(amendments)}

    def _other_quantity(self, item: OrderItem) -> Amendment:
        off = 5 if self.post.may(0.05) else 0
        wanted = self.post.chance.choice((0, 1, 2, 3, 4, 4, 101 if self.post.may(0.1) else 4))
        return _amendment(item.product_id, item.quantity, wanted, item.unit_price_minor + off)


def _amendment(product: str, before: int, after: int, unit_price_minor: int) -> Amendment:
    return Amendment(
        product_id=product,
        previous_quantity=before,
        new_quantity=after,
        unit_price_minor=unit_price_minor,
    )
