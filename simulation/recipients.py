"""Recipients: they sign up with a number, read what they are told, say STOP, and are forgotten."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from events.erasure import EraseCustomer
from events.notifications import (
    CustomerEngagementRecorded,
    Interaction,
    NotificationRecipient,
    SendNotification,
)
from events.registrations import UserForgotPasswordEvent, UserSignedUpEvent
from simulation.people import Post, Told
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS

_READS: Final = 0.05
"""Of those who are told something, how many let on."""
_KINDS: Final = ("DELIVERED", "DELIVERED", "OPENED", "CLICKED", "DISMISSED", "UNSUBSCRIBED")
_WORDS: Final = (None, "STOP", "start")


@dataclass(slots=True)
class Recipients:
    """Everybody who is told something."""

    post: Post
    span_ms: int

    def begin(self, users: int) -> None:
        """Sign up, ask for a password, and now and then ask to be forgotten."""
        post, chance = self.post, self.post.chance
        for number in range(1, users + 1):
            user_id = f"usr_{number}"
            if post.may(0.5):
                post.put(self._signed_up(user_id), chance.randint(0, self.span_ms))
            if post.may(0.05):
                post.put(_forgot(user_id), chance.randint(0, self.span_ms))
            if post.may(0.1):
                post.put(_greeting(user_id), chance.randint(0, self.span_ms))
            if post.may(post.habits.erases):
                after_ms = chance.choice((self.span_ms, 3 * DAY_MS, 40 * DAY_MS))
                asked = EraseCustomer(customer_id=user_id, requested_by="ann")
                post.put(asked, chance.randint(0, after_ms))
        post.heed("NotificationSent", self._told)

    def _signed_up(self, user_id: str) -> UserSignedUpEvent:
        chance = self.post.chance
        return UserSignedUpEvent(
            user_id=user_id,
            email=f"{user_id}@example.com",
            signup_method="email",
            profile={"phone": "+12025550123", "timezone": "America/New_York"},
            verification={"phoneVerified": self.post.may(0.6)},
            preferences={"marketingOptIn": chance.choice((True, False))},
        )

    def _told(self, told: Told) -> None:
        """They open it, or do not; on an SMS they may answer STOP."""
        if not self.post.may(_READS):
            return
        chance, now_ms = self.post.chance, self.post.world.now_ms
        word = chance.choice(_WORDS)
        met = Interaction(
            interaction_id=f"int_{told['notificationId']}",
            kind=chance.choice(_KINDS),
            channel=told["channel"],
            occurred_at=datetime.fromtimestamp(now_ms // 1000, UTC),
            details={"keyword": word} if word else None,
        )
        engaged = CustomerEngagementRecorded(
            engagement_id=f"eng_{told['notificationId']}",
            customer_id=told["userId"],
            notification_id=told["notificationId"],
            root_interaction=met,
            total_interactions=1,
            recorded_at=datetime.fromtimestamp(now_ms // 1000, UTC),
        )
        self.post.put(engaged, chance.choice((0, MINUTE_MS, HOUR_MS, 3 * DAY_MS)))


def _forgot(user_id: str) -> UserForgotPasswordEvent:
    return UserForgotPasswordEvent(
        user_id=user_id, email=f"{user_id}@example.com", reset_token={"token": "rst_1"}
    )


def _greeting(user_id: str) -> SendNotification:
    """What another service asks for, with the devices that it knows of."""
    return SendNotification(
        notification_id=f"greet_{user_id}",
        recipient=NotificationRecipient(
            customer_id=user_id, device_tokens=(f"phone_{user_id}", f"pad_{user_id}")
        ),
        channel="PUSH",
        template_id="out-of-stock",
        template_data={"orderId": f"greet_{user_id}", "product": "prd_a"},
        priority="NORMAL",
        idempotency_key=f"greet_{user_id}",
    )
