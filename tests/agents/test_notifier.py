"""The queue: limits, waits, retries, other channels, history; and nothing sent twice."""

from datetime import UTC, datetime
from itertools import count

import msgspec
import pytest

from events.notifications import CustomerEngagementRecorded, Interaction, NotificationFailed
from events.registrations import UserSignedUpEvent
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from streams.notifications.rows import Preferences
from tables.notifications import (
    BOOKINGS,
    CONTACTS,
    DIGESTS,
    NOTIFICATION_IDS,
    NOTIFICATIONS,
    PREFERENCES,
)
from tests.agents.post_office import NOON_MS, PostOffice, ask
from tests.engine.walked import Walked
from topics import NOTIFICATIONS_EVENTS, NOTIFICATIONS_QUEUE, PULSE

AT = datetime(2025, 6, 16, 12, tzinfo=UTC)


def signed_up(phone: str = "+442071838750", timezone: str = "Europe/London") -> UserSignedUpEvent:
    return UserSignedUpEvent(
        user_id="cus_1",
        email="ann@example.com",
        signup_method="email",
        profile={"phone": phone, "timezone": timezone},
        verification={"phoneVerified": True},
    )


NUMBERS = count(1)


def engaged(
    key: str, kind: str, channel: str = "EMAIL", **details: str
) -> CustomerEngagementRecorded:
    return CustomerEngagementRecorded(
        engagement_id=f"eng_{next(NUMBERS)}",
        customer_id="cus_1",
        notification_id=key,
        root_interaction=Interaction(
            interaction_id="int_1", kind=kind, channel=channel, occurred_at=AT, details=details
        ),
        total_interactions=1,
        recorded_at=AT,
    )


# --- once ------------------------------------------------------------------------------------


def test_a_message_counts_once_by_its_key_and_by_its_id() -> None:
    office = PostOffice().tell(
        ask("k1"),
        ask("k1"),
        ask("k2", notification_id="k1"),
        ask("k1", notification_id="n3"),
    )

    assert len(office.mails()) == 1
    assert list(office.statuses()) == ["k1"]


@pytest.mark.parametrize("chunk_max", [1, 1000])
def test_a_restart_between_any_two_commits_sends_nothing_twice(chunk_max: int) -> None:
    office = PostOffice(chunk_max=chunk_max)
    for number in range(5):
        office.put(ask(f"k{number}"))

    office.driver.run()
    office.driver.restart().run()

    assert [kept.sent for kept in office.outboxes["EMAIL"].messages()] == [1] * 5
    assert set(office.statuses().values()) == {"sent"}


# --- tries -----------------------------------------------------------------------------------


def test_a_failing_provider_is_tried_again_after_1_4_and_16_seconds_then_given_up() -> None:
    office = PostOffice()
    office.outboxes["EMAIL"].outage = True
    office.tell(ask("k1"))
    waits = []

    for _ in range(3):
        before = office.driver.now_ms
        while office.history()[0].due_ms:
            due_ms = office.history()[0].due_ms
            office.driver.advance(1_000)
            if office.history()[0].due_ms != due_ms:
                break
        waits.append(office.driver.now_ms - before)
    (row,) = office.history()

    assert waits == [1_000, 4_000, 16_000]
    assert (row.status, row.attempts, row.reason) == ("dead_lettered", 4, "provider_error")
    assert office.driver.timers() == {"notifier.history": 1}
    failed = [told.data for told in office.said(NOTIFICATIONS_EVENTS, name="NotificationFailed")]
    assert [(told.attempts, told.dead_lettered) for told in failed] == [
        (1, False),
        (2, False),
        (3, False),
        (4, False),
        (4, True),
    ]


def test_a_message_above_256_kb_is_a_dead_letter_and_the_next_is_sent() -> None:
    office = PostOffice()
    large = ask("k1").model_copy(update={"template_data": {"text": "x" * 262_144}})

    office.tell(large, ask("k2"))

    (letter,) = office.driver.dead_letters(NOTIFICATIONS_QUEUE)
    assert "expected at most 262144" in letter.reason
    assert office.statuses() == {"k2": "sent"}


