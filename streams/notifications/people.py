"""What is known of a recipient: addresses, consent, and channels that do not work."""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

import phonenumbers
from msgspec.structs import replace

from events.notifications import Interaction, NotificationRecipient
from events.registrations import UserForgotPasswordEvent, UserSignedUpEvent
from streams.notifications.rows import CLOSED_MAX, TOKENS_MAX, Contact, Preferences
from streams.notifications.rules import EMAIL, IN_APP, PUSH, SMS, NotificationRules

_WORD_CHARS_MAX: Final = 64
_STOP: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
_START: Final = frozenset({"START", "YES", "UNSTOP"})

HARD_BOUNCE: Final = "hard_bounce"
SOFT_BOUNCE: Final = "soft_bounce"
COMPLAINT: Final = "complaint"
NUMBER_DISABLED: Final = "number_disabled"
DEAD_TOKEN: Final = "dead_token"  # noqa: S105 - a code, not a secret


CLOSING: Final = frozenset({HARD_BOUNCE, COMPLAINT, NUMBER_DISABLED})
"""Codes that close an address (G-35, G-36)."""


_NUMBERS_CACHED: Final = 4_096
"""One comes with each letter of an order: parsing it anew took a hundredth of a worker's time."""


@lru_cache(maxsize=_NUMBERS_CACHED)
def e164(number: str | None) -> str:
    """The number as E.164; empty when it is none (G-35)."""
    if not number or not number.startswith("+"):
        return ""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def country_of(number: str) -> str:
    """The country of an E.164 number; empty where it tells none."""
    if not number:
        return ""
    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""


def signed_up(contact: Contact, event: UserSignedUpEvent) -> Contact:
    """Take over what the account says: from now on orders change nothing of it."""
    profile, verification = event.profile or {}, event.verification or {}
    phone = e164(_word(profile, "phone") or _word(profile, "phoneNumber"))
    return replace(
        contact,
        email=event.email,
        registered=True,
        phone=phone or contact.phone,
        phone_verified=verification.get("phoneVerified") is True and bool(phone),
        country=_word(profile, "country") or contact.country or country_of(phone),
    )


def preferring(preferences: Preferences, event: UserSignedUpEvent) -> Preferences:
    """Take over what the account prefers."""
    profile = event.profile or {}
    return replace(
        preferences,
        timezone=_word(profile, "timezone") or preferences.timezone,
        locale=_word(profile, "locale") or preferences.locale,
    )


def asked_for_password(contact: Contact, event: UserForgotPasswordEvent) -> Contact:
    """The account's address, as Registration knows it now."""
    if contact.registered and contact.email == event.email:
        return contact
    return replace(contact, email=event.email, registered=True)


def met(contact: Contact | None, recipient: NotificationRecipient) -> Contact:
    """Learn from a message's recipient: gaps are filled, an account's address stays.

    Anybody can name any customer in an order, so an order never replaces an account's address.
    """
    contact = contact or Contact(recipient.customer_id)
    email = contact.email if contact.registered else recipient.email or contact.email
    phone = contact.phone
    if recipient.phone and recipient.phone != phone and not contact.phone_verified:
        phone = e164(recipient.phone) or phone
    tokens = contact.device_tokens
    if recipient.device_tokens:
        tokens = tuple(dict.fromkeys((*tokens, *recipient.device_tokens)))[-TOKENS_MAX:]
    if (email, phone, tokens) == (contact.email, contact.phone, contact.device_tokens):
        return contact
    return replace(contact, email=email, phone=phone, device_tokens=tokens)


def address(contact: Contact, channel: str, rules: NotificationRules) -> tuple[str, ...]:
    """Where a channel reaches somebody; empty: nowhere."""
    if channel == EMAIL:
        return (contact.email,) if contact.email else ()
    if channel == SMS:
        usable = contact.phone and (contact.phone_verified or not rules.sms_verified_only)
        return (contact.phone,) if usable else ()
    if channel == PUSH:
        return contact.device_tokens
    assert channel == IN_APP, channel
    return (contact.user_id,)


def consents(preferences: Preferences, channel: str, keyword: str) -> Preferences:
    """Have STOP and START on an SMS, and their like, close and open a channel (G-35)."""
    word = keyword.strip().upper()
    if word in _STOP:
        return opted(preferences, channel, out=True)
    if word in _START:
        return opted(preferences, channel, out=False)
    return preferences


def interactions(root: Interaction) -> Iterator[Interaction]:
    """An interaction and all that followed from it, each before its own."""
    waiting = [root]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += reversed(one.children or ())


def answered(preferences: Preferences, root: Interaction) -> Preferences:
    """Heed all that somebody answered, one after the other."""
    for one in interactions(root):
        preferences = _heeded(preferences, one)
    return preferences


def _heeded(preferences: Preferences, interaction: Interaction) -> Preferences:
    """Heed UNSUBSCRIBED, or STOP and START in `details.keyword`."""
    if interaction.kind == "UNSUBSCRIBED":
        return opted(preferences, interaction.channel, out=True)
    keyword = _word(interaction.details or {}, "keyword")
    return consents(preferences, interaction.channel, keyword)


def opted(preferences: Preferences, channel: str, *, out: bool) -> Preferences:
    """Close or open a channel as its owner wishes."""
    if (channel in preferences.opted_out) == out:
        return preferences
    others = {*preferences.opted_out} - {channel}
    return replace(preferences, opted_out=tuple(sorted(others | {channel} if out else others)))


def bounced(
    preferences: Preferences,
    channel: str,
    to: tuple[str, ...],
    code: str,
    at_ms: int,
    rules: NotificationRules,
) -> Preferences:
    """Close an address that does not work; another one is another matter (G-35, G-36)."""
    if code in CLOSING:
        return _closed(preferences, channel, to)
    if code != SOFT_BOUNCE:
        return preferences
    name = _name_of(channel, *to)
    before = preferences.soft_bounces_ms if preferences.soft_bounces_of == name else ()
    recent = (*(t for t in before if t > at_ms - rules.soft_bounce_ms), at_ms)
    if len(recent) >= rules.soft_bounces_max:
        return _closed(preferences, channel, to)
    return replace(preferences, soft_bounces_ms=recent, soft_bounces_of=name)


def is_closed(preferences: Preferences, channel: str, to: tuple[str, ...]) -> bool:
    """Whether what is sent there would not arrive."""
    closed = preferences.closed
    return bool(closed) and any(_name_of(channel, one) in closed for one in to)


def without_tokens(contact: Contact, dead: tuple[str, ...]) -> Contact:
    """Drop devices that are gone (G-36)."""
    return replace(
        contact, device_tokens=tuple([t for t in contact.device_tokens if t not in dead])
    )


def _closed(preferences: Preferences, channel: str, to: tuple[str, ...]) -> Preferences:
    names = dict.fromkeys((*preferences.closed, *(_name_of(channel, one) for one in to)))
    closed = tuple(names)[-CLOSED_MAX:]
    return replace(preferences, closed=closed, soft_bounces_ms=(), soft_bounces_of="")


def _name_of(channel: str, *addresses: str) -> str:
    """Addresses as they may be remembered without being told."""
    told = ",".join(addresses).lower().encode()
    return f"{channel}:{blake2b(told, digest_size=8).hexdigest()}"


def _word(given: dict[str, Any], name: str) -> str:
    """A short text of a free-form object; empty for anything else."""
    found = given.get(name)
    return found if isinstance(found, str) and len(found) <= _WORD_CHARS_MAX else ""
