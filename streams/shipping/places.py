"""Places as they travel."""

from events.types import Place
from streams.addresses import PostalAddress
from streams.shipping.rows import Scan


def place_of(destination: PostalAddress) -> Place:
    """Where a parcel goes, without the street."""
    return Place(
        city=destination.city,
        state=destination.state,
        postal_code=destination.postal_code,
        country=destination.country,
    )


def place_of_scan(scan: Scan | None, destination: PostalAddress) -> Place:
    """Where a parcel was scanned; a scan that does not say leaves it to the destination."""
    if scan is None or not scan.country:
        return place_of(destination)
    return Place(facility=scan.facility, city=scan.city, state=scan.state, country=scan.country)
