from dataclasses import replace

import pytest

from streams.fraud.travel import distance_km, travelled_km
from streams.moments import HOUR_MS
from tests.streams.fraud.samples import LAGOS, NOW_MS, PORTLAND, RULES, at

BERLIN, PARIS = (52.52, 13.405), (48.857, 2.352)


def test_distances_follow_the_great_circle() -> None:
    assert distance_km(at(BERLIN, 0), at(PARIS, 0)) == pytest.approx(878, abs=3)
    assert distance_km(at((0, 179.9), 0), at((0, -179.9), 0)) == pytest.approx(22.2, abs=0.1)
    assert distance_km(at((90, 0), 0), at((-90, 0), 0)) == pytest.approx(20_015, abs=1)


@pytest.mark.parametrize(
    ("there", "after_ms", "too_far"),
    [
        (PORTLAND, 0, False),
        (LAGOS, 2 * HOUR_MS, True),
        (LAGOS, -2 * HOUR_MS, True),  # The record of the earlier place came late.
        (LAGOS, 0, True),
        (LAGOS, 24 * HOUR_MS, False),
        ((45.5, -121.5), 0, False),  # 94 km: geolocation is no better than that.
        ((45.5, -120.7), 0, True),
    ],
)
def test_nobody_travels_faster_than_an_airliner(
    there: tuple[float, float], after_ms: int, *, too_far: bool
) -> None:
    km = travelled_km(at(PORTLAND, NOW_MS), at(there, NOW_MS + after_ms), RULES)

    assert (km is not None) is too_far


@pytest.mark.parametrize(("degrees", "too_far"), [(8.09, False), (8.1, True)])
def test_nine_hundred_kilometres_an_hour_are_possible(degrees: float, *, too_far: bool) -> None:
    """A degree of the equator is 111.195 km: 899.6 km in an hour are flown, 900.7 are not."""
    here, there = at((0, 0), NOW_MS), at((0, degrees), NOW_MS + HOUR_MS)

    assert (travelled_km(here, there, RULES) is not None) is too_far


def test_an_unknown_place_proves_nothing() -> None:
    assert travelled_km(None, at(LAGOS, NOW_MS), RULES) is None
    assert travelled_km(at(LAGOS, NOW_MS), None, RULES) is None


def test_where_time_runs_faster_customers_do_too() -> None:
    hurried = replace(RULES, travel_span_ms=RULES.travel_span_ms // 60)

    assert travelled_km(at(BERLIN, NOW_MS), at(PARIS, NOW_MS + HOUR_MS // 60), hurried) is None
    assert travelled_km(at(BERLIN, NOW_MS), at(PARIS, NOW_MS + HOUR_MS // 60), RULES) is not None
