"""What is known of orders, subscriptions and stock: the pages that folds write on."""

from dataclasses import dataclass, field

from simulator.dossier import Dossier
from simulator.lives import Life
from simulator.shelves import Shelves


@dataclass(slots=True)
class Pages:
    """A dossier an order, a life a subscriber, and the shelves."""

    orders: dict[str, Dossier] = field(default_factory=dict)
    lives: dict[str, Life] = field(default_factory=dict)
    """Subscriptions, by user id."""
    shelves: Shelves = field(default_factory=Shelves)

    def dossier(self, order_id: str, correlation_id: str | None = None) -> Dossier:
        """The order's dossier, begun when there is none."""
        found = self.orders.get(order_id)
        if found is None:
            found = self.orders[order_id] = Dossier(order_id)
        if found.correlation_id is None:
            found.correlation_id = correlation_id
        return found
