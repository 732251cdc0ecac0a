"""Quiet hours, digests and windows: local clocks and full hours."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.moments import HOUR_MS
from streams.notifications.booking import NONE, booked, has_room, slot, window_of
from streams.notifications.calendar import digest_at, is_ever_quiet, loud_at, zone_of
from streams.notifications.rows import Bookings, Contact, Preferences
from streams.notifications.rules import NotificationRules

RULES = NotificationRules()
START = 1_750_075_200_000  # 2025-06-16T12:00Z


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("at", "zone", "loud"),
    [
        ("2025-06-16T20:59:59", "UTC", "2025-06-16T20:59:59"),
        ("2025-06-16T21:00", "UTC", "2025-06-17T08:00"),
        ("2025-06-17T07:59", "UTC", "2025-06-17T08:00"),
        ("2025-06-17T08:00", "UTC", "2025-06-17T08:00"),
        ("2025-06-16T12:00", "America/New_York", "2025-06-16T12:00"),  # 08:00 there
        ("2025-06-16T11:59", "America/New_York", "2025-06-16T12:00"),
        ("2025-03-29T22:00", "Europe/Berlin", "2025-03-30T06:00"),  # the clocks go forward
        ("2025-06-16T22:00", "No/Such_Zone", "2025-06-17T08:00"),  # taken for UTC
    ],
)
def test_quiet_hours_are_local(at: str, zone: str, loud: str) -> None:
    assert loud_at(ms(at), zone, RULES) == ms(loud)


@pytest.mark.parametrize(("hour", "loud"), [(0, 0), (1, 7), (6, 7), (7, 7), (21, 21), (23, 23)])
def test_quiet_hours_may_begin_after_midnight(hour: int, loud: int) -> None:
    rules = replace(RULES, quiet_from_hour=1, quiet_to_hour=7)
    midnight = ms("2025-06-16T00:00")

    assert loud_at(midnight + hour * HOUR_MS, "UTC", rules) == midnight + loud * HOUR_MS


def test_only_an_sms_that_is_not_urgent_keeps_quiet() -> None:
    assert is_ever_quiet("SMS", "NORMAL")
    assert not is_ever_quiet("SMS", "HIGH")
    assert not is_ever_quiet("EMAIL", "NORMAL")


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2025-06-16T08:59", "2025-06-16T09:00"),
        ("2025-06-16T09:00", "2025-06-17T09:00"),
        ("2025-06-16T12:00", "2025-06-17T09:00"),
    ],
)
def test_a_digest_goes_out_at_the_next_nine_o_clock(at: str, due: str) -> None:
    assert digest_at(ms(at), "UTC", RULES) == ms(due)


@pytest.mark.parametrize(
    ("contact", "preferences", "zone"),
    [
        (Contact("u"), Preferences("u"), "UTC"),
        (Contact("u", country="DE"), Preferences("u"), "Europe/Berlin"),
        (Contact("u", phone="+493012345678"), Preferences("u"), "Europe/Berlin"),
        (Contact("u", phone="+493012345678", country="GB"), Preferences("u"), "Europe/London"),
        (Contact("u", country="DE"), Preferences("u", timezone="Asia/Tokyo"), "Asia/Tokyo"),
        (Contact("u", country="DE"), Preferences("u", timezone="Berlin"), "Europe/Berlin"),
        (Contact("u", country="DE"), Preferences("u", timezone="../etc"), "Europe/Berlin"),
        (Contact("u", phone="+493012345678", country="Germany"), Preferences("u"), "Europe/Berlin"),
        (Contact("u"), Preferences("u", timezone="Berlin"), "UTC"),
    ],
)
def test_a_zone_is_the_named_one_if_there_is_it_else_the_countrys(
    contact: Contact, preferences: Preferences, zone: str
) -> None:
    assert zone_of(contact, preferences, RULES) == zone


def filled(count: int, rules: NotificationRules = RULES) -> tuple[Bookings, list[int | None]]:
    bookings, slots = NONE, []
    for _ in range(count):
        due_ms = slot(bookings, START, lambda at_ms: at_ms, rules)
        slots.append(due_ms)
        if due_ms is not None:
            bookings = booked(bookings, due_ms, START, rules)
    return bookings, slots


def test_a_window_takes_ten_and_a_day_of_windows_no_more() -> None:
    bookings, slots = filled(252)

    assert slots[:10] == [START] * 10
    assert slots[10] == START + HOUR_MS
    assert slots[249] == START + 24 * HOUR_MS
    assert slots[250:] == [None, None]
    assert len(bookings.counts) == 25


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3 * HOUR_MS), max_size=60).map(sorted))
def test_no_window_ever_gets_more_than_its_share(moments: list[int]) -> None:
    rules = NotificationRules(recipient_max=3)
    bookings, slots = NONE, []
    for moment in moments:
        due_ms = slot(bookings, START + moment, lambda at_ms: at_ms, rules)
        if due_ms is not None:
            bookings = booked(bookings, due_ms, START + moment, rules)
            slots.append(window_of(due_ms, rules))
            assert due_ms >= START + moment

    assert all(slots.count(window) <= 3 for window in slots)


def test_windows_that_are_over_are_forgotten() -> None:
    bookings = booked(NONE, START, START, RULES)

    later = booked(bookings, START + 2 * HOUR_MS, START + 2 * HOUR_MS, RULES)

    assert later.counts == ((START + 2 * HOUR_MS, 1),)
    assert has_room(later, START, RULES)
