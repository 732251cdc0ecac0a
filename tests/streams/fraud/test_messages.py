from events.fraud import (
    Evidence,
    FraudCheckCompleted,
    FraudDetected,
    RiskScoreCalculated,
    Thresholds,
)
from streams.fraud.assess import advise, decide
from streams.fraud.messages import id_of, messages
from streams.fraud.profile import EMPTY
from streams.moments import moment_of
from tests.streams.fraud.samples import (
    NOW_MS,
    RULES,
    payment,
    profile_with_attempts,
    usual_payment,
    usual_profile,
)


def test_a_usual_payment_is_told_as_scored_and_approved() -> None:
    profile = usual_profile(orders=47)

    scored, checked = messages(decide(profile, usual_payment(), NOW_MS, RULES), NOW_MS, RULES)

    assert isinstance(scored, RiskScoreCalculated)
    assert (scored.assessment_id, scored.transaction_id) == ("risk_ord_1", "txn_ord_1")
    assert (scored.payment_id, scored.order_id) == ("pay_ord_1", "ord_1")
    assert scored.customer_id == "cust_1"
    assert (scored.risk_score, scored.risk_level, scored.max_score) == (12, "low", 100)
    assert scored.threshold == Thresholds(low=20, medium=50, high=80)
    assert (scored.recommendation, scored.requires_manual_review) == ("approve", False)
    assert scored.confidence == 0.99
    assert scored.factors is not None
    assert [(factor.name, factor.score) for factor in scored.factors] == [
        ("customer_history", 2),
        ("device_fingerprint", 5),
        ("geolocation_mismatch", 0),
        ("shipping_billing_match", 0),
        ("order_amount", 0),
        ("velocity_check", 5),
    ]
    assert isinstance(checked, FraudCheckCompleted)
    assert (checked.transaction_id, checked.payment_id) == ("txn_ord_1", "pay_ord_1")
    assert (checked.risk_score, checked.decision) == (12, "APPROVED")
    assert checked.customer_id is None  # Only the outcome of a review goes back to the profile.
    assert checked.reasons == (
        "Returning customer with 47 previous orders",
        "Known device",
        "Normal purchase frequency",
    )


def test_each_tells_when_its_payment_was_looked_at() -> None:
    stolen = usual_payment(card_reported_stolen=True)

    scored, found, checked = messages(decide(EMPTY, stolen, NOW_MS, RULES), NOW_MS, RULES)

    assert isinstance(scored, RiskScoreCalculated)
    assert isinstance(found, FraudDetected)
    assert isinstance(checked, FraudCheckCompleted)
    told = (scored.calculated_at, found.detected_at, checked.checked_at)
    assert told == (moment_of(NOW_MS),) * 3


def test_a_finding_carries_the_floor_and_the_score_keeps_the_raw_sum() -> None:
    stolen = usual_payment(card_reported_stolen=True)

    scored, found, checked = messages(decide(usual_profile(), stolen, NOW_MS, RULES), NOW_MS, RULES)

    assert isinstance(scored, RiskScoreCalculated)
    assert (scored.risk_score, scored.risk_level) == (12, "low")
    assert isinstance(found, FraudDetected)
    assert (found.fraud_case_id, found.assessment_id) == ("fraud_ord_1", "risk_ord_1")
    assert (found.risk_score, found.severity, found.review_required) == (95, "critical", False)
    assert (found.amount_minor, found.currency) == (12_999, "USD")
    assert found.actions_taken == (
        "payment_blocked",
        "account_suspended",
        "card_issuer_notified",
    )
    assert found.evidence == (
        Evidence(type="card_reported_stolen", description="Card reported stolen", confidence=0.98),
    )
    assert isinstance(checked, FraudCheckCompleted)
    assert (checked.risk_score, checked.decision) == (95, "DECLINED")
    assert checked.reasons[0] == "card_reported_stolen"


def test_a_refusal_is_the_first_of_the_reasons() -> None:
    facts = decide(profile_with_attempts(10), usual_payment(), NOW_MS, RULES)

    _, checked = messages(facts, NOW_MS, RULES)

    assert isinstance(checked, FraudCheckCompleted)
    assert (checked.decision, checked.reasons[0]) == ("DECLINED", "rate_limited")


def test_a_payment_of_which_nothing_stands_out_has_a_reason_too() -> None:
    _, checked = messages(decide(EMPTY, payment(), NOW_MS, RULES), NOW_MS, RULES)

    assert isinstance(checked, FraudCheckCompleted)
    assert checked.reasons == ("Nothing stands out",)


def test_a_check_on_request_is_told_as_a_score_and_never_as_a_decision() -> None:
    (told,) = messages(advise(EMPTY, payment(), NOW_MS, RULES), NOW_MS, RULES)

    assert isinstance(told, RiskScoreCalculated)
    assert told.assessment_id == f"risk_ord_1_{NOW_MS}"


def test_the_longest_payment_ids_give_ids_within_the_contract() -> None:
    longest = "pay_" + "x" * 124

    assert len(id_of("fraud_", longest)) <= 128
    assert id_of("fraud_", longest) != id_of("fraud_", longest[:-1])
    assert id_of("fraud_", "pay_" + "x" * 120) == "fraud_" + "x" * 120
