"""A notification's life: no transition that the contract does not have, and every wait ends."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.ids import readable_id
from events.notifications import (
    CustomerEngagementRecorded,
    Interaction,
    NotificationFailed,
    NotificationSent,
)
from streams.moments import HOUR_MS
from streams.notifications.admitting import Person, admit, bookings_after, resume
from streams.notifications.booking import NONE
from streams.notifications.evolution import evolve, fold
from streams.notifications.facts import Deferred, Digested, Fact, Requeued, Suppressed
from streams.notifications.notices import template_of
from streams.notifications.outcomes import digest_of
from streams.notifications.people import bounced
from streams.notifications.rows import Bookings, Contact, Digest, Notification, Preferences, Status
from streams.notifications.rules import NotificationRules
from streams.notifications.trying import accepted, blames_address, engaged, refused, retry
from streams.notifications.wording import money

RULES = NotificationRules()
AT = 1_750_075_200_000
PROMISE_MS = 30_000
"""From an event to the provider's yes (seed)."""
MOMENT = datetime(2025, 6, 16, tzinfo=UTC)

ALLOWED = {
    ("queued", "sending"),
    ("queued", "suppressed"),
    ("sending", "sent"),
    ("sending", "queued"),
    ("sending", "dead_lettered"),
    ("sent", "delivered"),
    ("sent", "engaged"),
    ("delivered", "engaged"),
}
"""stateMachines.notification."""

REACHABLE = Person(Contact("u", email="ann@example.com"), Preferences("u"))
STOPPED = Person(Contact("u", email="ann@example.com"), Preferences("u", opted_out=("EMAIL",)))
CLOSED = Person(
    Contact("u", email="ann@example.com"),
    bounced(Preferences("u"), "EMAIL", ("ann@example.com",), "hard_bounce", AT, RULES),
)
NOWHERE = Person(Contact("u"), Preferences("u"))


def row(channel: str = "EMAIL", priority: str = "NORMAL") -> Notification:
    return Notification("n", "u", channel, "t", priority, Status.QUEUED, AT, "k", "c", "s")


def failed(attempts: int, reason: str = "provider_error") -> NotificationFailed:
    return NotificationFailed(
        notification_id="n",
        user_id="u",
        channel="EMAIL",
        reason=reason,
        attempts=attempts,
        dead_lettered=False,
    )


def sent(attempts: int = 1) -> NotificationSent:
    return NotificationSent(
        notification_id="n",
        user_id="u",
        channel="EMAIL",
        template_id="t",
        attempts=attempts,
        sent_at=MOMENT,
    )


def interaction(kind: str) -> CustomerEngagementRecorded:
    return CustomerEngagementRecorded(
        engagement_id="e",
        customer_id="u",
        notification_id="n",
        root_interaction=Interaction(
            interaction_id="i", kind=kind, channel="EMAIL", occurred_at=MOMENT
        ),
        total_interactions=1,
        recorded_at=MOMENT,
    )


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (Person(NOWHERE.contact, Preferences("u", ("EMAIL",), ("EMAIL",))), "opted_out"),
        (STOPPED, "opted_out"),
        (CLOSED, "no_contact_point"),
        (NOWHERE, "no_contact_point"),
    ],
)
@pytest.mark.parametrize("priority", ["HIGH", "NORMAL", "LOW"])
def test_refusals_come_in_order_of_precedence(person: Person, reason: str, priority: str) -> None:
    full = Person(person.contact, person.preferences, Bookings(((AT, 10),)))

    (fact,) = admit(row(priority=priority), full, 0, AT, RULES)

    assert fold(row(), (fact,)).reason == reason


def sending() -> Notification:
    return fold(row(), admit(row(), REACHABLE, 0, AT, RULES))


def tried(times: int) -> Notification:
    """One of which so many tries failed; before the last of them it waited its time."""
    current = sending()
    for attempt in range(1, times + 1):
        if current.due_ms:
            current = fold(current, retry(current, REACHABLE, current.due_ms, RULES))
        current = fold(current, refused(current, failed(attempt), "", AT, RULES))
    return current


