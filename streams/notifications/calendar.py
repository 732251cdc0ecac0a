"""Local time: when SMS are quiet, and when the digest goes out. Times are ms since 1970 UTC."""

from datetime import UTC, datetime, timedelta

from streams.moments import moment_of, ms_of, zone_named
from streams.notifications.people import country_of
from streams.notifications.rows import Contact, Preferences
from streams.notifications.rules import HIGH, SMS, NotificationRules


def zone_of(contact: Contact, preferences: Preferences, rules: NotificationRules) -> str:
    """The time zone somebody named, else their country's, else the default.

    What is no zone's name, or no country that has one, counts as not told: people may name
    anything. Of whoever has no account the number tells the country, and that takes its time.
    """
    if preferences.timezone and zone_named(preferences.timezone) is not None:
        return preferences.timezone
    if contact.country in rules.timezones:
        return rules.timezones[contact.country]
    return rules.timezones.get(country_of(contact.phone), rules.timezone)


def is_ever_quiet(channel: str, priority: str) -> bool:
    """Whether a message may have to wait for the morning (G-35)."""
    return channel == SMS and priority != HIGH


def _local(at_ms: int, zone: str) -> datetime:
    return moment_of(at_ms).astimezone(zone_named(zone) or UTC)


def _next(at_ms: int, hour: int, zone: str) -> int:
    """The next full hour of that name after at_ms, on local clocks."""
    now = _local(at_ms, zone)
    due = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if due <= now:
        due = (due + timedelta(days=1)).replace(fold=0)
    return ms_of(due)


def digest_at(at_ms: int, zone: str, rules: NotificationRules) -> int:
    """When the next digest goes out, after at_ms (G-37)."""
    return _next(at_ms, rules.digest_hour, zone)


def loud_at(at_ms: int, zone: str, rules: NotificationRules) -> int:
    """The earliest time at or after at_ms at which a message may make a noise (G-35).

    Quiet hours are half-open: [from, to) on local clocks, over midnight.
    """
    hour = _local(at_ms, zone).hour
    quiet = (
        hour >= rules.quiet_from_hour or hour < rules.quiet_to_hour
        if rules.quiet_from_hour > rules.quiet_to_hour
        else rules.quiet_from_hour <= hour < rules.quiet_to_hour
    )
    return _next(at_ms, rules.quiet_to_hour, zone) if quiet else at_ms
