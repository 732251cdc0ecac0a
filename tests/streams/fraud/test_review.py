import msgspec
import pytest

from events.fraud import (
    FraudCheckCompleted,
    FraudDetected,
    OverrideFraudDecision,
    RiskFactor,
    RiskScoreCalculated,
)
from streams.fraud import review
from streams.fraud.case import (
    FACTORS_KEPT_MAX,
    REASONS_KEPT_MAX,
    TEXT_CHARS_MAX,
    UNSEEN,
    FraudCase,
    Refusal,
    timers_of,
)
from streams.fraud.case_facts import CaseClosed, Detected, Fact, SlaMissed, fold
from streams.moments import HOUR_MS, moment_of
from tests.streams.fraud.samples import NOW_MS, RULES

PAYMENT = "pay_ord_1"
SLA_MS, REVIEW_MS = NOW_MS + 4 * HOUR_MS, NOW_MS + 24 * HOUR_MS


def scored(points: int = 55, **told: object) -> RiskScoreCalculated:
    return RiskScoreCalculated(
        payment_id=PAYMENT,
        risk_score=points,
        risk_level="low",
        **{
            "customer_id": "cust_1",
            "order_id": "ord_1",
            "factors": (RiskFactor(name="velocity_check", score=points),),
            **told,
        },
    )


def checked(decision: str = "MANUAL_REVIEW", **told: object) -> FraudCheckCompleted:
    return FraudCheckCompleted(
        **{
            "transaction_id": "txn_ord_1",
            "payment_id": PAYMENT,
            "order_id": "ord_1",
            "risk_score": 55,
            "decision": decision,
            "reasons": ("New customer",),
            "confidence": 0.95,
            **told,
        }
    )


def detected(severity: str = "high") -> FraudDetected:
    return FraudDetected(
        payment_id=PAYMENT,
        fraud_type="impossible_travel",
        severity=severity,
        risk_score=82,
        fraud_case_id="fraud_ord_1",
        customer_id="cust_1",
        amount_minor=12_999,
        currency="USD",
    )


def command(decision: str = "APPROVED", reviewer: str = "ann") -> OverrideFraudDecision:
    return OverrideFraudDecision(
        payment_id=PAYMENT, decision=decision, reviewer=reviewer, rationale="spoke to them"
    )


def after_score(case: FraudCase, event: RiskScoreCalculated | None = None) -> FraudCase:
    return fold(case, review.score_known(case, event or scored(), RULES))


def after_check(case: FraudCase, event: FraudCheckCompleted | None = None) -> FraudCase:
    return fold(case, review.check_known(case, event or checked(), NOW_MS, "saga_1", RULES))


def after_fraud(case: FraudCase, event: FraudDetected | None = None) -> FraudCase:
    return fold(case, review.fraud_known(case, event or detected(), NOW_MS, "saga_1", RULES))


def overriding(
    case: FraudCase,
    made: OverrideFraudDecision | None = None,
    event_id: str = "evt_1",
    at_ms: int = NOW_MS + HOUR_MS,
) -> tuple[Fact, ...]:
    return review.override(case, made or command(), event_id, at_ms, RULES)


OPEN = after_check(after_score(UNSEEN))
APPROVED = after_check(after_score(UNSEEN, scored(12)), checked("APPROVED", risk_score=12))
CRITICAL = after_check(after_fraud(after_score(UNSEEN), detected("critical")), checked("DECLINED"))
CLEARED = fold(OPEN, overriding(OPEN))
TIMED_OUT = fold(OPEN, review.time_over(OPEN, REVIEW_MS))


# --- what fraud detection says


def test_an_approved_payment_is_kept_without_a_case() -> None:
    assert (APPROVED.raw_score, APPROVED.score, APPROVED.level) == (12, 12, "low")
    assert (APPROVED.decision, APPROVED.state) == ("APPROVED", None)
    assert timers_of(APPROVED) == ()


def test_a_payment_to_be_reviewed_opens_a_case_with_two_clocks() -> None:
    assert (OPEN.decision, OPEN.state, OPEN.opened_at_ms) == ("MANUAL_REVIEW", "open", NOW_MS)
    assert (OPEN.customer_id, OPEN.order_id, OPEN.correlation_id) == ("cust_1", "ord_1", "saga_1")
    assert timers_of(OPEN) == (("sla", SLA_MS), ("review", REVIEW_MS))


def test_a_finding_opens_a_case_even_when_the_payment_is_declined_at_once() -> None:
    assert (CRITICAL.decision, CRITICAL.state) == ("DECLINED", "open")
    assert (CRITICAL.severity, CRITICAL.fraud_type) == ("critical", "impossible_travel")
    assert (CRITICAL.fraud_case_id, CRITICAL.amount_minor) == ("fraud_ord_1", 12_999)


def test_the_level_is_worked_out_from_the_score() -> None:
    assert after_score(UNSEEN, scored(85)).level == "high"


