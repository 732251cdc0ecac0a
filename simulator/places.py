"""Where customers live and goods lie."""

from typing import Final, NamedTuple


class Town(NamedTuple):
    """A town with enough about it for an address and a point on Earth."""

    country: str
    state: str | None
    city: str
    postal_code: str
    latitude: float
    longitude: float


CURRENCY: Final = {
    "US": "USD",
    "AU": "USD",
    "CA": "CAD",
    "GB": "GBP",
    "DE": "EUR",
    "FR": "EUR",
    "IE": "EUR",
    "NL": "EUR",
    "ES": "EUR",
    "IT": "EUR",
}
"""What a customer of each country served pays in (G-10, G-12)."""

TOWNS: Final = (
    Town("US", "IL", "Chicago", "60601", 41.88, -87.63),
    Town("US", "NY", "New York", "10001", 40.75, -73.99),
    Town("US", "NJ", "Newark", "07102", 40.74, -74.17),
    Town("US", "CA", "San Francisco", "94103", 37.77, -122.42),
    Town("US", "CA", "Los Angeles", "90012", 34.05, -118.24),
    Town("US", "TX", "Austin", "78701", 30.27, -97.74),
    Town("US", "WA", "Seattle", "98101", 47.61, -122.33),
    Town("GB", None, "London", "EC1A 1BB", 51.52, -0.10),
    Town("GB", None, "Leeds", "LS1 4AP", 53.80, -1.55),
    Town("DE", "BE", "Berlin", "10115", 52.53, 13.38),
    Town("DE", "HE", "Frankfurt am Main", "60311", 50.11, 8.68),
    Town("FR", None, "Lyon", "69001", 45.77, 4.83),
    Town("CA", "ON", "Toronto", "M5H 2N2", 43.65, -79.38),
    Town("CA", "QC", "Montréal", "H2Y 1C6", 45.50, -73.55),
    Town("NL", None, "Utrecht", "3511 AB", 52.09, 5.12),
    Town("IE", None, "Galway", "H91 E9X6", 53.27, -9.05),
    Town("ES", None, "Sevilla", "41001", 37.39, -5.99),
    Town("IT", None, "Torino", "10121", 45.07, 7.69),
    Town("AU", "VIC", "Melbourne", "3000", -37.81, 144.96),
)

STREETS: Final = (
    "Main Street",
    "Oak Avenue",
    "Station Road",
    "Mill Lane",
    "Harbour View",
    "Church Street",
    "Lindenallee",
    "Rue des Lilas",
)

UNSERVED: Final = ("BR", "JP", "NO", "ZA")
"""Countries that goods do not go to."""

WAREHOUSES: Final = ("wh_MAIN_001", "wh_east_01", "wh_west_02", "wh_eu_central_01")
"""Where goods lie; Inventory's settings know where each stands."""
