from dataclasses import replace

import pytest

from streams.fraud.assess import (
    AccountSuspended,
    Advised,
    Assessed,
    Fact,
    FraudFound,
    advise,
    charge_back,
    clear_suspension,
    close_case,
    decide,
    fold,
    order_cancelled,
)
from streams.fraud.payment import Payment
from streams.fraud.profile import EMPTY, RiskProfile, suspending
from streams.fraud.rules import (
    ATTEMPTS_KEPT_MAX,
    CHARGEBACKS_KEPT_MAX,
    DEVICES_KEPT_MAX,
    REVIEWED_KEPT_MAX,
    SUSPENSIONS_KEPT_MAX,
)
from streams.fraud.scoring import Reason
from streams.moments import HOUR_MS, MINUTE_MS
from tests.streams.fraud.samples import (
    FRAUD_DEVICE,
    LAGOS,
    NOW_MS,
    PORTLAND,
    RULES,
    at,
    payment,
    profile_with_attempts,
    usual_payment,
    usual_profile,
)


def assessed(facts: tuple[Fact, ...]) -> Assessed:
    (found,) = [fact for fact in facts if isinstance(fact, Assessed)]
    return found


def found_in(facts: tuple[Fact, ...]) -> FraudFound | None:
    return next((fact for fact in facts if isinstance(fact, FraudFound)), None)


def seen_after(profile: RiskProfile, *payments: Payment, every_ms: int = MINUTE_MS) -> RiskProfile:
    for n, seen in enumerate(payments):
        profile = fold(profile, decide(profile, seen, NOW_MS + n * every_ms, RULES))
    return profile


# --- deciding


def test_a_usual_payment_is_approved_with_a_score_of_12() -> None:
    (only,) = decide(usual_profile(orders=47), usual_payment(), NOW_MS, RULES)

    assert isinstance(only, Assessed)
    assert (only.points, only.decision, only.reasons) == (12, "APPROVED", ())


def test_the_second_of_two_equal_payments_means_nothing() -> None:
    once = seen_after(EMPTY, usual_payment())

    assert decide(once, usual_payment(), NOW_MS + HOUR_MS, RULES) == ()


def test_a_stolen_card_is_critical_and_suspends_the_account() -> None:
    facts = decide(usual_profile(), usual_payment(card_reported_stolen=True), NOW_MS, RULES)

    assert (assessed(facts).score.points, assessed(facts).points) == (12, 95)
    assert assessed(facts).decision == "DECLINED"
    found = found_in(facts)
    assert found is not None
    assert (found.fraud_type, found.severity, found.review) == ("stolen_card", "critical", False)
    assert found.actions == ("payment_blocked", "account_suspended", "card_issuer_notified")
    (sign,) = found.signs
    assert (sign.type, sign.confidence) == ("card_reported_stolen", 0.98)
    assert AccountSuspended("pay_ord_1") in facts


def test_impossible_travel_is_high_and_reviewed() -> None:
    profile = usual_profile(place=at(PORTLAND, NOW_MS - 2 * HOUR_MS))
    far = usual_payment(latitude=LAGOS[0], longitude=LAGOS[1])

    facts = decide(profile, far, NOW_MS, RULES)

    assert (assessed(facts).score.points, assessed(facts).points) == (12, 82)
    assert assessed(facts).decision == "MANUAL_REVIEW"
    found = found_in(facts)
    assert found is not None
    assert (found.fraud_type, found.severity, found.review) == ("impossible_travel", "high", True)
    assert found.actions == ("payment_held", "customer_verification_requested")
    assert [sign.type for sign in found.signs] == ["impossible_travel"]
    assert AccountSuspended("pay_ord_1") not in facts


def test_a_device_known_from_fraud_declines_what_would_be_reviewed_as_high() -> None:
    profile = usual_profile(place=at(PORTLAND, NOW_MS - 2 * HOUR_MS))
    far = usual_payment(latitude=LAGOS[0], longitude=LAGOS[1], device_id=FRAUD_DEVICE)

    facts = decide(profile, far, NOW_MS, RULES)

    assert (assessed(facts).points, assessed(facts).decision) == (82, "DECLINED")
    found = found_in(facts)
    assert found is not None
    assert (found.severity, found.review) == ("high", False)
    assert found.actions == ("payment_blocked", "customer_verification_requested")
    assert [sign.type for sign in found.signs] == ["impossible_travel", "device_fingerprint"]


