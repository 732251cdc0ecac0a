"""Tables as people and the HTTP API look at them."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from engine.driver import Driver
from tests.agents.post_office import PostOffice, ask
from tests.engine.counting import IN, counting, value
from web.access import Tokens, access
from web.peers import FORWARDED, Peers
from web.tables import TableViews

KEYS = ["a", "a\x1f1", "a\x1f2", "b", "käse"]


@pytest.fixture
def driver() -> Driver:
    made = Driver([counting()])
    for key in KEYS:
        made.send(IN, value(key, 1), key)
    return made.run()


def worker(
    driver: Driver, partitions: range, peers: tuple[str, ...] = (), personal: str | None = None
) -> web.Application:
    """One that holds these partitions, and knows those peers."""
    lanes = {partition: driver._lanes[partition] for partition in partitions}
    app: Any = SimpleNamespace(
        lanes=SimpleNamespace(open_lanes=lambda: lanes, topology=driver.topology),
        assignor=SimpleNamespace(external_topics_metadata=lambda: dict.fromkeys(peers)),
        conf=SimpleNamespace(canonical_url="http://me"),
    )
    site = web.Application(middlewares=[access(Tokens(personal=personal))])
    site.add_routes(TableViews(app, Peers(app)).routes())
    return site


@pytest.fixture
async def port(driver: Driver) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(worker(driver, range(3)))) as client:
        yield client


@pytest.fixture
async def one_of_two(driver: Driver) -> AsyncIterator[TestClient[Any, Any]]:
    other = TestServer(worker(driver, range(1, 3)))
    await other.start_server()
    mine = worker(driver, range(1), (str(other.make_url("/")),))
    async with other, TestClient(TestServer(mine)) as client:
        yield client


async def keys(port: TestClient[Any, Any], **query: str) -> tuple[list[str], bool]:
    found = await (await port.get("/tables/counts/", params=query)).json()
    return [row["key"] for row in found["rows"]], found["more"]


async def test_rows_go_on_behind_the_last_one_that_was_seen(port: TestClient[Any, Any]) -> None:
    seen: list[str] = []
    for _ in KEYS:
        page, more = await keys(port, limit="1", after=seen[-1] if seen else "")
        seen += page
        assert more is (len(seen) < len(KEYS))
    assert seen == KEYS


async def test_behind_a_row_within_a_prefix_nothing_else_shows(port: TestClient[Any, Any]) -> None:
    assert await keys(port, prefix="a\x1f") == (["a\x1f1", "a\x1f2"], False)
    assert await keys(port, prefix="a\x1f", after="a\x1f1") == (["a\x1f2"], False)
    assert await keys(port, prefix="a\x1f", after="0") == (["a\x1f1", "a\x1f2"], False)
    assert await keys(port, prefix="a\x1f", after="b") == ([], False)


async def test_a_row_that_is_not_here_is_missed_in_the_partitions_that_are(
    port: TestClient[Any, Any],
) -> None:
    asked_by_a_peer = await port.get("/tables/counts/none", headers={FORWARDED: "1"})

    for answer in (asked_by_a_peer, await port.get("/tables/counts/none")):
        assert answer.status == 404
        assert (await answer.json())["partitions"] == [0, 1, 2]


@pytest.mark.parametrize("path", ["/tables", "/tables/counts"])
async def test_the_last_stroke_may_be_left_out(port: TestClient[Any, Any], path: str) -> None:
    short, whole = await port.get(path), await port.get(path + "/")

    assert short.status == 200
    assert await short.json() == await whole.json()


async def test_one_of_several_workers_tells_the_rows_of_all_a_page_at_a_time(
    one_of_two: TestClient[Any, Any],
) -> None:
    own, _ = await keys(one_of_two)
    seen: list[str] = []
    more = True

    while more:
        page, more = await keys(
            one_of_two, workers="all", limit="2", after=seen[-1] if seen else ""
        )
        seen += page

    assert len(own) < len(KEYS)
    assert seen == KEYS


async def test_who_is_asked_by_another_worker_tells_its_own_rows_alone(
    one_of_two: TestClient[Any, Any],
) -> None:
    own, _ = await keys(one_of_two)

    asked = await one_of_two.get("/tables/counts/?workers=all", headers={FORWARDED: "1"})

    assert [row["key"] for row in (await asked.json())["rows"]] == own


@pytest.fixture
def letters() -> Driver:
    """A customer was written to."""
    office = PostOffice(partitions=1)
    office.tell(ask("k", user_id="cus_2", email="bob@example.com"))
    return office.driver


@pytest.mark.parametrize(
    ("shown", "seen"), [("all of it", True), ("of it", False), ("\udcff", False)]
)
async def test_rows_are_whole_for_who_has_the_right_to_personal_data_and_masked_for_others(
    letters: Driver, shown: str, *, seen: bool
) -> None:
    site = worker(letters, range(1), personal="all of it")
    async with TestClient(TestServer(site)) as port:
        by = {"Authorization": f"Bearer {shown}"}
        page = await (await port.get("/tables/notifications/", headers=by)).json()
        [key] = [row["key"] for row in page["rows"]]
        row = await (await port.get(f"/tables/notifications/{quote(key)}", headers=by)).json()

    assert row["value"] == page["rows"][0]["value"]
    assert (row["value"]["to"] == ["bob@example.com"]) is seen
    assert ("bob@" in str(page)) is seen


async def test_rows_that_nobody_tells_are_not_left_out_in_silence(driver: Driver) -> None:
    alone = worker(driver, range(1), ("http://127.0.0.1:9/",))
    async with TestClient(TestServer(alone)) as port:
        found = await port.get("/tables/counts/", params={"workers": "all"})

    assert found.status == 503