def test_what_was_given_up_is_a_dead_letter_whose_replay_is_sent() -> None:
    office = PostOffice()
    office.outboxes["EMAIL"].outage = True
    office.tell(ask("k1"))
    office.driver.advance(60_000, step_ms=1_000)
    office.outboxes["EMAIL"].outage = False

    (letter,) = office.driver.dead_letters(NOTIFICATIONS_QUEUE)
    key = (letter.key or b"").decode()
    office.driver.send(NOTIFICATIONS_QUEUE, letter.value, key, headers=letter.headers)
    office.driver.run()

    assert (letter.topic, letter.agent) == ("notifications.dev.queue", "notifier")
    assert letter.error == "NotSent"
    assert letter.reason == "k1: provider_error, tries: 4: outbox-email: connection refused"
    assert office.driver.stats.dead == {("notifications.dev.queue", "notifier", "NotSent"): 1}
    assert b"ann@example.com" not in (letter.value or b"")
    assert office.statuses() == {"k1": "dead_lettered", "k1:again": "sent"}


def test_a_message_that_goes_through_at_the_third_try_is_sent_once() -> None:
    office = PostOffice().tell(ask("k1", email="flaky@example.com"))

    office.driver.advance(30_000, step_ms=1_000)

    (row,) = office.history()
    assert (row.status, row.attempts) == ("sent", 3)
    assert row.sent_at_ms - row.queued_at_ms <= 30_000  # The promise.
    assert [kept.sent for kept in office.outboxes["EMAIL"].messages()] == [1]


def test_a_template_that_is_not_there_is_not_tried_again() -> None:
    office = PostOffice().tell(ask("k1", template_id="nobody-wrote-me"))

    (row,) = office.history()
    assert (row.status, row.attempts) == ("dead_lettered", 1)


def test_data_that_its_template_cannot_use_ends_only_that_message() -> None:
    office = PostOffice().tell(ask("k1", template_data={}), ask("k2"))

    assert office.statuses() == {"k1": "dead_lettered", "k2": "sent"}


def test_a_channel_of_which_more_than_half_fails_pauses_for_a_minute() -> None:
    office = PostOffice(breaker_calls_min=4, recipient_max=100)
    office.outboxes["EMAIL"].outage = True
    for number in range(6):
        office.put(ask(f"k{number}"))
    office.driver.run()
    reasons = [row.reason for row in office.history()]

    office.outboxes["EMAIL"].outage = False
    office.driver.advance(2 * MINUTE_MS, step_ms=1_000)

    assert "circuit_open" in reasons
    assert set(office.statuses().values()) == {"sent"}
    assert len(office.mails()) == 6


# --- where -----------------------------------------------------------------------------------


def test_an_sms_goes_to_a_verified_number() -> None:
    office = PostOffice().tell(signed_up(), ask("e1:SMS", "SMS"))

    (kept,) = office.outboxes["SMS"].messages()
    assert kept.message.to == ("+442071838750",)
    assert kept.message.html == ""


def test_an_unverified_number_gets_no_sms_and_the_mail_stands_in_once() -> None:
    office = PostOffice().tell(
        ask("e1:SMS", "SMS", phone="+442071838750"), ask("e1:EMAIL", "EMAIL")
    )

    assert office.outboxes["SMS"].messages() == ()
    assert office.statuses() == {"e1:SMS": "suppressed", "e1:EMAIL": "sent"}
    assert len(office.mails()) == 1


def test_a_channel_that_was_asked_for_anyhow_is_not_asked_for_again() -> None:
    office = PostOffice().tell(
        ask("e1:EMAIL", "EMAIL"), ask("e1:SMS", "SMS", phone="+442071838750")
    )

    assert office.statuses() == {"e1:SMS": "suppressed", "e1:EMAIL": "sent"}
    assert office.said(NOTIFICATIONS_QUEUE) == []


def test_who_has_no_address_is_told_in_the_app() -> None:
    office = PostOffice().tell(ask("e1:SMS", "SMS", email=None))

    assert office.statuses() == {
        "e1:SMS": "suppressed",
        "e1:EMAIL": "suppressed",
        "e1:IN_APP": "sent",
    }
    reasons = {t.data.reason for t in office.said(NOTIFICATIONS_EVENTS, name="NotificationFailed")}
    assert reasons == {"no_contact_point"}


