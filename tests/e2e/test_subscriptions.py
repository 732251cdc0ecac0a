"""Subscriptions on real Kafka, months of them in a minute: a day of the calendar lasts a second.

The main lines of Subscribe, SubscriptionRenewed, SubscriptionPaymentFailure, CancelSubscription
and Daily metrics, by a worker of this module's own, whose calendar nobody else has to follow.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broker import Broker
from tests.e2e.conftest import SETTINGS, TIME_SCALE
from tests.e2e.harness import Workers, until
from tests.e2e.heard import Ear, Said
from tests.e2e.shop import HOME, Sender

pytestmark = pytest.mark.own_broker

A_DAY_A_SECOND = 86_400
FLOW_S_MAX = 120
PRODUCT = "prd_saved"
GOODS = {"productId": PRODUCT, "quantity": 2, "unitPrice": 10.0, "totalPrice": 20.0}
PLANS = {
    "plan_weekly": {"name": "Weekly", "cycle": "weekly", "price_minor": 10_00},
    "plan_save_weekly": {
        "name": "Subscribe & Save Weekly", "cycle": "weekly", "price_minor": 0, "family": "save"
    },
}  # fmt: skip
HURRIED = {
    **SETTINGS,
    "env": "sit",
    "view_token": "let me in, and nobody who guesses",
    "calendar_rate": str(A_DAY_A_SECOND),
    "subscriptions__plans": json.dumps(PLANS),
    # A parcel is at the door two seconds after it was booked.
    "carriers__shipped_ms": str(TIME_SCALE * 300),
    "carriers__in_transit_ms": str(TIME_SCALE * 600),
    "carriers__out_ms": str(TIME_SCALE * 900),
    "carriers__delivered_ms": str(TIME_SCALE * 1_200),
    "shipping__poll_ms": str(TIME_SCALE * 400),
}


BEGUN = {
    "usr_weekly": "tok_visa",
    "usr_once": "tok_insufficient_once",
    "usr_poor": "tok_insufficient",
}
"""Who subscribes first, and the card they pay with from then on: their weeks pass while others'
tests run."""


class Desk:
    """A shop of one worker, and what is heard of it."""

    def __init__(self, workers: Workers, ear: Ear, sender: Sender) -> None:
        self.workers, self.ear, self.sender = workers, ear, sender

    def subscribe(self, user: str, plan: str = "plan_weekly", **fields: Any) -> str:
        """Somebody subscribes with a good card; returns the subscription's id."""
        about = {"userId": user, "planId": plan, "paymentMethodId": "tok_visa", **fields}
        self.sender.send("SubscribeUser", about)
        return str(self.said(user, "UserSubscriptionStarted")[0].data["subscriptionId"])

    def pay_with(self, user: str, token: str) -> None:
        """The customer gives another card."""
        method = {"type": "credit_card", "token": token}
        self.sender.send("UpdatePaymentMethod", {"userId": user, "paymentMethod": method})

    def cancel(self, user: str, subscription_id: str, **fields: Any) -> None:
        """The customer asks to leave."""
        about = {"subscriptionId": subscription_id, "userId": user, "requestedBy": "customer"}
        self.sender.send("CancelSubscription", {**about, "reason": "too_expensive", **fields})

    def found(self, user: str, *names: str) -> list[Said]:
        """What was said of a user so far."""
        about = {"userId", "customerId"}
        return [
            said
            for said in list(self.ear.everything)
            if said.name in names and user in {said.data.get(name) for name in about}
        ]

    def said(self, user: str, name: str, count: int = 1) -> list[Said]:
        """The first so many messages of a name about a user, once they are there."""
        self.ear.until(
            lambda: len(self.found(user, name)) >= count, f"{count} {name} of {user}", FLOW_S_MAX
        )
        return self.found(user, name)[:count]

    def state(self, user: str) -> str:
        """Where the user's subscription stands, as GetSubscriptionStatus has it."""
        row = self.workers.row("subscription_statuses", user) or {}
        return str(row.get("state"))

    def until_delivered(self, order_id: str) -> None:
        def delivered() -> bool:
            return (self.workers.row("orders", order_id) or {}).get("status") == "delivered"

        until(delivered, FLOW_S_MAX, f"{order_id} is delivered")

    def until_state(self, user: str, state: str) -> None:
        until(lambda: self.state(user) == state, FLOW_S_MAX, f"{user} is {state}")


