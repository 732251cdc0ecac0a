"""An order that replaces what came back, as its customer has it."""

from collections import Counter
from dataclasses import dataclass, field

from simulation.laws.units import Lines, Units


@dataclass(slots=True)
class Instead:
    """An order that replaces goods."""

    order_id: str
    first: str
    """The order whose goods come back."""
    lines: list[tuple[str, int]]
    """By line: the product that was bought first, and how many units."""
    gone: dict[str, Lines] = field(default_factory=dict)
    """By what it was told with: units by line that its customer does not have."""
    back: dict[str, Counter[int]] = field(default_factory=dict)
    """By shipment: what of it came back, with one label or several."""
    lost: set[str] = field(default_factory=set)
    """Shipments that were lost: what was in them was told of, whatever comes of them yet."""
    boxes: dict[str, Lines] = field(default_factory=dict)
    """By shipment: units by line."""
    unsent: dict[str, Lines] = field(default_factory=dict)
    """By shipment that was cancelled: what was to be in it."""
    left: bool = False
    """Some of it has left the house: nothing takes the place of a cancelled shipment then."""
    cancelled: bool = False
    paid_with: str = ""
    """What paid for what it costs beyond."""

    def stays(self) -> Units:
        """What of it the customer has, or gets."""
        units: Units = Counter()
        for number, (product, many) in enumerate(self.lines, 1):
            units[product] += 0 if self.cancelled else many - self._gone(number, many)
        return units

    @property
    def is_whole(self) -> bool:
        """Whether its customer has, or gets, all of it."""
        lines = enumerate(self.lines, 1)
        return not self.cancelled and not any(self._gone(n, many) for n, (_, many) in lines)

    def _gone(self, number: int, many: int) -> int:
        """Units of a line that its customer does not have."""
        told = sum(part.get(number, 0) for part in self.gone.values())
        if not self.left:
            return told
        boxed = [box for name, box in self.boxes.items() if name not in self.unsent]
        unboxed = many - sum(box.get(number, 0) for box in boxed)
        return told + min(sum(part.get(number, 0) for part in self.unsent.values()), unboxed)
