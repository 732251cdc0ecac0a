"""What messages name as their cause: a trace whose parents nobody told of looks broken."""

from collections.abc import Callable

import pytest

from events.notifications import SendNotification
from events.registry import MESSAGES
from events.subscriptions import SubscribeUser
from tests.flows.scene import Scene, decoded


def declined(scene: Scene) -> Scene:
    return scene.stock().place(token="tok_declined").wait(minutes=40)


def delivered(scene: Scene) -> Scene:
    return scene.stock().place().wait(days=6)


def unpaid(scene: Scene) -> Scene:
    plan = {"plan_id": "plan_monthly_basic", "payment_method_id": "tok_insufficient"}
    return scene.tell(SubscribeUser(user_id="usr_1", **plan)).wait(days=3)


def digested(scene: Scene) -> Scene:
    notice = SendNotification(
        notification_id="not_1",
        user_id="usr_1",
        channel="EMAIL",
        template_id="inventory-adjusted",
        priority="LOW",
        template_data={"product": "Lamp"},
        recipient={"customerId": "usr_1", "email": "ann@example.com"},
        idempotency_key="once",
    )
    scene.tell(notice).wait(days=2)
    assert scene.mails("digest") > 0
    return scene


@pytest.mark.parametrize("story", [declined, delivered, unpaid, digested])
def test_a_message_names_a_message_as_its_cause_or_none(story: Callable[[Scene], Scene]) -> None:
    scene = story(Scene())

    told = [decoded(record) for name, record in scene.told if name in MESSAGES]
    known = {one.event_id for one in told} | {f"told-{number}" for number in range(20)}
    caused = [one for one in told if one.causation_id is not None]
    assert [one.event_type for one in caused if one.causation_id not in known] == []
    assert len(caused) < len(told), "nothing came of a timer"