def done() -> Notification:
    return fold(sending(), accepted(sending(), sent(), AT))


def heard(kind: str, before: Notification) -> Notification:
    event = interaction(kind).model_copy(update={"engagement_id": kind})
    return fold(before, engaged(before, event, AT))


# How each of the contract's transitions comes about: the row before, and the row after.
TRANSITIONS = [
    (row(), sending()),
    (row(), fold(row(), admit(row(), STOPPED, 0, AT, RULES))),
    (sending(), done()),
    (sending(), fold(tried(1), (Requeued(),))),
    (sending(), tried(4)),
    (done(), heard("DELIVERED", done())),
    (done(), heard("OPENED", done())),
    (heard("DELIVERED", done()), heard("CLICKED", heard("DELIVERED", done()))),
]


def test_every_transition_of_the_contract_happens() -> None:
    assert {(was.status.value, now.status.value) for was, now in TRANSITIONS} == ALLOWED


def test_after_three_tries_more_a_message_is_given_up() -> None:
    waits = [tried(times).due_ms - AT for times in (1, 2, 3)]

    assert waits == [1_000, 4_000, 16_000]
    assert (tried(4).status, tried(4).attempts) == (Status.DEAD_LETTERED, 4)


STEP = st.one_of(
    st.tuples(st.just("sent"), st.integers(1, 5)),
    st.tuples(st.just("failed"), st.integers(1, 5)),
    st.tuples(st.just("circuit"), st.integers(1, 5)),
    st.tuples(st.just("bounced"), st.integers(1, 5)),
    st.tuples(st.just("time"), st.sampled_from([1_000, 60_000, HOUR_MS, 24 * HOUR_MS])),
    st.tuples(
        st.just("engaged"), st.sampled_from(["DELIVERED", "OPENED", "CLICKED", "UNSUBSCRIBED"])
    ),
)


def follows(before: Notification, step: tuple, person: Person, now_ms: int) -> tuple[Fact, ...]:
    kind, what = step
    if kind == "sent":
        return accepted(before, sent(what), now_ms)
    if kind in ("failed", "bounced"):
        code = "hard_bounce" if kind == "bounced" else ""
        return refused(before, failed(what), code, now_ms, RULES)
    if kind == "circuit":
        return refused(before, failed(what, "circuit_open"), "", now_ms, RULES)
    if kind == "engaged":
        return engaged(before, interaction(what), now_ms)
    due = before.timer[1]
    if not due or due > now_ms:
        return ()
    going = retry if before.status is Status.SENDING else resume
    return going(before, person, now_ms, RULES)


@settings(max_examples=150)
@given(
    st.sampled_from([REACHABLE, STOPPED, CLOSED, NOWHERE]),
    st.sampled_from(["EMAIL", "IN_APP", "SMS"]),
    st.sampled_from(["HIGH", "NORMAL", "LOW"]),
    st.integers(0, 300),
    st.lists(STEP, max_size=15),
    st.sampled_from([REACHABLE, STOPPED]),
)
def test_only_the_contracts_transitions_happen(
    person: Person,
    channel: str,
    priority: str,
    taken: int,
    steps: list,
    later: Person,
) -> None:
    now_ms, current = AT, row(channel, priority)
    full = Person(person.contact, person.preferences, Bookings(((AT, taken),)))
    facts = admit(current, full, 0, now_ms, RULES)
    for step in [None, *steps]:
        if step is not None:
            now_ms += step[1] if step[0] == "time" else 1
            facts = follows(current, step, later, now_ms)
        for fact in facts:
            after = evolve(current, fact)
            assert (
                after.status == current.status
                or (current.status.value, after.status.value) in ALLOWED
            )
            current = after
        if current.status in (Status.SENT, Status.SUPPRESSED, Status.DEAD_LETTERED):
            assert current.timer[1] == 0


def test_an_outcome_of_another_try_changes_nothing() -> None:
    sending = fold(row(), admit(row(), REACHABLE, 0, AT, RULES))

    assert refused(sending, failed(2), "", AT, RULES) == ()
    assert accepted(row(), sent(), AT) == ()