def test_a_hard_bounce_closes_mail_and_the_app_stands_in() -> None:
    office = PostOffice().tell(ask("e1:EMAIL", email="hard-bounce@example.com"))
    first = office.statuses()

    office.tell(ask("e2:EMAIL", email="hard-bounce@example.com"))

    assert first == {"e1:EMAIL": "dead_lettered", "e1:IN_APP": "sent"}
    assert office.statuses()["e2:EMAIL"] == "suppressed"


@pytest.mark.parametrize("code", ["hard_bounce", "complaint"])
def test_what_comes_back_after_it_was_accepted_closes_mail_and_changes_no_history(
    code: str,
) -> None:
    office = PostOffice().tell(ask("e1:EMAIL"))
    back = NotificationFailed(
        notification_id="e1:EMAIL",
        user_id="cus_1",
        channel="EMAIL",
        reason="provider_error",
        attempts=1,
        dead_lettered=False,
    )

    office.put(back, metadata={"code": code})
    office.driver.run()
    office.tell(ask("e2:EMAIL"))

    assert office.statuses() == {
        "e1:EMAIL": "sent",
        "e2:EMAIL": "suppressed",
        "e2:IN_APP": "sent",
    }


def test_who_gives_another_address_gets_mail_there_and_none_at_the_one_that_bounced() -> None:
    office = PostOffice().tell(ask("e1:EMAIL", email="hard-bounce@example.com"))

    office.tell(ask("e2:EMAIL", email="ann@example.com"))
    office.tell(ask("e3:EMAIL", email="hard-bounce@example.com"))

    assert office.statuses()["e2:EMAIL"] == "sent"
    assert office.statuses()["e3:EMAIL"] == "suppressed"


def test_three_soft_bounces_in_a_week_close_mail() -> None:
    office = PostOffice(retry_1_ms=1, retry_2_ms=1, retry_3_ms=1)
    closed = []

    for number in range(3):
        office.tell(ask(f"e{number}:EMAIL", email="soft-bounce@example.com"))
        office.driver.advance(10_000, step_ms=1_000)
        closed.append(len(office.driver.rows(PREFERENCES)["cus_1"].closed))

    assert closed == [0, 0, 1]


def test_dead_devices_are_forgotten_and_live_ones_get_the_push() -> None:
    office = PostOffice().tell(ask("e1:PUSH", "PUSH", tokens=("dead-1", "live-1")))

    assert office.statuses() == {"e1:PUSH": "sent"}
    assert office.driver.rows(CONTACTS)["cus_1"].device_tokens == ("live-1",)


def test_a_push_to_devices_that_are_all_gone_is_no_dead_letter() -> None:
    office = PostOffice().tell(ask("e1:PUSH", "PUSH", tokens=("dead-1", "dead-2")))

    assert office.statuses() == {"e1:PUSH": "dead_lettered"}
    assert office.driver.rows(CONTACTS)["cus_1"].device_tokens == ()
    assert office.driver.dead_letters(NOTIFICATIONS_QUEUE) == []


def test_who_stops_a_channel_gets_nothing_by_it_not_even_what_is_urgent() -> None:
    office = PostOffice().tell(signed_up(), ask("e1:SMS", "SMS"))

    office.tell(engaged("e1:SMS", "UNSUBSCRIBED", "SMS"), ask("e2:SMS", "SMS", priority="HIGH"))

    assert office.driver.rows(PREFERENCES)["cus_1"].opted_out == ("SMS",)
    assert office.statuses()["e2:SMS"] == "suppressed"
    assert office.statuses()["e2:EMAIL"] == "sent"


def test_start_opens_a_channel_again() -> None:
    office = PostOffice().tell(signed_up(), ask("e1:SMS", "SMS"))
    office.tell(engaged("e1:SMS", "UNSUBSCRIBED", "SMS"))

    office.tell(engaged("e1:SMS", "CLICKED", "SMS", keyword="start"), ask("e2:SMS", "SMS"))

    assert office.statuses()["e2:SMS"] == "sent"


# --- when ------------------------------------------------------------------------------------


def test_after_ten_messages_an_hour_the_next_ones_go_out_in_the_next_hour() -> None:
    office = PostOffice()
    for number in range(23):
        office.put(ask(f"k{number:02d}"))
    office.driver.run()
    counts = [len(office.mails())]

    for _ in range(3):
        office.driver.advance(HOUR_MS, step_ms=HOUR_MS)
        counts.append(len(office.mails()))

    assert counts == [10, 20, 23, 23]