def test_the_case_queues_by_the_score_that_was_decided_on() -> None:
    case = after_check(after_fraud(after_score(UNSEEN, scored(12))), checked(risk_score=82))

    assert (case.raw_score, case.score) == (12, 82)


@pytest.mark.parametrize("case", [OPEN, APPROVED, CRITICAL, CLEARED, TIMED_OUT])
def test_what_was_decided_is_not_decided_again(case: FraudCase) -> None:
    for decision in ("APPROVED", "DECLINED", "MANUAL_REVIEW"):
        assert review.check_known(case, checked(decision), NOW_MS, "saga_2", RULES) == ()


@pytest.mark.parametrize("case", [OPEN, APPROVED, CLEARED])
def test_a_later_score_is_advice_and_changes_nothing(case: FraudCase) -> None:
    assert review.score_known(case, scored(1), RULES) == ()


def test_a_score_that_comes_after_the_decision_is_kept() -> None:
    case = after_score(after_check(UNSEEN), scored(52))

    assert (case.raw_score, case.score, case.decision) == (52, 55, "MANUAL_REVIEW")


def test_a_second_finding_changes_nothing() -> None:
    assert review.fraud_known(CRITICAL, detected(), NOW_MS, "saga_2", RULES) == ()


@pytest.mark.parametrize("severity", ["low", "medium"])
def test_a_finding_that_nobody_holds_an_order_for_opens_no_case(severity: str) -> None:
    facts = review.fraud_known(UNSEEN, detected(severity), NOW_MS, "saga_2", RULES)

    assert facts == ()


@pytest.mark.parametrize("case", [OPEN, CLEARED, TIMED_OUT])
def test_a_finding_opens_no_case_where_there_is_or_was_one(case: FraudCase) -> None:
    facts = review.fraud_known(case, detected(), NOW_MS + HOUR_MS, "saga_2", RULES)

    assert [type(fact) for fact in facts] == [Detected]
    assert fold(case, facts).state == case.state
    assert fold(case, facts).severity == "high"
    assert timers_of(fold(case, facts)) == timers_of(case)


def test_a_finding_alone_tells_the_score_or_leaves_it_open() -> None:
    assert after_fraud(UNSEEN).score == 82
    silent = detected().model_copy(update={"risk_score": None})
    assert after_fraud(UNSEEN, silent).score is None
    assert after_fraud(after_score(UNSEEN), silent).score == 55


def test_the_order_of_finding_and_decision_does_not_matter() -> None:
    before = after_check(after_fraud(after_score(UNSEEN)), checked(risk_score=82))
    after = after_fraud(after_check(after_score(UNSEEN), checked(risk_score=82)))

    assert before == after


# --- overrides


@pytest.mark.parametrize(
    ("decision", "state"), [("APPROVED", "cleared"), ("DECLINED", "confirmed")]
)
def test_an_override_closes_the_case_and_is_told(decision: str, state: str) -> None:
    facts = overriding(OPEN, command(decision))

    case = fold(OPEN, facts)
    (told,) = review.announced(PAYMENT, case, facts)
    assert (case.state, case.decision, case.closed_at_ms) == (state, decision, NOW_MS + HOUR_MS)
    assert [made.reviewer for made in case.overrides] == ["ann"]
    assert case.reasons == ("New customer",)
    assert timers_of(case) == ()
    assert (told.decision, told.payment_id, told.transaction_id) == (decision, PAYMENT, "txn_ord_1")
    assert (told.customer_id, told.order_id, told.risk_score) == ("cust_1", "ord_1", 55)
    assert told.reasons == ("override by ann", "spoke to them")
    assert (told.confidence, told.checked_at) == (0.95, moment_of(NOW_MS + HOUR_MS))


def test_an_override_of_a_declined_payment_is_told_too() -> None:
    for decision in ("APPROVED", "DECLINED"):
        facts = overriding(CRITICAL, command(decision))

        (told,) = review.announced(PAYMENT, fold(CRITICAL, facts), facts)
        assert told.decision == decision


def test_the_same_command_twice_is_one() -> None:
    assert overriding(CLEARED) == ()


@pytest.mark.parametrize(
    ("case", "reviewer", "refusal"),
    [
        (CLEARED, "ann", Refusal.SAME_REVIEWER),
        (CLEARED, "bob", Refusal.CASE_CLOSED),
        (TIMED_OUT, "ann", Refusal.CASE_CLOSED),
        (fold(UNSEEN, overriding(UNSEEN)), "ann", Refusal.SAME_REVIEWER),
        (fold(UNSEEN, overriding(UNSEEN)), "bob", Refusal.CASE_CLOSED),
        (APPROVED, "ann", Refusal.NO_CASE),
    ],
)
def test_overrides_are_refused_in_order_of_precedence(
    case: FraudCase, reviewer: str, refusal: Refusal
) -> None:
    facts = overriding(case, command(reviewer=reviewer), event_id="evt_2")

    assert review.refusal_of(facts) is refusal
    assert fold(case, facts) == case
    assert review.announced(PAYMENT, case, facts) == ()