def test_a_channel_that_pauses_costs_no_try_and_ends_after_a_day() -> None:
    now_ms, current = AT, fold(row(), admit(row(), REACHABLE, 0, AT, RULES))
    while current.status is Status.SENDING:
        facts = refused(current, failed(current.attempts, "circuit_open"), "", now_ms, RULES)
        current = fold(current, facts)
        if current.due_ms:
            now_ms = current.due_ms
            current = fold(current, retry(current, REACHABLE, now_ms, RULES))

    assert (current.status, current.reason) == (Status.DEAD_LETTERED, "expired")
    assert now_ms - AT <= RULES.expire_ms


def test_a_pause_lasts_a_minute_and_a_message_a_day() -> None:
    (paused,) = refused(sending(), failed(1, "circuit_open"), "", AT, RULES)
    (over,) = refused(sending(), failed(1, "circuit_open"), "", AT + 24 * HOUR_MS - 59_999, RULES)

    assert fold(sending(), (paused,)).due_ms == AT + 60_000
    assert fold(sending(), (over,)).status is Status.DEAD_LETTERED


def test_a_message_that_was_put_off_waits_its_day_from_then_on() -> None:
    later_ms = AT + 72 * HOUR_MS
    put_off = fold(row(), admit(row(), REACHABLE, later_ms, AT, RULES))
    begun = fold(put_off, resume(put_off, REACHABLE, later_ms, RULES))

    (paused,) = refused(begun, failed(1, "circuit_open"), "", later_ms, RULES)
    (over,) = refused(begun, failed(1, "circuit_open"), "", later_ms + RULES.expire_ms, RULES)

    assert fold(begun, (paused,)).due_ms == later_ms + 60_000
    assert fold(begun, (over,)).status is Status.DEAD_LETTERED


def test_nights_between_tries_do_not_make_a_message_wait_for_ever() -> None:
    now_ms, current = AT, fold(row("SMS"), admit(row("SMS"), CALLABLE, 0, AT, RULES))
    while current.status in (Status.SENDING, Status.QUEUED) and now_ms < AT + 100 * HOUR_MS:
        facts = refused(current, failed(current.attempts, "circuit_open"), "", now_ms, RULES)
        current = fold(current, facts)
        if current.due_ms:
            now_ms = current.due_ms
            going = resume if current.status is Status.QUEUED else retry
            current = fold(current, going(current, CALLABLE, now_ms, RULES))
            if current.due_ms:
                now_ms = current.due_ms
                current = fold(current, resume(current, CALLABLE, now_ms, RULES))

    assert (current.status, current.reason) == (Status.DEAD_LETTERED, "expired")


NIGHT = AT + 9 * HOUR_MS + 30 * 60_000
"""2025-06-16T21:30:00Z, in the quiet hours of whoever lives by UTC."""
MORNING = AT + 20 * HOUR_MS
CALLABLE = Person(
    Contact("u", phone="+10000000000", phone_verified=True), Preferences("u", timezone="UTC")
)


@pytest.mark.parametrize("going", [resume, retry], ids=["a late wait", "a late try"])
def test_an_sms_whose_time_came_in_quiet_hours_waits_for_the_morning(going: Any) -> None:
    before = row("SMS")
    if going is retry:
        before = fold(before, resume(before, CALLABLE, NIGHT - 1, replaced(quiet_from_hour=22)))
        before = fold(before, refused(before, failed(1), "", NIGHT - 1, RULES))

    after = fold(before, going(before, CALLABLE, NIGHT, RULES))

    assert (after.status, after.due_ms, after.timer[0]) == (Status.QUEUED, MORNING, "due")
    assert fold(after, resume(after, CALLABLE, MORNING, RULES)).status is Status.SENDING


def replaced(**given: Any) -> NotificationRules:
    return dataclasses.replace(RULES, **given)


def test_the_promise_leaves_room_for_every_try() -> None:
    ticks = 1_000 * len(RULES.retries_ms)
    calls = RULES.call_s * 1_000 * (len(RULES.retries_ms) + 1)

    assert sum(RULES.retries_ms) + ticks + calls <= PROMISE_MS


