"""Addresses, consent, and channels that do not work."""

from datetime import UTC, datetime
from typing import Any

import pytest

from events.notifications import Interaction, NotificationRecipient
from events.registrations import UserForgotPasswordEvent, UserSignedUpEvent
from streams.moments import DAY_MS
from streams.notifications.people import (
    address,
    answered,
    asked_for_password,
    bounced,
    consents,
    e164,
    is_closed,
    met,
    preferring,
    signed_up,
)
from streams.notifications.rows import CLOSED_MAX, Contact, Preferences
from streams.notifications.rules import NotificationRules

RULES = NotificationRules()
ACCOUNT = Contact("u", email="ann@example.com", registered=True)


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("+44 20 7183 8750", "+442071838750"),
        ("+442071838750", "+442071838750"),
        ("020 7183 8750", ""),  # of which country?
        ("+4420", ""),
        ("nonsense", ""),
        ("+nonsense", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_e164_is_a_number(number: str | None, kept: str) -> None:
    assert e164(number) == kept


def test_gaps_are_filled_from_a_message_and_an_account_stays() -> None:
    told = NotificationRecipient(
        customer_id="u", email="other@example.com", phone="+442071838750", device_tokens=("t1",)
    )

    stranger, account = met(None, told), met(ACCOUNT, told)

    assert (stranger.email, stranger.registered) == ("other@example.com", False)
    assert (account.email, account.phone) == ("ann@example.com", "+442071838750")
    assert account.phone_verified is False
    assert account.device_tokens == ("t1",)
    assert met(account, told) is account


def test_a_number_that_its_owner_confirmed_is_not_replaced() -> None:
    contact = Contact("u", phone="+442071838750", phone_verified=True)

    after = met(contact, NotificationRecipient(customer_id="u", phone="+442071838751"))

    assert after.phone == "+442071838750"


def test_at_most_ten_devices_are_kept_the_newest() -> None:
    contact = Contact("u", device_tokens=tuple(f"t{n}" for n in range(10)))

    after = met(contact, NotificationRecipient(customer_id="u", device_tokens=("new",)))

    assert after.device_tokens == (*(f"t{n}" for n in range(1, 10)), "new")


def test_an_account_tells_its_address_and_preferences() -> None:
    event = UserSignedUpEvent(
        user_id="u",
        email="ann@example.com",
        signup_method="email",
        profile={"locale": "en-GB", "timezone": "Europe/London", "phone": 7},
        verification={"phoneVerified": True},
    )

    contact, wants = signed_up(Contact("u"), event), preferring(Preferences("u"), event)

    assert (contact.email, contact.registered) == ("ann@example.com", True)
    assert (contact.phone, contact.phone_verified) == ("", False)
    assert (wants.timezone, wants.locale) == ("Europe/London", "en-GB")


@pytest.mark.parametrize(
    ("channel", "contact", "where"),
    [
        ("EMAIL", ACCOUNT, ("ann@example.com",)),
        ("EMAIL", Contact("u"), ()),
        ("SMS", Contact("u", phone="+442071838750"), ()),
        ("SMS", Contact("u", phone="+44", phone_verified=True), ("+44",)),
        ("PUSH", Contact("u", device_tokens=("a", "b")), ("a", "b")),
        ("IN_APP", Contact("u"), ("u",)),
    ],
)
def test_a_channel_has_its_address(channel: str, contact: Contact, where: tuple[str, ...]) -> None:
    assert address(contact, channel, RULES) == where


def test_the_shop_may_trust_numbers_that_nobody_confirmed() -> None:
    rules = NotificationRules(sms_verified_only=False)

    assert address(Contact("u", phone="+442071838750"), "SMS", rules) == ("+442071838750",)


@pytest.mark.parametrize(
    ("words", "stopped"),
    [(["STOP"], ("SMS",)), (["stop "], ("SMS",)), (["STOP", "START"], ()), (["hello"], ())],
)
def test_stop_and_start_close_and_open_a_channel(words: list[str], stopped: tuple) -> None:
    wants = Preferences("u")
    for word in words:
        wants = consents(wants, "SMS", word)

    assert wants.opted_out == stopped


ANN: tuple[str, ...] = ("ann@example.com",)


@pytest.mark.parametrize("code", ["hard_bounce", "complaint", "number_disabled"])
def test_an_address_that_never_works_is_closed_at_once_and_no_other(code: str) -> None:
    wants = bounced(Preferences("u"), "EMAIL", ANN, code, 0, RULES)

    assert is_closed(wants, "EMAIL", ANN)
    assert not is_closed(wants, "EMAIL", ("zoe@example.com",))
    assert not is_closed(wants, "SMS", ANN)
    assert "ann" not in str(wants)


@pytest.mark.parametrize(("days", "closed"), [((0, 3, 6), True), ((0, 3, 7), False)])
def test_soft_bounces_count_for_seven_days(days: tuple[int, ...], *, closed: bool) -> None:
    wants = Preferences("u")
    for day in days:
        wants = bounced(wants, "EMAIL", ANN, "soft_bounce", day * DAY_MS, RULES)

    assert is_closed(wants, "EMAIL", ANN) is closed
    assert len(wants.soft_bounces_ms) <= 3


def test_soft_bounces_that_closed_an_address_do_not_count_for_the_next() -> None:
    wants = Preferences("u")
    for _ in range(3):
        wants = bounced(wants, "EMAIL", ANN, "soft_bounce", 0, RULES)

    wants = bounced(wants, "EMAIL", ("zoe@example.com",), "soft_bounce", 0, RULES)

    assert not is_closed(wants, "EMAIL", ("zoe@example.com",))


def test_soft_bounces_of_an_old_address_do_not_count_for_a_new_one() -> None:
    wants = Preferences("u")
    for _ in range(2):
        wants = bounced(wants, "EMAIL", ANN, "soft_bounce", 0, RULES)

    wants = bounced(wants, "EMAIL", ("zoe@example.com",), "soft_bounce", 0, RULES)

    assert not is_closed(wants, "EMAIL", ("zoe@example.com",))


def test_the_newest_addresses_that_do_not_work_are_remembered() -> None:
    wants = Preferences("u")
    for number in range(CLOSED_MAX + 1):
        wants = bounced(wants, "EMAIL", (f"{number}@example.com",), "hard_bounce", 0, RULES)

    assert len(wants.closed) == CLOSED_MAX
    assert is_closed(wants, "EMAIL", (f"{CLOSED_MAX}@example.com",))


@pytest.mark.parametrize("code", ["", "refused", "unknown_template", "dead_token"])
def test_other_codes_close_nothing(code: str) -> None:
    wants = Preferences("u")

    assert bounced(wants, "EMAIL", ANN, code, 0, RULES) is wants


def signing_up(**given: Any) -> UserSignedUpEvent:
    return UserSignedUpEvent(
        **({"user_id": "u", "email": "ann@example.com", "signup_method": "email"} | given)
    )


def test_an_account_that_tells_no_profile_keeps_what_is_known() -> None:
    known = Contact("u", phone="+442071838750", country="GB")
    wants = Preferences("u", timezone="Europe/London", locale="en-GB")

    contact = signed_up(known, signing_up())

    assert (contact.phone, contact.phone_verified, contact.country) == (
        "+442071838750",
        False,
        "GB",
    )
    assert preferring(wants, signing_up()) == wants


@pytest.mark.parametrize("name", ["phone", "phoneNumber"])
@pytest.mark.parametrize("confirmed", [True, False, "true", None])
def test_an_accounts_number_is_confirmed_by_a_plain_yes_alone(
    name: str,
    confirmed: Any,  # any JSON
) -> None:
    event = signing_up(profile={name: "+442071838750"}, verification={"phoneVerified": confirmed})

    contact = signed_up(Contact("u"), event)

    assert (contact.phone, contact.country) == ("+442071838750", "GB")
    assert contact.phone_verified is (confirmed is True)


def test_the_country_that_an_account_names_goes_before_what_is_known_of_it() -> None:
    event = signing_up(profile={"country": "DE", "phone": "+442071838750"})

    assert signed_up(Contact("u", country="FR"), event).country == "DE"
    assert signed_up(Contact("u", country="FR"), signing_up()).country == "FR"


def test_a_word_that_is_too_long_is_none() -> None:
    fits, long = (signing_up(profile={"locale": "x" * size}) for size in (64, 65))

    assert preferring(Preferences("u"), fits).locale == "x" * 64
    assert preferring(Preferences("u"), long).locale == ""


def test_who_asks_for_a_password_is_reached_where_the_account_says() -> None:
    event = UserForgotPasswordEvent(
        user_id="u", email="ann@example.com", request_method="email", reset_token={}
    )
    moved = Contact("u", email="old@example.com", registered=True)
    guest = Contact("u", email="ann@example.com")

    for before in (moved, guest):
        assert asked_for_password(before, event) == ACCOUNT
    assert asked_for_password(ACCOUNT, event) is ACCOUNT


def test_a_message_without_a_number_or_with_none_leaves_the_number() -> None:
    contact = Contact("u", phone="+442071838750")

    for phone in (None, "nonsense", "+442071838750"):
        assert met(contact, NotificationRecipient(customer_id="u", phone=phone)) is contact
    told = NotificationRecipient(customer_id="u", phone="+442071838751")
    assert met(contact, told).phone == "+442071838751"


def test_nobody_has_an_address_without_a_number() -> None:
    rules = NotificationRules(sms_verified_only=False)

    assert address(Contact("u"), "SMS", rules) == ()


def test_who_unsubscribes_has_that_channel_closed() -> None:
    root = Interaction(
        interaction_id="i",
        kind="UNSUBSCRIBED",
        channel="EMAIL",
        occurred_at=datetime(2025, 6, 16, tzinfo=UTC),
    )

    stopped = answered(Preferences("u"), root)

    assert stopped.opted_out == ("EMAIL",)
    assert answered(stopped, root) is stopped