def test_a_device_known_from_fraud_only_scores_below_the_high_band() -> None:
    facts = decide(usual_profile(), usual_payment(device_id=FRAUD_DEVICE), NOW_MS, RULES)

    assert (assessed(facts).points, assessed(facts).decision) == (27, "APPROVED")
    assert assessed(facts).reasons == (Reason.KNOWN_FRAUD_DEVICE,)


def test_a_high_score_without_hard_evidence_rests_on_its_factors() -> None:
    seen = usual_payment(
        account_created_at_ms=NOW_MS,
        device_id="dev_9",
        ip_country="NG",
        addresses_match=False,
        amount_minor=249_999,
    )

    found = found_in(decide(usual_profile(), seen, NOW_MS, RULES))

    assert found is not None
    assert (found.fraud_type, found.severity, found.points) == ("high_risk_score", "high", 89)
    assert [sign.type for sign in found.signs] == [
        "customer_history",
        "device_fingerprint",
        "geolocation_mismatch",
        "shipping_billing_match",
        "order_amount",
        "velocity_check",
    ]


@pytest.mark.parametrize(
    ("given", "fraud_type"),
    [
        ({}, "velocity_anomaly"),
        ({"device_id": FRAUD_DEVICE}, "known_fraud_device"),
        ({"device_id": FRAUD_DEVICE, "card_reported_stolen": True}, "stolen_card"),
    ],
)
def test_a_finding_is_named_after_its_strongest_evidence_and_payments_are_the_least(
    given: dict[str, object], fraud_type: str
) -> None:
    told = {"account_created_at_ms": NOW_MS, "ip_country": "NG", "addresses_match": False}
    seen = usual_payment(**(told | {"device_id": "dev_9"} | given))

    found = found_in(decide(profile_with_attempts(6), seen, NOW_MS, RULES))

    assert found is not None
    assert found.fraud_type == fraud_type
    assert "velocity_anomaly" in [sign.type for sign in found.signs]


@pytest.mark.parametrize(
    ("first_points", "severity", "decision"),
    [(9, None, "MANUAL_REVIEW"), (10, "high", "MANUAL_REVIEW"), (20, "critical", "DECLINED")],
)
def test_a_finding_begins_at_80_and_is_critical_from_90_on(
    first_points: int, severity: str | None, decision: str
) -> None:
    seen = payment(
        account_created_at_ms=NOW_MS, device_id="dev_9", addresses_match=False, previous_orders=0
    )
    profile = RiskProfile(chargebacks=("cb_1",))
    rules = replace(RULES, points_device_first=first_points)  # 25 + 25 + 20 points beside it.

    facts = decide(profile, seen, NOW_MS, rules)

    assert (assessed(facts).points, assessed(facts).decision) == (70 + first_points, decision)
    found = found_in(facts)
    assert (found and found.severity) == severity


def test_the_eleventh_payment_of_an_hour_is_refused_whatever_its_score() -> None:
    tenth = decide(profile_with_attempts(9), usual_payment(), NOW_MS, RULES)
    eleventh = decide(profile_with_attempts(10), usual_payment(), NOW_MS, RULES)

    assert (assessed(tenth).decision, assessed(tenth).reasons) == ("APPROVED", ())
    assert assessed(eleventh).decision == "DECLINED"
    assert assessed(eleventh).reasons == (Reason.RATE_LIMITED,)
    assert assessed(eleventh).points == assessed(tenth).points


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        ({"card_reported_stolen": True}, (Reason.CARD_REPORTED_STOLEN,)),
        ({"device_id": "dev_bad"}, (Reason.RATE_LIMITED, Reason.KNOWN_FRAUD_DEVICE)),
    ],
)
def test_one_payment_too_many_that_is_fraud_is_not_told_as_one_too_many(
    given: dict[str, object], reasons: tuple[Reason, ...]
) -> None:
    rules = replace(RULES, fraud_devices=frozenset({"dev_bad"}))

    facts = decide(profile_with_attempts(10), usual_payment(**given), NOW_MS, rules)

    assert assessed(facts).decision == "DECLINED"
    assert {*assessed(facts).reasons} == {*reasons}


@pytest.mark.parametrize(("points", "reasons"), [(79, (Reason.RATE_LIMITED,)), (80, ()), (89, ())])
def test_one_payment_too_many_whose_score_is_a_finding_is_not_told_as_one_too_many(
    points: int, reasons: tuple[Reason, ...]
) -> None:
    seen = payment(
        account_created_at_ms=NOW_MS, device_id="dev_9", addresses_match=False, previous_orders=0
    )
    profile = RiskProfile(attempts=profile_with_attempts(10).attempts, chargebacks=("cb_1",))
    rules = replace(RULES, points_device_first=0, points_velocity_high=points - 70)

    told = assessed(decide(profile, seen, NOW_MS, rules))

    assert (told.points, told.decision, told.reasons) == (points, "DECLINED", reasons)


