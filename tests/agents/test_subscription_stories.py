"""Any story of a subscriber: whatever they ask for, cards do, and time brings, the books hold."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.driver import Driver
from events.payments import PaymentFailed, PaymentInitiated, PaymentProcessed
from events.subscriptions import (
    CancelSubscription,
    ChangePlan,
    PauseSubscription,
    RespondToOffer,
    ResumeSubscription,
    SubscribeUser,
    UpdatePaymentMethod,
)
from events.types import Address, OrderItem, PaymentMethod
from streams.billing.rows import InvoiceStatus
from streams.moments import DAY_MS
from streams.subscriptions.rows import ENDED, Subscription
from tables.subscriptions import INVOICES, SUBSCRIPTIONS
from tests.agents.subscription_desk import Shop

PLANS = (
    "plan_monthly_basic",
    "plan_monthly_pro",
    "plan_annual_enterprise",
    "plan_save_weekly",
    "plan_save_monthly",
)
HOME = Address(line1="1 Main St", city="Austin", state="TX", country="US")
GOODS = (OrderItem(product_id="p1", quantity=3, unit_price_minor=5_55),)
DAYS_BETWEEN = 6
REASONS = ("insufficient_funds", "expired_card")

steps = st.one_of(
    st.tuples(st.just("subscribe"), st.sampled_from(PLANS)),
    st.tuples(st.just("pay"), st.integers(0, 3)),
    st.tuples(st.just("decline"), st.sampled_from(REASONS)),
    st.tuples(st.just("wait"), st.integers(1, 20)),
    st.tuples(st.just("cancel"), st.sampled_from(("customer", "support", "policy", "no_offer"))),
    st.tuples(st.just("answer"), st.booleans()),
    st.tuples(st.just("change"), st.sampled_from(PLANS)),
    st.tuples(st.just("pause"), st.integers(0, 91)),
    st.tuples(st.just("resume"), st.none()),
    st.tuples(st.just("card"), st.sampled_from(("tok_a", "tok_b"))),
)


class Story:
    """A shop where the test plays the cards."""

    def __init__(self) -> None:
        self.shop = Shop(alone=True, start=datetime(2025, 1, 31, 10, tzinfo=UTC))
        self.open: list[PaymentInitiated] = []
        self.seen: set[str] = set()
        self.taken: dict[str, int] = {}

    @property
    def driver(self) -> Driver:
        return self.shop.driver

    @property
    def subscriptions(self) -> list[Subscription]:
        return [s for row in self.driver.rows(SUBSCRIPTIONS).values() for s in row.subscriptions]

    def act(self, what: str, arg: Any) -> None:
        getattr(self, what)(arg)
        opened = [e.data for e in self.shop.said("PaymentInitiated")]
        self.open += [charge for charge in opened if charge.payment_id not in self.seen]
        self.seen = {charge.payment_id for charge in opened}

    def about(self, **told: Any) -> dict[str, Any]:
        found = self.subscriptions
        name = found[-1].subscription_id if found else "sub_x"
        return {"subscription_id": name, "user_id": "usr_1", **told}

    def subscribe(self, plan: str) -> None:
        goods = {"items": GOODS, "shipping_address": HOME} if "save" in plan else {}
        self.shop.tell(
            SubscribeUser(user_id="usr_1", plan_id=plan, payment_method_id="tok_a", **goods)
        )

    def pay(self, which: int) -> None:
        if not self.open:
            return
        charge = self.open.pop(which % len(self.open))
        self.taken[charge.payment_id] = charge.amount_minor
        event = PaymentProcessed(
            payment_id=charge.payment_id,
            user_id="usr_1",
            subscription_id=charge.subscription_id,
            amount_minor=charge.amount_minor,
            currency=charge.currency,
            payment_method="credit_card",
            status="confirmed",
        )
        self.shop.tell(event, event)

    def decline(self, reason: str) -> None:
        if not self.open:
            return
        charge = self.open.pop()
        event = PaymentFailed(
            payment_id=charge.payment_id,
            customer_id="usr_1",
            subscription_id=charge.subscription_id,
            amount_minor=charge.amount_minor,
            currency=charge.currency,
            failure_reason=reason,
            retryable=reason == "insufficient_funds",
        )
        self.shop.tell(event, event)

    def wait(self, days: int) -> None:
        self.driver.advance(days * DAY_MS, step_ms=DAY_MS)

    def cancel(self, who: str) -> None:
        self.shop.tell(
            CancelSubscription(
                **self.about(),
                reason="policy_violation" if who == "policy" else "other",
                requested_by="support" if who in ("support", "policy") else "customer",
                at_period_end=who != "support",
                decline_offer=who == "no_offer",
            )
        )

    def answer(self, accepted: bool) -> None:  # noqa: FBT001 - a step's argument
        self.shop.tell(RespondToOffer(**self.about(accepted=accepted)))

    def change(self, plan: str) -> None:
        self.shop.tell(ChangePlan(**self.about(new_plan_id=plan)))

    def pause(self, days: int) -> None:
        until = datetime.fromtimestamp(self.driver.now_ms / 1000 + days * 86_400, UTC).date()
        self.shop.tell(PauseSubscription(**self.about(resume_at=until)))

    def resume(self, _: None) -> None:
        self.shop.tell(ResumeSubscription(**self.about()))

    def card(self, token: str) -> None:
        method = PaymentMethod(type="credit_card", token=token)
        self.shop.tell(UpdatePaymentMethod(user_id="usr_1", payment_method=method))


LEFT_AT_ONCE = [("pay", 0), ("change", "plan_monthly_pro"), ("cancel", "support")]


@settings(max_examples=60)
@given(st.lists(steps, min_size=5, max_size=40))
@example(LEFT_AT_ONCE)
@example([*LEFT_AT_ONCE, ("pay", 0)])
@example([*LEFT_AT_ONCE, ("decline", "expired_card")])
def test_the_books_hold_whatever_happens(story: list[tuple[str, Any]]) -> None:
    played = Story()
    played.act("subscribe", "plan_monthly_basic")
    for step in story:
        played.act(*step)

    check(played)


def check(played: Story) -> None:
    shop = played.shop
    assert shop.buried == []
    assert not shop.driver.stats.failed_timers
    invoices = list(played.driver.rows(INVOICES).values())
    paid = {i.payment_id: i.total_minor for i in invoices if i.status is InvoiceStatus.PAID}
    back = {e.data.payment_id: e.data.amount_minor for e in shop.said("RefundPayment")}
    assert {**paid, **back} == played.taken
    assert not paid.keys() & back.keys()
    ids = [e.event_id for e in shop.said()]
    assert len(ids) == len(set(ids))
    charges = [e.data.payment_id for e in shop.said("PaymentInitiated")]
    assert len(charges) == len(set(charges))
    assert len({i.number for i in invoices}) == len(invoices)
    cancelled = [e.data.subscription_id for e in shop.said("UserSubscriptionCancelled")]
    for one in played.subscriptions:
        live_invoices = [
            i for i in invoices if i.subscription_id == one.subscription_id and i.is_open
        ]
        assert len(live_invoices) <= 1
        if one.status in ENDED:  # But for what an upgrade cost, which is charged at the end.
            assert all(i.under_way and i.period_start == i.period_end for i in live_invoices)
        assert one.invoice is None or one.invoice in invoices
        assert one.period_start < one.period_end
        if one.status in ENDED and not cancelled.count(one.subscription_id):
            assert one.status == "cancelled"  # Its first charge failed.
    left = sum(i.is_open for i in invoices)
    if all(one.status in ENDED for one in played.subscriptions):
        assert shop.driver.timers() == ({"subscriptions.overdue": left} if left else {})


@settings(max_examples=25)
@given(st.lists(steps, min_size=1, max_size=25))
def test_every_subscription_ends_once_no_card_pays_any_more(story: list[tuple[str, Any]]) -> None:
    played = Story()
    played.act("subscribe", "plan_monthly_pro")
    for step in story:
        played.act(*step)

    for _ in range(90):
        while played.open:
            played.act("decline", "insufficient_funds")
        played.driver.advance(DAYS_BETWEEN * DAY_MS)
        played.act("resume", None)

    assert {one.status for one in played.subscriptions} <= ENDED
    assert played.driver.timers() == {}
    check(played)