@pytest.fixture(scope="module")
def kafka() -> Iterator[str]:
    """A broker of these tests' own: nobody else's records are counted."""
    with Broker() as broker:
        yield broker.bootstrap


@pytest.fixture(scope="module")
def desk(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    start = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    settings = {"broker": kafka, **HURRIED, "calendar_start": start}
    workers = Workers(tmp_path_factory.mktemp("hurried"), settings)
    try:
        workers.start("hurried")
        workers.settled()
        with Ear(kafka, "sit") as ear:
            sender = Sender(kafka, "sit")
            sender.stock(PRODUCT, 1_000)
            shop = Desk(workers, ear, sender)
            for user, token in BEGUN.items():
                shop.subscribe(user)
                shop.pay_with(user, token)
            yield shop
    finally:
        workers.stop()


def test_goods_of_a_subscription_are_ordered_with_its_money_and_arrive(desk: Desk) -> None:
    desk.subscribe("usr_saver", "plan_save_weekly", items=[GOODS], shippingAddress=HOME)

    first, second = desk.said("usr_saver", "OrderConfirmed", 2)
    for said in (first, second):
        assert said.data["orderTotal"] == 18.0  # 10 % off, tax apart
        desk.ear.until_said(said.order_id, "ShipmentDelivered", within_s=FLOW_S_MAX)
        desk.until_delivered(said.order_id)
        assert len(desk.ear.of(said.order_id, "payments", "StripeChargeSucceeded")) == 1
        assert not desk.ear.of(said.order_id, "payments", "RefundIssued")


def test_a_new_card_pays_what_is_owed_at_once(desk: Desk) -> None:
    desk.subscribe("usr_late")
    desk.pay_with("usr_late", "tok_expired")
    desk.until_state("usr_late", "grace")

    desk.pay_with("usr_late", "tok_visa")

    assert desk.said("usr_late", "SubscriptionRenewedEvent")[0].data["recovered"] is True
    desk.until_state("usr_late", "active")


def test_who_leaves_keeps_the_period_and_is_not_charged_again(desk: Desk) -> None:
    subscription_id = desk.subscribe("usr_leaving")

    desk.cancel("usr_leaving", subscription_id, declineOffer=True)

    told = desk.said("usr_leaving", "UserSubscriptionCancelled")[0].data
    started = desk.said("usr_leaving", "UserSubscriptionStarted")[0].data
    assert told["effectiveDate"] == started["nextBillingDate"]
    assert (told["cancelledBy"], told["refundAmount"]) == ("customer", 0)
    desk.until_state("usr_leaving", "cancelled")
    assert len(desk.found("usr_leaving", "PaymentInitiated")) == 1


def test_a_card_that_fails_once_is_paid_by_dunning(desk: Desk) -> None:
    renewed = desk.said("usr_once", "SubscriptionRenewedEvent")[0].data

    assert renewed["recovered"] is True
    assert renewed["paymentId"].endswith("_2")
    [failed] = desk.said("usr_once", "PaymentFailed")
    assert failed.data["failureReason"] == "insufficient_funds"


def test_who_subscribes_is_charged_with_tax_and_renewed_week_by_week(desk: Desk) -> None:
    started = desk.said("usr_weekly", "UserSubscriptionStarted")[0].data
    renewals = [said.data for said in desk.said("usr_weekly", "SubscriptionRenewedEvent", 2)]

    starts = [renewal["period"]["start"] for renewal in renewals]
    assert starts[0] == started["nextBillingDate"]
    assert starts[1] == renewals[0]["nextBillingDate"]
    assert {said.data["amount"] for said in desk.said("usr_weekly", "PaymentProcessed", 3)} == {
        10.8
    }
    desk.until_state("usr_weekly", "active")


def test_a_card_that_never_pays_ends_in_suspension_and_cancellation(desk: Desk) -> None:
    ended = desk.said("usr_poor", "UserSubscriptionCancelled")[0].data

    assert (ended["cancellationReason"], ended["cancelledBy"]) == ("payment_failure", "system")
    assert ended["failedPaymentAttempts"] == 3
    assert ended["refundAmount"] == 0
    assert len(desk.found("usr_poor", "PaymentFailed")) == 4
    assert len(desk.found("usr_poor", "SubscriptionSuspended")) == 1
    desk.until_state("usr_poor", "cancelled")


def test_an_offer_keeps_who_has_stayed_for_a_month(desk: Desk) -> None:
    [started] = desk.said("usr_weekly", "UserSubscriptionStarted")
    desk.said("usr_weekly", "SubscriptionRenewedEvent", 5)
    about = {"subscriptionId": started.data["subscriptionId"], "userId": "usr_weekly"}
    desk.cancel("usr_weekly", about["subscriptionId"])
    desk.ear.until(
        lambda: "subscription-save-offer" in _mails(desk.ear, "usr_weekly"), "an offer", FLOW_S_MAX
    )

    desk.sender.send("RespondToOffer", {**about, "accepted": True})

    desk.ear.until(
        lambda: {9.72} <= {s.data["amount"] for s in desk.found("usr_weekly", "PaymentProcessed")},
        "a charge with 10 % off",
        FLOW_S_MAX,
    )
    assert not desk.found("usr_weekly", "UserSubscriptionCancelled")


def _mails(ear: Ear, user: str) -> set[str]:
    """Templates of what was asked to be sent to a user."""
    return {
        str(said.data["templateId"])
        for said in list(ear.everything)
        if said.name == "SendNotification" and said.data["recipient"]["customerId"] == user
    }


def test_a_worker_that_is_killed_charges_nobody_twice_and_forgets_no_period(desk: Desk) -> None:
    [worker] = desk.workers.running
    before = len(desk.found("usr_saver", "SubscriptionRenewedEvent"))

    worker.kill()
    desk.workers.start(worker.name)
    desk.workers.settled()
    desk.said("usr_saver", "SubscriptionRenewedEvent", before + 2)

    for user in ("usr_saver", "usr_weekly"):
        renewals = [said.data["period"] for said in desk.found(user, "SubscriptionRenewedEvent")]
        assert [r["start"] for r in renewals[1:]] == [r["end"] for r in renewals[:-1]]
        charged = [said.data["paymentId"] for said in desk.found(user, "PaymentInitiated")]
        renewed = [s.data["paymentId"] for s in desk.found(user, "SubscriptionRenewedEvent")]
        assert len(renewed) == len(set(renewed))
        assert set(renewed) <= set(charged)
        taken = [
            said.data["chargeId"]
            for name in set(charged)
            for said in desk.ear.of(name.removeprefix("pay_"), "payments", "StripeChargeSucceeded")
        ]
        assert len(taken) == len(set(taken))
    told = Counter((said.name, said.value["eventId"]) for said in desk.ear.everything if said.data)
    assert [what for what, times in told.items() if times > 1] == []


def test_every_day_is_reported_once_and_all_days_together_hold_every_order(desk: Desk) -> None:
    def reports() -> list[dict[str, Any]]:
        heard = [s.data for s in list(desk.ear.everything) if s.name == "OrderMetricsCalculated"]
        return sorted(heard, key=lambda report: str(report["period"]["date"]))

    def ended(name: str) -> set[str]:
        return {said.order_id for said in list(desk.ear.everything) if said.name == name}

    def all_counted() -> bool:
        told = sum(report["metrics"]["completedOrders"] for report in reports())
        return told == len(ended("ShipmentDelivered")) > 1

    desk.ear.until(all_counted, "reports hold every order that arrived", FLOW_S_MAX)

    days = [datetime.fromisoformat(report["period"]["date"]) for report in reports()]
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    for report in reports():
        metrics = report["metrics"]
        parts = [metrics[f"{end}Orders"] for end in ("completed", "cancelled", "returned")]
        assert metrics["totalOrders"] == sum(parts)
        assert metrics["totalRevenue"] == pytest.approx(18.0 * metrics["completedOrders"])
    busy = next(r for r in reports() if r["metrics"]["completedOrders"])
    row = desk.workers.row("daily_orders", busy["period"]["date"])
    assert row["completed"] == busy["metrics"]["completedOrders"]
    assert desk.workers.row("daily_payments", busy["period"]["date"]) is not None
    assert not desk.ear.letters()