@pytest.mark.parametrize(("channel", "counts"), [("EMAIL", ((AT, 1),)), ("IN_APP", ())])
def test_what_leaves_the_house_is_counted(channel: str, counts: tuple) -> None:
    asked = row(channel)
    facts = admit(asked, REACHABLE, 0, AT, RULES)

    assert bookings_after(asked, NONE, facts, AT, RULES).counts == counts


@pytest.mark.parametrize(
    ("event", "template"),
    [
        ("OrderConfirmed", "order-confirmed"),
        ("SubscriptionRenewedEvent", "subscription-renewed-event"),
    ],
)
def test_a_template_is_the_event_in_kebab_case(event: str, template: str) -> None:
    assert template_of(event) == template


def test_a_key_never_grows_too_long_for_an_id() -> None:
    assert readable_id("e", "EMAIL") == "e:EMAIL"
    long = readable_id("e" * 128, "EMAIL")
    assert len(long) <= 128
    assert long == readable_id("e" * 128, "EMAIL") != readable_id("e" * 128, "SMS")


@pytest.mark.parametrize(("minor", "text"), [(0, "0.00"), (3499, "34.99"), (-5, "-0.05")])
def test_money_is_written_in_major_units(minor: int, text: str) -> None:
    assert money(minor) == text


def test_a_second_digest_of_the_same_time_is_a_message_of_its_own() -> None:
    first = digest_of("u", AT, (("k1", row()),), "c")
    second = digest_of("u", AT, (("k2", named("n2")),), "c")

    assert first.notification_id != second.notification_id
    assert digest_of("u", AT, (("k1", row()),), "c").notification_id == first.notification_id


def named(notification_id: str) -> Notification:
    return msgspec.structs.replace(row(), notification_id=notification_id)


def full() -> Person:
    """Somebody with no room in any hour of a day."""
    windows = tuple([(AT + hour * HOUR_MS, 10) for hour in range(26)])
    return Person(REACHABLE.contact, REACHABLE.preferences, Bookings(windows))


def test_who_had_enough_for_a_day_is_sent_nothing_but_what_is_urgent() -> None:
    normal, low, high = (
        admit(row(priority=priority), full(), 0, AT, RULES)
        for priority in ("NORMAL", "LOW", "HIGH")
    )

    assert normal == low == (Suppressed("rate_limited"),)
    assert fold(row(), high).status is Status.SENDING


def test_in_the_history_there_is_room_for_all() -> None:
    shown = fold(row("IN_APP"), admit(row("IN_APP"), full(), 0, AT, RULES))

    assert (shown.status, shown.sent_at_ms, shown.provider) == (Status.SENT, AT, "in_app")


def test_a_message_in_the_history_waits_for_its_time_and_no_longer() -> None:
    (waits,) = admit(row("IN_APP"), REACHABLE, AT + 1, AT, RULES)
    waiting = fold(row("IN_APP"), (waits,))

    assert waits == Deferred(AT + 1)
    assert fold(waiting, resume(waiting, REACHABLE, AT + 1, RULES)).status is Status.SENT
    assert fold(row("IN_APP"), admit(row("IN_APP"), REACHABLE, AT, AT, RULES)).status is Status.SENT


def test_what_is_not_urgent_waits_for_its_time_and_then_for_the_digest() -> None:
    low = row(priority="LOW")

    waiting = fold(low, admit(low, REACHABLE, AT + HOUR_MS, AT, RULES))
    in_digest = fold(waiting, resume(waiting, REACHABLE, AT + HOUR_MS, RULES))

    assert (waiting.due_ms, waiting.in_digest) == (AT + HOUR_MS, False)
    assert in_digest.in_digest
    assert in_digest.timer[1] == 0, "the digest has a timer of its own"


@pytest.mark.parametrize("given", [{"digest_entries_max": 1}, {"digest_bytes_max": 9}])
def test_what_a_digest_has_no_place_for_is_not_sent(given: dict[str, int]) -> None:
    rules = replaced(**given)
    waits = Person(
        REACHABLE.contact, REACHABLE.preferences, digest=Digest(AT, ("k",), size_bytes=8)
    )

    assert admit(row(priority="LOW"), waits, 0, AT, rules) == (Suppressed("rate_limited"),)


