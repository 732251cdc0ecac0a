"""The staff answers what it hears, and hearing it twice is hearing it once."""

import events
from simulator.heard import Data, Said
from simulator.plans import Plan
from simulator.script import Script
from simulator.sending import Answer
from simulator.settings import Mix, ShopSettings
from simulator.staff import Staff

START_MS = 1_760_000_000_000


def script(**settings: float) -> Script:
    mix = Mix(doubtful=1.0, stolen=0.0, invalid=0.0, unnamed=0.0)
    made = Script(ShopSettings(seed=5, products=20, mix=mix, **settings), START_MS)
    list(made.orders(40, 100.0))
    return made


def answers(made: Script, heard: Said) -> list[Answer]:
    return list(Staff(made.settings, made.memory).answers(heard, START_MS))


def doubted(plan: Plan) -> Said:
    data = Data(order_id=plan.order_id, payment_id=f"pay_{plan.order_id}", decision="MANUAL_REVIEW")
    return Said("e1", "FraudCheckCompleted", data, plan.event_id)


def short(product_id: str, order_id: str | None = "ord_1") -> Said:
    data = Data(product_id=product_id, warehouse_id="ALL", triggered_by_order_id=order_id)
    return Said("e2", "OutOfStock", data)


def test_the_reviewer_says_what_is_planned() -> None:
    made = script(unreviewed=0.0)

    for plan in made.memory.plans.values():
        [answer] = answers(made, doubted(plan))
        command = events.decode(answer.sent.value or b"", record_timestamp_ms=0).data

        assert command.decision == plan.verdict
        assert answer.after_ms == plan.verdict_after_ms


def test_some_doubtful_payments_are_never_reviewed() -> None:
    made = script(unreviewed=1.0)

    assert not [a for plan in made.memory.plans.values() for a in answers(made, doubted(plan))]


def test_heard_twice_the_answer_is_the_same_record() -> None:
    made = script()

    assert answers(made, short("prd_rare_0001")) == answers(made, short("prd_rare_0001"))
    assert made.memory.units["prd_rare_0001", "wh_MAIN_001"] == made.settings.restock_units


def test_nobody_restocks_what_is_sold_out_for_good_or_what_nobody_asked_for() -> None:
    made = script()

    assert answers(made, short("prd_last_0001")) == []
    assert answers(made, short("prd_rare_0001", order_id=None)) == []