def test_one_payment_too_many_of_a_suspended_account_is_told_as_suspended() -> None:
    attempts = profile_with_attempts(10).attempts
    profile = usual_profile(attempts=attempts, suspended_by="pay_before_1")

    told = assessed(decide(profile, usual_payment(), NOW_MS, RULES))

    assert told.reasons == (Reason.ACCOUNT_SUSPENDED,)


def test_the_eleventh_payment_of_more_than_an_hour_is_not_refused() -> None:
    slowly = profile_with_attempts(10, every_ms=6 * MINUTE_MS)

    assert assessed(decide(slowly, usual_payment(), NOW_MS, RULES)).decision == "APPROVED"


def test_refused_payments_keep_counting() -> None:
    often = [usual_payment(payment_id=f"pay_{n}") for n in range(40)]

    profile = seen_after(usual_profile(), *often)

    (*_, last) = decide(profile, usual_payment(), NOW_MS + 40 * MINUTE_MS, RULES)
    assert isinstance(last, Assessed)
    assert last.reasons == (Reason.RATE_LIMITED,)


def test_a_suspended_account_pays_nothing_more() -> None:
    suspended = seen_after(usual_profile(), usual_payment(card_reported_stolen=True))

    facts = decide(suspended, usual_payment(payment_id="pay_ord_2"), NOW_MS + HOUR_MS, RULES)

    assert suspended.suspended_by == "pay_ord_1"
    assert assessed(facts).decision == "DECLINED"
    assert assessed(facts).reasons == (Reason.ACCOUNT_SUSPENDED,)
    assert found_in(facts) is None


def test_reasons_are_given_in_their_order_of_precedence() -> None:
    profile = profile_with_attempts(10)
    profile = usual_profile(
        attempts=profile.attempts,
        place=at(PORTLAND, NOW_MS - HOUR_MS),
        suspended_by="pay_before_1",
    )
    worst = usual_payment(
        latitude=LAGOS[0],
        longitude=LAGOS[1],
        card_reported_stolen=True,
        device_id=FRAUD_DEVICE,
    )

    told = assessed(decide(profile, worst, NOW_MS, RULES)).reasons

    assert told == tuple(one for one in Reason if one is not Reason.RATE_LIMITED)


# --- learning


def test_an_approved_payment_teaches_what_is_normal() -> None:
    profile = seen_after(EMPTY, usual_payment(device_id="dev_7"))

    assert profile.devices == ("dev_7",)
    assert (profile.orders, profile.approved_minor) == (1, 12_999)
    assert profile.place == at(PORTLAND, NOW_MS)
    assert [attempt.payment_id for attempt in profile.attempts] == ["pay_ord_1"]


@pytest.mark.parametrize(
    "told",
    [
        {"card_reported_stolen": True},
        {"account_created_at_ms": NOW_MS, "ip_country": "NG"},
    ],
    ids=["declined", "reviewed"],
)
def test_any_other_payment_only_counts_as_an_attempt(told: dict[str, object]) -> None:
    profile = seen_after(EMPTY, usual_payment(device_id="dev_7", **told))

    assert (profile.devices, profile.orders, profile.approved_minor) == ((), 0, 0)
    assert profile.place is None
    assert len(profile.attempts) == 1


def test_what_a_reviewer_approves_teaches_what_is_normal_too_and_once() -> None:
    strange = {"account_created_at_ms": NOW_MS, "ip_country": "NG", "device_id": "dev_7"}
    profile = seen_after(EMPTY, usual_payment(**strange))

    facts = close_case(profile, "pay_ord_1", "APPROVED")
    after = fold(profile, facts)

    assert (after.devices, after.orders, after.approved_minor) == (("dev_7",), 1, 12_999)
    assert after.reviewed == ()
    assert close_case(after, "pay_ord_1", "APPROVED") == ()
    undone = fold(after, order_cancelled(after, "pay_ord_1"))
    assert (undone.orders, undone.approved_minor) == (0, 0)