@pytest.mark.parametrize("case", [CLEARED, TIMED_OUT, APPROVED, fold(UNSEEN, overriding(UNSEEN))])
def test_payment_waives_no_review_that_is_over_and_is_not_refused(case: FraudCase) -> None:
    assert overriding(case, command(reviewer="system"), event_id="evt_2") == ()


def test_payment_waives_a_review_that_is_open_or_not_begun() -> None:
    for case in (OPEN, UNSEEN):
        made = overriding(case, command(reviewer="system"))
        assert review.refusal_of(made) is None
        assert fold(case, made).overrides[0].decision == "APPROVED"


def test_refusals_stand_in_their_order_of_precedence() -> None:
    assert list(Refusal) == [Refusal.SAME_REVIEWER, Refusal.CASE_CLOSED, Refusal.NO_CASE]


# --- overrides that come early


WAITING = fold(UNSEEN, overriding(UNSEEN, at_ms=NOW_MS - HOUR_MS))


def test_an_override_that_comes_early_waits_for_its_case() -> None:
    facts = review.check_known(WAITING, checked(), NOW_MS, "saga_1", RULES)

    assert timers_of(WAITING) == (("review", REVIEW_MS - HOUR_MS),)
    case = fold(WAITING, facts)
    assert (case.state, case.decision, case.closed_at_ms) == ("cleared", "APPROVED", NOW_MS)
    assert [told.decision for told in review.announced(PAYMENT, case, facts)] == ["APPROVED"]
    assert timers_of(case) == ()


def test_the_decision_that_an_early_override_anticipated_changes_nothing() -> None:
    cleared = after_fraud(WAITING)

    assert (cleared.state, cleared.decision) == ("cleared", "APPROVED")
    assert review.check_known(cleared, checked(), NOW_MS, "saga_1", RULES) == ()


def test_an_early_override_that_no_payment_comes_for_is_given_up() -> None:
    assert fold(WAITING, review.time_over(WAITING, REVIEW_MS)) == UNSEEN


def test_an_early_override_of_a_payment_that_needs_none_stays_on_record() -> None:
    case = after_check(WAITING, checked("APPROVED"))

    assert (case.state, case.decision) == (None, "APPROVED")
    assert review.time_over(case, REVIEW_MS) == ()
    assert [made.reviewer for made in case.overrides] == ["ann"]


# --- the clock


def test_a_case_that_nobody_decides_is_declined() -> None:
    facts = review.time_over(OPEN, REVIEW_MS)

    (told,) = review.announced(PAYMENT, TIMED_OUT, facts)
    assert (TIMED_OUT.state, TIMED_OUT.decision) == ("confirmed", "DECLINED")
    assert TIMED_OUT.closed_at_ms == REVIEW_MS
    assert (told.decision, told.reasons) == ("DECLINED", ("review_timeout",))


def test_a_declined_payment_is_confirmed_without_being_declined_again() -> None:
    facts = review.time_over(CRITICAL, REVIEW_MS)

    assert fold(CRITICAL, facts).state == "confirmed"
    assert review.announced(PAYMENT, CRITICAL, facts) == ()


@pytest.mark.parametrize("case", [UNSEEN, APPROVED, CLEARED, TIMED_OUT])
def test_the_clock_means_nothing_without_an_open_case(case: FraudCase) -> None:
    assert review.time_over(case, REVIEW_MS) == ()
    assert review.sla_over(case) == ()


def test_a_case_open_for_four_hours_is_marked_once() -> None:
    facts = review.sla_over(OPEN)

    late = fold(OPEN, facts)
    assert facts == (SlaMissed(),)
    assert late.sla_missed
    assert timers_of(late) == (("review", REVIEW_MS),)
    assert review.sla_over(late) == ()


# --- bounds


def test_a_row_stays_small_whatever_it_is_told() -> None:
    long = "x" * 4096
    factors = (RiskFactor(name="other", score=1),) * 1000

    case = after_score(UNSEEN, scored(factors=factors))
    case = after_check(case, checked(reasons=(long,) * 1000))
    case = fold(
        case,
        overriding(
            case,
            OverrideFraudDecision(
                payment_id=PAYMENT, decision="APPROVED", reviewer=long, rationale=long
            ),
        ),
    )

    assert len(case.factors) == FACTORS_KEPT_MAX
    assert len(case.reasons) <= REASONS_KEPT_MAX
    assert len(msgspec.json.encode(case)) < 2048 + 4 * TEXT_CHARS_MAX


def test_a_row_survives_the_store() -> None:
    for case in (OPEN, APPROVED, CRITICAL, CLEARED, WAITING):
        assert msgspec.json.decode(msgspec.json.encode(case), type=FraudCase) == case


def test_only_news_is_told() -> None:
    closed = CaseClosed("confirmed", "DECLINED", ("review_timeout",), NOW_MS, news=False)

    assert review.announced(PAYMENT, CRITICAL, (closed,)) == ()
