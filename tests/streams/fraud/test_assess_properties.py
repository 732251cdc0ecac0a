from typing import get_args

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.fraud.assess import Assessed, Fact, FraudFound, decide, fold
from streams.fraud.factors import FACTORS
from streams.fraud.messages import messages
from streams.fraud.payment import Payment
from streams.fraud.profile import EMPTY, RiskProfile
from streams.fraud.rules import ATTEMPTS_KEPT_MAX, DEVICES_KEPT_MAX
from streams.fraud.scoring import Decision
from tests.streams.fraud.samples import RULES, arrivals

Arrivals = list[tuple[Payment, int]]

ROW_BYTES_MAX = 4096


def run(profile: RiskProfile, arrived: Arrivals) -> tuple[RiskProfile, list[Fact]]:
    facts: list[Fact] = []
    for payment, at_ms in arrived:
        found = decide(profile, payment, at_ms, RULES)
        profile = fold(profile, found)
        facts += found
    return profile, facts


def assessments(arrived: Arrivals) -> list[Assessed]:
    return [fact for fact in run(EMPTY, arrived)[1] if isinstance(fact, Assessed)]


@given(arrivals)
@settings(max_examples=60)
def test_a_score_is_the_capped_sum_of_its_factors(arrived: Arrivals) -> None:
    for found in assessments(arrived):
        names = [factor.name for factor in found.score.factors]

        assert 0 <= found.score.points <= found.points <= 100
        assert found.score.points == min(100, sum(f.points for f in found.score.factors))
        assert names == [name for name in FACTORS if name in names]
        assert 0.87 <= found.score.confidence <= 0.99


@given(arrivals)
@settings(max_examples=60)
def test_decisions_are_only_legal_words_and_findings_begin_at_80(arrived: Arrivals) -> None:
    _, facts = run(EMPTY, arrived)

    for found in [fact for fact in facts if isinstance(fact, Assessed)]:
        assert found.decision in get_args(Decision)
        assert found.decision != "APPROVED" or found.points < 50
    high = [f.payment.payment_id for f in facts if isinstance(f, Assessed) and f.points >= 80]
    assert [f.payment.payment_id for f in facts if isinstance(f, FraudFound)] == high


@given(arrivals, st.data())
@settings(max_examples=40)
def test_where_a_batch_ends_changes_nothing(arrived: Arrivals, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(arrived)))

    whole, facts = run(EMPTY, arrived)
    head, head_facts = run(EMPTY, arrived[:cut])
    stored = msgspec.json.decode(msgspec.json.encode(head), type=RiskProfile)
    tail, tail_facts = run(stored, arrived[cut:])

    assert tail == whole
    assert head_facts + tail_facts == facts


@given(arrivals, st.data())
@settings(max_examples=40)
def test_a_payment_that_is_remembered_counts_once(arrived: Arrivals, data: st.DataObject) -> None:
    profile, _ = run(EMPTY, arrived)
    kept = {attempt.payment_id for attempt in profile.attempts}
    again = [pair for pair in arrived if pair[0].payment_id in kept]

    repeats = data.draw(st.lists(st.sampled_from(again), max_size=5)) if again else []
    after, facts = run(profile, repeats)

    assert after == profile
    assert facts == []


@given(arrivals)
@settings(max_examples=40)
def test_a_profile_stays_small(arrived: Arrivals) -> None:
    profile, _ = run(EMPTY, arrived)

    assert len(profile.attempts) <= ATTEMPTS_KEPT_MAX
    assert len(profile.devices) <= DEVICES_KEPT_MAX
    assert len(msgspec.json.encode(profile)) <= ROW_BYTES_MAX


@given(arrivals)
@settings(max_examples=40)
def test_every_assessment_is_told_with_the_decision_last(arrived: Arrivals) -> None:
    profile = EMPTY
    for payment, at_ms in arrived:
        facts = decide(profile, payment, at_ms, RULES)
        profile = fold(profile, facts)

        told = [message.name for message in messages(facts, at_ms, RULES)]

        found = any(isinstance(fact, FraudFound) for fact in facts)
        middle = ["FraudDetected"] if found else []
        assert told == (["RiskScoreCalculated", *middle, "FraudCheckCompleted"] if facts else [])