@pytest.mark.parametrize("number", ["2", "x1"])
def test_what_an_order_costs_beyond_its_price_is_no_order_of_its_own(number: str) -> None:
    added = usual_payment(payment_id=f"pay_ord_1:{number}", device_id="dev_7")

    before = seen_after(EMPTY, usual_payment(), added)
    after = fold(before, order_cancelled(before, "pay_ord_1"))

    assert (before.orders, before.approved_minor) == (1, 12_999)
    assert (before.devices, len(before.attempts)) == (("dev_1", "dev_7"), 2)
    assert (after.orders, after.approved_minor) == (0, 0)


def test_what_a_reviewer_lets_be_added_to_an_order_is_no_order_of_its_own() -> None:
    strange = {"account_created_at_ms": NOW_MS, "ip_country": "NG"}
    profile = seen_after(EMPTY, usual_payment(payment_id="pay_ord_1:2", **strange))

    after = fold(profile, close_case(profile, "pay_ord_1:2", "APPROVED"))

    assert (after.orders, after.approved_minor) == (0, 0)


@pytest.mark.parametrize("end", ["declined", "cancelled"])
def test_a_review_that_led_to_no_order_teaches_nothing(end: str) -> None:
    strange = {"account_created_at_ms": NOW_MS, "ip_country": "NG"}
    profile = seen_after(EMPTY, usual_payment(**strange))

    first = (
        order_cancelled(profile, "pay_ord_1")
        if end == "cancelled"
        else close_case(profile, "pay_ord_1", "DECLINED")
    )
    after = fold(profile, first)

    assert (after.devices, after.orders, after.reviewed) == ((), 0, ())
    assert close_case(after, "pay_ord_1", "APPROVED") == ()


def test_an_order_is_undone_once_and_one_that_nobody_knows_not_at_all() -> None:
    profile = seen_after(EMPTY, usual_payment(), usual_payment(payment_id="pay_ord_2"))
    assert order_cancelled(profile, "pay_ord_3") == ()

    undone = fold(profile, order_cancelled(profile, "pay_ord_1"))

    assert order_cancelled(undone, "pay_ord_1") == ()
    assert (undone.orders, undone.approved_minor) == (1, 12_999)
    neither = fold(undone, order_cancelled(undone, "pay_ord_2"))
    assert (neither.orders, neither.approved_minor) == (0, 0)


def test_the_end_of_a_review_says_nothing_of_other_payments() -> None:
    strange = {"account_created_at_ms": NOW_MS, "ip_country": "NG"}
    two = (usual_payment(**strange), usual_payment(payment_id="pay_2", amount_minor=1, **strange))
    profile = seen_after(EMPTY, *two)

    after = fold(profile, close_case(profile, "pay_2", "APPROVED"))

    assert [one.payment_id for one in after.reviewed] == ["pay_ord_1"]
    assert (after.orders, after.approved_minor) == (1, 1)
    declined = fold(after, close_case(after, "pay_ord_1", "DECLINED"))
    assert order_cancelled(declined, "pay_ord_1") == ()


def test_a_customer_is_where_they_paid_last() -> None:
    near = (PORTLAND[0] + 0.1, PORTLAND[1])
    moved = usual_payment(payment_id="pay_2", latitude=near[0], longitude=near[1])

    profile = seen_after(EMPTY, usual_payment(), moved)

    assert profile.place == at(near, NOW_MS + MINUTE_MS)


def test_who_was_approved_by_hand_three_times_is_not_reviewed_for_the_same_again() -> None:
    alike = {"previous_orders": 0, "addresses_match": False, "ip_region": "WA"}
    profile, decisions = EMPTY, []
    for number in range(5):
        told = usual_payment(payment_id=f"pay_ord_{number}", **alike)
        facts = decide(profile, told, NOW_MS + number * 24 * HOUR_MS, RULES)
        decisions.append(assessed(facts).decision)
        profile = fold(profile, facts)
        profile = fold(profile, close_case(profile, f"pay_ord_{number}", "APPROVED"))

    assert decisions == [*["MANUAL_REVIEW"] * 3, *["APPROVED"] * 2]


def test_only_the_newest_payments_under_review_are_remembered() -> None:
    strange = {"account_created_at_ms": NOW_MS, "ip_country": "NG"}
    names = [f"pay_{number}" for number in range(REVIEWED_KEPT_MAX + 2)]
    payments = [usual_payment(payment_id=name, **strange) for name in names]

    profile = seen_after(EMPTY, *payments, every_ms=HOUR_MS)

    assert [one.payment_id for one in profile.reviewed] == names[2:]