def test_what_is_urgent_passes_the_limit_and_what_is_not_is_dropped_over_it() -> None:
    office = PostOffice()
    for number in range(10):
        office.put(ask(f"k{number}"))

    office.tell(ask("high", priority="HIGH"), ask("low", priority="LOW"))

    assert office.statuses()["high"] == "sent"
    assert office.statuses()["low"] == "suppressed"


def test_of_what_can_wait_ten_an_hour_come_into_the_digest() -> None:
    office = PostOffice()

    for number in range(12):
        office.tell(ask(f"k{number:02d}", priority="LOW"))

    statuses = list(office.statuses().values())
    assert (statuses.count("queued"), statuses.count("suppressed")) == (10, 2)


def test_what_a_digest_has_no_place_for_is_told_as_not_sent() -> None:
    office = PostOffice(recipient_max=1_000, digest_entries_max=3)

    for number in range(5):
        office.tell(ask(f"k{number}", priority="LOW"))
    failed = [
        one.data.reason for one in office.said(NOTIFICATIONS_EVENTS, name="NotificationFailed")
    ]
    office.driver.advance(DAY_MS)

    assert failed == ["rate_limited"] * 2
    assert sorted(office.statuses().values()) == ["sent"] * 4 + ["suppressed"] * 2


def test_a_digest_of_many_words_goes_out_and_so_does_the_next() -> None:
    office = PostOffice()
    words = {"product": "Lamp", "productId": "prd_1", "text": "x" * 200_000}
    for number in range(5):
        office.tell(ask(f"k{number}", priority="LOW", template_data=words))

    office.driver.advance(DAY_MS)
    office.tell(ask("next", priority="LOW"))
    office.driver.advance(DAY_MS)

    assert [mail.text.count("Lamp is back") for mail in office.mails()] == [2, 1]
    assert office.driver.stats.failed_timers == {}
    assert office.driver.rows(DIGESTS) == {}


def test_messages_in_the_app_count_for_no_limit() -> None:
    office = PostOffice()

    for number in range(15):
        office.tell(ask(f"k{number}", "IN_APP"))

    assert set(office.statuses().values()) == {"sent"}
    assert office.tell(ask("mail")).statuses()["mail"] == "sent"


@pytest.mark.parametrize(
    ("priority", "sent"), [("NORMAL", 0), ("HIGH", 1)], ids=["normal waits", "high passes"]
)
def test_in_quiet_hours_an_sms_waits_for_the_morning(priority: str, sent: int) -> None:
    # 21:30 in London; the morning is 10.5 hours away.
    office = PostOffice(start_ms=NOON_MS + 8 * HOUR_MS + 30 * MINUTE_MS)
    office.tell(signed_up(), ask("e1:SMS", "SMS", priority=priority))
    at_night = len(office.outboxes["SMS"].messages())

    office.driver.advance(10 * HOUR_MS + 29 * MINUTE_MS)
    before_eight = len(office.outboxes["SMS"].messages())
    office.driver.advance(MINUTE_MS)

    assert (at_night, before_eight) == (sent, sent)
    assert len(office.outboxes["SMS"].messages()) == 1


def test_a_scheduled_message_waits_for_its_time() -> None:
    later = datetime(2025, 6, 16, 13, tzinfo=UTC)
    office = PostOffice().tell(ask("k1", scheduled_at=later))
    before = len(office.mails())

    office.driver.advance(HOUR_MS)

    assert (before, len(office.mails())) == (0, 1)


def test_a_message_for_a_time_beyond_the_history_is_sent_and_then_forgotten() -> None:
    in_autumn = datetime(2025, 10, 16, 13, tzinfo=UTC)
    office = PostOffice().tell(ask("k1", scheduled_at=in_autumn), ask("k2"))

    office.driver.advance(122 * DAY_MS, step_ms=DAY_MS)
    before = (len(office.mails()), set(office.statuses()))
    office.driver.advance(HOUR_MS)
    after = (len(office.mails()), office.statuses())
    office.driver.advance(90 * DAY_MS)

    assert before == (1, {"k1"})
    assert after == (2, {"k1": "sent"})
    assert office.statuses() == {}
    assert office.driver.timers() == {}


