"""Items and packages as they travel."""

from collections.abc import Iterable

from events.shipping_parts import Dimensions
from events.shipping_parts import Package as WirePackage
from events.types import ShippedItem
from streams.shipping.rows import Item, Package

_G_PER_KG = 1000


def wares_of(items: Iterable[Item]) -> tuple[ShippedItem, ...]:
    """Items."""
    return tuple(
        [
            ShippedItem(
                item_id=item.item_id,
                product_id=item.product_id,
                sku=item.sku,
                name=item.name,
                quantity=item.quantity,
                price_per_unit_minor=item.unit_minor,
            )
            for item in items
        ]
    )


def packages_of(packages: Iterable[Package]) -> tuple[WirePackage, ...]:
    """Packages; kilograms on the wire, grams here."""
    return tuple(
        [
            WirePackage(
                package_id=package.package_id,
                weight_kg=package.weight_g / _G_PER_KG,
                dimensions=Dimensions(
                    length_cm=package.length_cm,
                    width_cm=package.width_cm,
                    height_cm=package.height_cm,
                ),
                items=wares_of(package.items),
            )
            for package in packages
        ]
    )
