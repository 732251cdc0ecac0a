"""Tables as people and the HTTP API look at them."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from engine.driver import Driver
from tests.engine.counting import IN, counting, value
from web.access import Tokens, access
from web.peers import FORWARDED, Peers
from web.tables import TableViews

KEYS = ["a", "a\x1f1", "a\x1f2", "b", "käse"]


@pytest.fixture
async def port() -> AsyncIterator[TestClient[Any, Any]]:
    driver = Driver([counting()])
    for key in KEYS:
        driver.send(IN, value(key, 1), key)
    driver.run()
    lanes = dict(enumerate(driver._lanes))
    app: Any = SimpleNamespace(
        lanes=SimpleNamespace(open_lanes=lambda: lanes, topology=driver.topology),
        assignor=SimpleNamespace(external_topics_metadata=dict),
        conf=SimpleNamespace(canonical_url="http://me"),
    )
    site = web.Application(middlewares=[access(Tokens())])
    site.add_routes(TableViews(app, Peers(app)).routes())
    async with TestClient(TestServer(site)) as client:
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
