"""What customers were told, as people read it: newest first, masked, and in words."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from agents.writing import Writing
from events.notifications import CustomerEngagementRecorded, Interaction
from streams.notifications.rules import NotificationRules
from tables.notifications import LETTERS
from tests.agents.post_office import PostOffice, ask
from web.access import Tokens, access
from web.notifications import NotificationViews
from web.peers import FORWARDED
from web.problems import problems

MINE = {"Authorization": "Bearer all of it"}


def opened(notification_id: str) -> CustomerEngagementRecorded:
    at = datetime(2025, 6, 16, 12, tzinfo=UTC)
    return CustomerEngagementRecorded(
        engagement_id="eng_1",
        customer_id="cus_1",
        notification_id=notification_id,
        root_interaction=Interaction(
            interaction_id="i", kind="OPENED", channel="EMAIL", occurred_at=at
        ),
        total_interactions=1,
        recorded_at=at,
    )


@pytest.fixture
def office() -> PostOffice:
    made = PostOffice(recipient_max=1_000)
    for number in range(3):
        made.tell(ask(f"mail-{number}"))
        made.driver.advance(1_000)
    made.tell(ask("sms-1", "SMS", email=None), ask("app-1", "IN_APP", email=None))
    made.tell(ask("other", user_id="cus_2", email="bob@example.com"))
    return made


@pytest.fixture
async def port(office: PostOffice) -> AsyncIterator[TestClient[Any, Any]]:
    lanes = dict(enumerate(office.driver._lanes))
    app: Any = SimpleNamespace(
        lanes=SimpleNamespace(open_lanes=lambda: lanes, topology=office.driver.topology),
        assignor=SimpleNamespace(external_topics_metadata=dict),
        conf=SimpleNamespace(canonical_url="http://me"),
    )
    site = web.Application(middlewares=[problems, access(Tokens(None, "all of it"))])
    site.add_routes(NotificationViews(app, Writing(NotificationRules()).written).routes())
    async with TestClient(TestServer(site)) as client:
        yield client


async def get(port: TestClient[Any, Any], path: str, **headers: str) -> Any:
    answer = await port.get(path, headers=headers)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_a_history_is_newest_first_by_pages(port: TestClient[Any, Any]) -> None:
    whole = await get(port, "/users/cus_1/notifications")
    page = await get(port, "/users/cus_1/notifications?limit=2&offset=1")

    ids = [one["notificationId"] for one in whole["notifications"]]
    assert ids[-3:] == ["mail-2", "mail-1", "mail-0"]
    assert [one["notificationId"] for one in page["notifications"]] == ids[1:3]
    assert (whole["more"], page["more"]) == (False, True)


@pytest.mark.parametrize(
    "path",
    ["/users/{}/notifications", "/outbox/?customer={}", "/notifications/{}", "/outbox/{}"],
)
async def test_a_worker_without_rows_leaves_the_answer_to_one_that_has_them(
    office: PostOffice, port: TestClient[Any, Any], path: str
) -> None:
    answer = await port.get(path.format("cus_9"), headers={FORWARDED: "1"})

    assert answer.status == 404
    assert (await answer.json())["partitions"] == list(range(len(office.driver._lanes)))


async def test_who_was_told_nothing_has_an_empty_history(port: TestClient[Any, Any]) -> None:
    assert (await get(port, "/users/cus_9/notifications"))["notifications"] == []
    assert (await get(port, "/outbox/?customer=cus_9"))["letters"] == []


async def test_unread_is_what_arrived_and_nobody_opened(
    office: PostOffice, port: TestClient[Any, Any]
) -> None:
    before = await get(port, "/users/cus_1/notifications?status=unread")

    await asyncio.to_thread(office.tell, opened("mail-1"))

    after = await get(port, "/users/cus_1/notifications?status=unread")
    gone = {n["notificationId"] for n in before["notifications"]} - {
        n["notificationId"] for n in after["notifications"]
    }
    assert gone == {"mail-1"}
    assert before["unread"] - after["unread"] == 1
    assert "sms-1" not in {n["notificationId"] for n in before["notifications"]}, "never sent"
    assert (await get(port, "/notifications/mail-1"))["unread"] is False


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "offset=-1", "offset=10001", "status=read", "limit="],
)
async def test_what_is_out_of_bounds_is_refused(port: TestClient[Any, Any], query: str) -> None:
    assert (await port.get(f"/users/cus_1/notifications?{query}")).status == 400


async def test_a_hundred_is_the_most_and_twenty_the_default(
    office: PostOffice, port: TestClient[Any, Any]
) -> None:
    for number in range(110):
        office.put(ask(f"more-{number}", "IN_APP", email=None))
    await asyncio.to_thread(office.driver.run)

    assert len((await get(port, "/users/cus_1/notifications"))["notifications"]) == 20
    assert len((await get(port, "/users/cus_1/notifications?limit=100"))["notifications"]) == 100


async def test_the_outbox_has_the_letters_of_everybody_newest_first(
    port: TestClient[Any, Any],
) -> None:
    everybody = (await get(port, "/outbox/"))["letters"]
    of_one = (await get(port, "/outbox/?customer=cus_1&limit=2"))["letters"]

    assert {one["notificationId"] for one in everybody} >= {"other", "mail-0", "mail-1", "mail-2"}
    assert "app-1" not in {one["notificationId"] for one in everybody}, "nothing was sent"
    assert everybody[0]["sentAt"] >= everybody[-1]["sentAt"]
    assert [one["userId"] for one in of_one] == ["cus_1", "cus_1"]


async def test_a_letter_is_read_in_words_with_its_address_masked(
    port: TestClient[Any, Any],
) -> None:
    masked = await get(port, "/outbox/other")
    whole = await get(port, "/outbox/other", **MINE)

    assert masked["to"] == ["b***@***"]
    assert whole["to"] == ["bob@example.com"]
    assert masked["subject"] == "Lamp is back in stock"
    assert "<p>" in whole["html"]


async def test_personal_data_in_a_letter_is_masked_too(
    office: PostOffice, port: TestClient[Any, Any]
) -> None:
    await asyncio.to_thread(
        office.tell, ask("k", template_data={"product": "ann@example.com", "productId": "p"})
    )

    masked, whole = await get(port, "/outbox/k"), await get(port, "/outbox/k", **MINE)

    assert "ann@" not in str(masked)
    assert "ann@example.com is back in stock" in whole["text"]


@pytest.mark.parametrize("path", ["/outbox/nobody", "/notifications/nobody"])
async def test_what_is_not_there_is_a_404(port: TestClient[Any, Any], path: str) -> None:
    assert (await port.get(path)).status == 404


async def test_a_letter_that_was_erased_is_gone(
    office: PostOffice, port: TestClient[Any, Any]
) -> None:
    await asyncio.to_thread(office.tell, ask("k", template_data={}))

    assert (await port.get("/outbox/k")).status == 410


def test_the_list_of_letters_is_bounded() -> None:
    few = PostOffice(letters_max=2, recipient_max=1_000, partitions=1)
    for number in range(5):
        few.tell(ask(f"mail-{number}"))

    kept = {row.key.rpartition("\x1f")[2] for row in few.driver.rows(LETTERS).values()}
    assert kept == {"mail-3", "mail-4"}