def test_a_digest_is_filled_to_its_last_byte() -> None:
    waits = Person(
        REACHABLE.contact, REACHABLE.preferences, digest=Digest(AT, ("k",), size_bytes=8)
    )

    (fact,) = admit(row(priority="LOW"), waits, 0, AT, replaced(digest_bytes_max=10))

    assert isinstance(fact, Digested)


@pytest.mark.parametrize("going", [resume, retry], ids=["a wait", "a try"])
def test_who_stopped_the_channel_meanwhile_is_sent_nothing(going: Any) -> None:
    before = row() if going is resume else tried(1)

    after = fold(before, going(before, STOPPED, AT + HOUR_MS, RULES))

    assert after.reason == "opted_out"
    assert after.status in (Status.SUPPRESSED, Status.DEAD_LETTERED)
    assert after.timer[1] == 0


@pytest.mark.parametrize(("user_id", "told"), [("ops", 3), ("security", 3), ("u", None)])
def test_a_team_of_the_house_is_told_how_much_else_waits_for_it(
    user_id: str, told: int | None
) -> None:
    asked = msgspec.structs.replace(row(), user_id=user_id, template_data={"a": 1})
    waiting = Bookings(((AT, 5), (AT + HOUR_MS, 3)))
    crowd = Person(REACHABLE.contact, REACHABLE.preferences, waiting)

    first = fold(asked, admit(asked, crowd, 0, AT, RULES))
    failing = fold(first, refused(first, failed(1), "", AT, RULES))
    alone = fold(failing, retry(failing, REACHABLE, AT + 1000, RULES))

    assert first.template_data == {"a": 1} | ({} if told is None else {"heldBack": told})
    assert alone.template_data == {"a": 1}
    assert alone.reason == ""


def test_a_provider_is_named_and_what_it_sent_is_not_told_again() -> None:
    by_name = sent().model_copy(update={"provider": "ses"})

    arrived = fold(sending(), accepted(sending(), by_name, AT + 7))

    assert (arrived.provider, arrived.sent_at_ms) == ("ses", AT + 7)
    assert accepted(arrived, by_name, AT + 8) == ()
    assert accepted(tried(1), by_name, AT + 8) == (), "it failed, and is tried again"
    assert refused(tried(1), failed(1), "", AT, RULES) == ()


def test_pauses_use_up_no_try_however_many_they_are() -> None:
    current = sending()
    for _ in range(9):
        paused = refused(current, failed(current.attempts, "circuit_open"), "", AT, RULES)
        current = fold(current, paused)
        current = fold(current, retry(current, REACHABLE, AT, RULES))

    (fact,) = refused(current, failed(current.attempts), "", AT, RULES)

    assert fold(current, (fact,)).due_ms == AT + 1_000, "the wait after a first try"


def test_an_address_that_bounces_softly_is_tried_again_and_one_that_is_gone_is_not() -> None:
    (soft,) = refused(sending(), failed(1), "soft_bounce", AT, RULES)
    (hard,) = refused(sending(), failed(1), "hard_bounce", AT, RULES)

    assert fold(sending(), (soft,)).due_ms == AT + 1_000
    assert fold(sending(), (hard,)).status is Status.DEAD_LETTERED


@pytest.mark.parametrize(
    ("code", "attempts", "blamed"),
    [("complaint", 1, True), ("complaint", 2, False), ("soft_bounce", 1, False)],
)
def test_a_mail_that_comes_back_long_after_it_was_accepted_blames_its_address(
    code: str, attempts: int, *, blamed: bool
) -> None:
    assert blames_address(done(), failed(attempts), code, ()) is blamed


def test_a_receipt_delivers_only_what_was_sent() -> None:
    assert heard("DELIVERED", sending()).status is Status.SENDING
    assert heard("DELIVERED", heard("OPENED", done())).status is Status.ENGAGED