def test_low_messages_are_one_mail_at_nine_in_the_morning() -> None:
    office = PostOffice().tell(
        signed_up(), ask("k1", priority="LOW"), ask("k2", priority="LOW")
    )  # 13:00 in London
    office.driver.advance(20 * HOUR_MS - 1)
    before = (len(office.mails()), set(office.statuses().values()))

    office.driver.advance(1)

    (mail,) = office.mails()
    assert before == (0, {"queued"})
    assert mail.subject == "Your daily digest"
    assert mail.text.count("Lamp is back in stock.") == 2
    assert set(office.statuses().values()) == {"sent"}


def test_a_low_message_that_is_scheduled_is_in_the_first_digest_after_its_time() -> None:
    at_noon = datetime(2025, 6, 17, 11, tzinfo=UTC)
    office = PostOffice().tell(
        signed_up(), ask("k1", priority="LOW"), ask("k2", priority="LOW", scheduled_at=at_noon)
    )

    office.driver.advance(20 * HOUR_MS)
    before = (len(office.mails()), office.statuses()["k2"])
    office.driver.advance(24 * HOUR_MS, step_ms=HOUR_MS)

    assert before == (1, "queued")
    assert [mail.text.count("Lamp is back in stock.") for mail in office.mails()] == [1, 1]
    assert office.statuses()["k2"] == "sent"


def test_the_history_is_kept_for_ninety_days() -> None:
    office = PostOffice().tell(ask("k1"))
    office.driver.advance(30 * DAY_MS)
    office.tell(ask("k2"))

    office.driver.advance(60 * DAY_MS - 1)
    before = set(office.statuses())
    office.driver.advance(1)
    between = set(office.statuses())
    office.driver.advance(30 * DAY_MS)

    assert (before, between) == ({"k1", "k2"}, {"k2"})
    assert office.driver.rows(NOTIFICATIONS) == {}
    assert office.driver.rows(NOTIFICATION_IDS) == {}
    assert office.driver.timers() == {}


@pytest.mark.parametrize("every_ms", [MINUTE_MS, 5 * HOUR_MS, 8 * DAY_MS])
def test_each_message_of_a_long_history_ends_by_itself(every_ms: int) -> None:
    office = PostOffice()
    for number in range(10):
        office.tell(ask(f"k{number}"))
        office.driver.advance(every_ms)
    left = []

    office.driver.advance(90 * DAY_MS - 10 * every_ms)
    for _ in range(10):
        left.append(len(office.history()))
        office.driver.advance(every_ms)

    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert office.driver.rows(NOTIFICATION_IDS) == office.driver.rows(BOOKINGS) == {}
    assert office.driver.timers() == {}


def test_a_message_that_ends_does_not_have_the_whole_history_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.driver.MemoryStore", Walked)
    office = PostOffice(partitions=1)
    for number in range(50):
        office.tell(ask(f"k{number}"))
        office.driver.advance(6 * HOUR_MS)
    [store] = [lane.store for lane in office.driver._lanes]
    office.driver.advance(90 * DAY_MS - 50 * 6 * HOUR_MS - 1)
    before = store.walked[NOTIFICATIONS.name]

    office.driver.advance(1)

    assert store.walked[NOTIFICATIONS.name] - before < 10, "what ended, and the next day's four"
    assert len(office.history()) == 49


# --- history ---------------------------------------------------------------------------------


def test_the_newest_notification_comes_first_and_is_unread() -> None:
    office = PostOffice().tell(ask("k1"))
    office.driver.advance(1_000)

    office.tell(ask("k2"))

    assert [row.notification_id for row in office.history()] == ["k2", "k1"]
    assert {row.read_at_ms for row in office.history()} == {0}


def test_a_receipt_and_an_opening_move_it_on_and_mark_it_read() -> None:
    office = PostOffice().tell(ask("k1"), engaged("k1", "DELIVERED"))
    delivered = office.statuses()["k1"]

    office.tell(engaged("k1", "OPENED"), engaged("k1", "DELIVERED"))

    assert (delivered, office.statuses()["k1"]) == ("delivered", "engaged")
    assert office.history()[0].read_at_ms > 0


def test_nobody_engages_with_what_is_somebody_elses() -> None:
    office = PostOffice().tell(ask("k1", user_id="cus_2"), engaged("k1", "UNSUBSCRIBED"))

    assert office.statuses("cus_2") == {"k1": "sent"}
    assert "cus_1" not in office.driver.rows(PREFERENCES)


