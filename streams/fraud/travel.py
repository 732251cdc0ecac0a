"""Whether one person can have been in two places (G-23)."""

from math import asin, cos, radians, sin, sqrt
from typing import Final

from streams.fraud.payment import Payment
from streams.fraud.profile import Place
from streams.fraud.rules import FraudRules

_EARTH_KM: Final = 6371.0


def place_of(payment: Payment, at_ms: int) -> Place | None:
    """Where the payment was made, or None where that is unknown."""
    if payment.latitude is None or payment.longitude is None:
        return None
    return Place(payment.latitude, payment.longitude, at_ms)


def distance_km(one: Place, other: Place) -> float:
    """The great-circle distance, to half a percent."""
    lat1, lat2 = radians(one.latitude), radians(other.latitude)
    half_lat, half_lon = (lat2 - lat1) / 2, radians(other.longitude - one.longitude) / 2
    chord = sin(half_lat) ** 2 + cos(lat1) * cos(lat2) * sin(half_lon) ** 2
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, chord)))


def travelled_km(known: Place | None, seen: Place | None, rules: FraudRules) -> int | None:
    """The distance in km where it is too far for the time between, else None.

    The order of the two does not matter, so late records are judged alike.
    """
    if known is None or seen is None:
        return None
    if known.latitude == seen.latitude and known.longitude == seen.longitude:
        return None
    distance = distance_km(known, seen)
    reachable = rules.travel_km_max * abs(seen.at_ms - known.at_ms) / rules.travel_span_ms
    return round(distance) if distance > max(rules.travel_km_min, reachable) else None
