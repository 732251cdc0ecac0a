"""Subscribers: they subscribe, pause, change plans, leave, and mend their way to pay."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

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
from simulation.people import Post, Told
from simulation.shopping import PRODUCTS
from streams.moments import DAY_MS, HOUR_MS

PLANS: Final = ("plan_monthly_basic", "plan_monthly_pro", "plan_save_monthly", "plan_save_weekly")
TOKENS: Final = (*("tok_fine",) * 4, "tok_declined", "tok_insufficient_once", "tok_expired")


@dataclass(slots=True)
class Subscribers:
    """All of them."""

    post: Post
    span_ms: int

    def begin(self, users: int) -> None:
        """So many users subscribe soon."""
        for number in range(1, users + 1):
            at_ms = self.post.chance.randint(0, DAY_MS)
            self.post.world.later(at_ms, partial(self._subscribe, f"usr_{number}"))
        self.post.heed("UserSubscriptionStarted", self._started)
        self.post.heed("PaymentFailed", self._failed)
        self.post.heed("SubscriptionPaymentDue", self._charged)

    def _subscribe(self, user_id: str) -> None:
        chance = self.post.chance
        plan_id = chance.choice(PLANS)
        goods = plan_id.startswith("plan_save")
        product = chance.choice(sorted(PRODUCTS))
        command = SubscribeUser(
            user_id=user_id,
            plan_id=plan_id,
            payment_method_id=chance.choice(TOKENS),
            trial_period_days=14 if plan_id == "plan_monthly_pro" and self.post.may(0.5) else None,
            items=(
                (OrderItem(product_id=product, quantity=1, unit_price_minor=PRODUCTS[product]),)
                if goods
                else None
            ),
            shipping_address=Address(
                line1="1 Main Street", city="Town", state="NY", postal_code="10001", country="US"
            )
            if goods
            else None,
        )
        self.post.put(command)

    def _started(self, told: Told) -> None:
        chance, post = self.post.chance, self.post
        mine = {"subscription_id": told["subscriptionId"], "user_id": told["userId"]}
        soon = self.span_ms
        if post.may(post.habits.leaves):
            self._leave(mine, chance.randint(HOUR_MS, soon))
        if post.may(post.habits.leaves):
            after_ms = chance.randint(HOUR_MS, soon)
            day = datetime.fromtimestamp((post.world.now_ms + after_ms) / 1000, UTC).toordinal()
            until = datetime.fromordinal(day + chance.randint(0, 95)).date()
            post.put(PauseSubscription(**mine, resume_at=until), after_ms)
            if post.may(0.4):
                post.put(ResumeSubscription(**mine), after_ms + chance.randint(0, 20 * DAY_MS))
        if post.may(post.habits.leaves):
            change = ChangePlan(**mine, new_plan_id=chance.choice(PLANS))
            post.put(change, chance.randint(HOUR_MS, soon))
        if post.may(0.3):
            self._pay_with(told["userId"], told["subscriptionId"], chance.randint(HOUR_MS, soon))

    def _leave(self, mine: dict[str, str], after_ms: int) -> None:
        """Some are offered a discount for staying, and take it."""
        chance, post = self.post.chance, self.post
        left = CancelSubscription(
            subscription_id=mine["subscription_id"],
            user_id=mine["user_id"],
            reason=chance.choice(("too_expensive", "too_expensive", "other", "policy_violation")),
            requested_by=chance.choice(("customer", "customer", "support")),
            decline_offer=post.may(0.2),
            at_period_end=post.may(0.3),
        )
        post.put(left, after_ms)
        if post.may(0.6):
            answer = RespondToOffer(
                subscription_id=mine["subscription_id"],
                user_id=mine["user_id"],
                accepted=post.may(0.6),
            )
            post.put(answer, after_ms + chance.randint(HOUR_MS, 8 * DAY_MS))

    def _charged(self, told: Told) -> None:
        """They think better of it the very moment they are charged."""
        named, user_id = told.get("subscriptionId"), told.get("customerId")
        today = told.get("daysUntilDue") == 0
        if named and user_id and today and self.post.may(self.post.habits.leaves / 4):
            after_ms = self.post.chance.choice((0, 20, 2_000))
            self._leave({"subscription_id": named, "user_id": user_id}, after_ms)

    def _failed(self, told: Told) -> None:
        if told.get("subscriptionId") and told.get("customerId") and self.post.may(0.3):
            after_ms = self.post.chance.randint(HOUR_MS, 15 * DAY_MS)
            self._pay_with(told["customerId"], told["subscriptionId"], after_ms)

    def _pay_with(self, user_id: str, subscription_id: str, after_ms: int) -> None:
        command = UpdatePaymentMethod(
            user_id=user_id,
            subscription_id=subscription_id,
            payment_method=PaymentMethod(type="credit_card", token=self.post.chance.choice(TOKENS)),
        )
        self.post.put(command, after_ms)