def test_what_an_account_prefers_is_kept() -> None:
    office = PostOffice().tell(signed_up(timezone="Europe/Berlin"))

    assert office.driver.rows(PREFERENCES)["cus_1"] == Preferences(
        "cus_1", timezone="Europe/Berlin"
    )


def test_a_message_keyed_by_somebody_else_still_reaches_its_recipients_partition() -> None:
    office = PostOffice()
    for partition in range(3):
        office.put(ask(f"k{partition}"), partition=partition)

    office.driver.run()

    assert len(office.mails()) == 3
    assert len(office.said(NOTIFICATIONS_QUEUE)) == 0


# --- figures ---------------------------------------------------------------------------------


def latencies(office: PostOffice) -> dict[str, int]:
    told = office.said(NOTIFICATIONS_EVENTS, name="NotificationSent")
    return {envelope.data.notification_id: envelope.data.latency_ms for envelope in told}


def test_latency_counts_from_the_event() -> None:
    office = PostOffice()
    office.put(ask("k1"))
    office.driver.now_ms += 700  # The queue's record is on its way to the notifier.
    office.driver.run()

    assert latencies(office) == {"k1": 700}


def test_what_was_put_off_counts_from_the_time_it_was_put_off_to() -> None:
    office = PostOffice().tell(
        ask("k1", scheduled_at=datetime.fromtimestamp(NOON_MS / 1000 + 3600, UTC))
    )

    office.driver.advance(3600_000 + 400)

    assert latencies(office) == {"k1": 400}


def test_how_many_wait_for_a_provider_is_told_among_the_figures() -> None:
    office = PostOffice(partitions=1, breaker_calls_min=1_000)
    office.outboxes["EMAIL"].outage = True
    office.tell(ask("k1"), ask("k2"))
    office.driver.advance(500)
    office.outboxes["EMAIL"].outage = False
    office.driver.advance(60_000, step_ms=1_000)

    told = [msgspec.json.decode(record.value or b"") for record in office.driver.outputs(PULSE)]
    assert [part["cells"]["waiting"][1] for part in told if part["figure"] == "letters"] == [2, 0]


def test_a_try_that_failed_tells_how_long_its_message_waits() -> None:
    office = PostOffice()
    office.outboxes["EMAIL"].outage = True
    office.tell(ask("k1"))
    office.driver.advance(1_000)

    failed = office.said(NOTIFICATIONS_EVENTS, name="NotificationFailed")
    assert [(envelope.metadata or {}).get("latencyMs") for envelope in failed] == [0, 1_000]


def test_what_followed_from_a_delivery_is_heeded_too() -> None:
    told = engaged("k1", "DELIVERED")
    stop = Interaction(
        interaction_id="i2",
        kind="UNSUBSCRIBED",
        channel="EMAIL",
        occurred_at=told.root_interaction.occurred_at,
    )
    opened = stop.model_copy(update={"kind": "OPENED", "children": (stop,)})
    tree = told.root_interaction.model_copy(update={"children": (opened,)})

    office = PostOffice().tell(
        ask("k1"), told.model_copy(update={"root_interaction": tree}), ask("k2")
    )

    assert (office.statuses()["k1"], office.statuses()["k2"]) == ("engaged", "suppressed")


def test_an_engagement_that_is_told_again_takes_nothing_back() -> None:
    stop, start = engaged("e1:SMS", "UNSUBSCRIBED", "SMS"), "CLICKED"
    office = PostOffice().tell(signed_up(), ask("e1:SMS", "SMS", priority="HIGH"), stop)
    office.tell(engaged("e1:SMS", start, "SMS", keyword="start"), stop)

    office.tell(ask("e2:SMS", "SMS", priority="HIGH"))

    assert office.statuses()["e2:SMS"] == "sent"


def test_a_customer_is_not_told_what_waits() -> None:
    office = PostOffice(recipient_max=1)
    for number in range(3):
        office.tell(ask(f"evt_{number}:EMAIL"))
    office.driver.advance(HOUR_MS, step_ms=60_000)

    assert len(office.mails()) == 2
    assert not any("more message" in mail.text + mail.html for mail in office.mails())