def test_the_device_last_used_is_the_last_to_be_forgotten() -> None:
    devices = [f"dev_{n}" for n in range(DEVICES_KEPT_MAX)]
    used = [*devices, "dev_0", "dev_new"]

    profile = seen_after(
        EMPTY,
        *[usual_payment(payment_id=f"pay_{n}", device_id=device) for n, device in enumerate(used)],
        every_ms=HOUR_MS,
    )

    assert profile.devices == (*devices[2:], "dev_0", "dev_new")


def test_the_payment_that_arrived_first_is_the_first_to_be_forgotten() -> None:
    count = ATTEMPTS_KEPT_MAX + 3

    profile = seen_after(EMPTY, *[usual_payment(payment_id=f"pay_{n}") for n in range(count)])

    assert [a.payment_id for a in profile.attempts] == [f"pay_{n}" for n in range(3, count)]


def test_a_late_payment_does_not_move_the_customer_back() -> None:
    here = usual_payment()
    there = usual_payment(payment_id="pay_ord_2", latitude=52.52, longitude=13.405)

    profile = fold(EMPTY, decide(EMPTY, here, NOW_MS, RULES))
    profile = fold(profile, decide(profile, there, NOW_MS - 24 * HOUR_MS, RULES))

    assert profile.orders == 2
    assert profile.place == at(PORTLAND, NOW_MS)


# --- other inputs


def test_a_check_on_request_scores_and_changes_nothing() -> None:
    profile = profile_with_attempts(10)

    facts = advise(profile, payment(), NOW_MS, RULES)

    (only,) = facts
    assert isinstance(only, Advised)
    assert (only.score.points, only.review) == (23, False)
    assert fold(profile, facts) == profile


def test_a_chargeback_counts_once_and_raises_the_next_score() -> None:
    before = assessed(decide(usual_profile(), usual_payment(), NOW_MS, RULES)).points

    profile = fold(usual_profile(), charge_back(usual_profile(), "cb_1", "lost"))

    assert charge_back(profile, "cb_1", "lost") == ()
    assert assessed(decide(profile, usual_payment(), NOW_MS, RULES)).points == before + 25


def test_only_the_last_chargebacks_are_remembered() -> None:
    profile = EMPTY
    for n in range(10):
        profile = fold(profile, charge_back(profile, f"cb_{n}", "lost"))

    assert profile.chargebacks == tuple(f"cb_{n}" for n in range(10 - CHARGEBACKS_KEPT_MAX, 10))


def test_a_suspension_is_lifted_when_its_own_case_is_cleared() -> None:
    suspended = seen_after(usual_profile(), usual_payment(card_reported_stolen=True))

    assert close_case(suspended, "pay_ord_1", "DECLINED") == ()
    assert close_case(suspended, "pay_ord_2", "APPROVED") == ()
    lifted = fold(suspended, close_case(suspended, "pay_ord_1", "APPROVED"))
    assert lifted.suspended_by is None
    assert close_case(lifted, "pay_ord_1", "APPROVED") == ()


@pytest.mark.parametrize("order", [("pay_ord_1", "pay_ord_2"), ("pay_ord_2", "pay_ord_1")])
def test_an_account_stays_suspended_until_each_critical_finding_is_cleared(
    order: tuple[str, str],
) -> None:
    stolen = [
        usual_payment(payment_id=name, card_reported_stolen=True)
        for name in ("pay_ord_1", "pay_ord_2")
    ]
    suspended = seen_after(usual_profile(), *stolen)

    once = fold(suspended, clear_suspension(suspended, order[0]))
    twice = fold(once, close_case(once, order[1], "APPROVED"))

    assert suspending(suspended) == ("pay_ord_1", "pay_ord_2")
    assert suspending(once) == (once.suspended_by,) == (order[1],)
    assert suspending(twice) == ()


def test_only_the_newest_findings_that_suspend_an_account_are_remembered() -> None:
    stolen = [
        usual_payment(payment_id=f"pay_ord_{n}", card_reported_stolen=True) for n in range(20)
    ]

    profile = seen_after(usual_profile(), *stolen)

    kept = [f"pay_ord_{n}" for n in range(20 - SUSPENSIONS_KEPT_MAX, 20)]
    assert [*suspending(profile)] == kept


@pytest.mark.parametrize("outcome", ["won", "withdrawn"])
def test_a_dispute_that_was_not_lost_says_nothing_of_the_customer(outcome: str) -> None:
    assert charge_back(usual_profile(), "cb_1", outcome) == ()
