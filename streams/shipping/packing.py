"""Which package what goes into: one a warehouse, unless it were too heavy (G-29)."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from streams.shipping.rows import Item, Package
from streams.shipping.rules import ItemSize, ShippingRules


def packed(items: Iterable[Item], name: str, rules: ShippingRules) -> tuple[Package, ...]:
    """Pack items in their order, filling each package up before the next is begun.

    No unit is left out and none is cut; a unit above the limit has a package of its own.
    """
    return tuple(
        [
            _package(f"{name}-{number}", content, rules)
            for number, content in enumerate(_portions(items, rules), 1)
        ]
    )


def volume_of(package: Package) -> int:
    """Cubic centimetres."""
    return package.length_cm * package.width_cm * package.height_cm


def _portions(items: Iterable[Item], rules: ShippingRules) -> Iterator[list[Item]]:
    portion: list[Item] = []
    room = rules.package_g_max
    for item in items:
        unit = max(1, _size(item, rules).weight_g)
        left = item.quantity
        while left:
            fits = min(left, room // unit) if portion else min(left, max(1, room // unit))
            if not fits:
                yield portion
                portion, room = [], rules.package_g_max
                continue
            portion.append(replace(item, quantity=fits))
            left -= fits
            room = max(0, room - fits * unit)
    if portion:
        yield portion


def _package(name: str, content: Sequence[Item], rules: ShippingRules) -> Package:
    """A box as long and wide as its largest item, and as high as the volume needs."""
    sizes = [(_size(item, rules), item.quantity) for item in content]
    length = max([size.length_cm for size, _ in sizes])
    width = max([size.width_cm for size, _ in sizes])
    volume = sum([size.length_cm * size.width_cm * size.height_cm * n for size, n in sizes])
    return Package(
        name,
        sum([size.weight_g * units for size, units in sizes]),
        length,
        width,
        -(-volume // max(1, length * width)),
        tuple(content),
    )


def _size(item: Item, rules: ShippingRules) -> ItemSize:
    return rules.size_of(item.product_id or item.sku or "")
