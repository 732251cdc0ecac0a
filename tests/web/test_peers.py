"""Asking the other workers."""

import asyncio
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, make_mocked_request

from web.peers import FORWARDED, Peers
from web.problems import problem

ROW = {"value": 1}


class Others:
    """Other workers, each with its way to answer."""

    def __init__(self) -> None:
        self.servers: list[TestServer] = []
        self.hung = asyncio.Event()
        self.heard: list[tuple[str, str | None, str | None]] = []
        """Path, token and what says that a worker asks, of each question."""

    async def add(self, how: str, *partitions: int) -> None:
        async def answer(request: web.Request) -> web.Response:
            shown = [request.headers.get(name) for name in ("Authorization", FORWARDED)]
            self.heard.append((request.raw_path, shown[0], shown[1]))
            if how == "hangs":
                await self.hung.wait()
            if how == "has it":
                return web.json_response(ROW)
            if how == "had it":
                return problem(HTTPStatus.GONE, "erased")
            return web.json_response({"partitions": partitions}, status=404)

        site = web.Application()
        site.add_routes([web.get("/tables/orders/{key}", answer)])
        server = TestServer(site)
        await server.start_server()
        self.servers.append(server)

    def peers(self, *more: str) -> Peers:
        urls = [str(server.make_url("")) for server in self.servers]
        app: Any = SimpleNamespace(
            lanes=SimpleNamespace(
                open_lanes=lambda: {0: None}, topology=SimpleNamespace(partitions=3)
            ),
            assignor=SimpleNamespace(external_topics_metadata=lambda: [*urls, *more]),
            conf=SimpleNamespace(canonical_url="http://here:1"),
        )
        return Peers(app)


@pytest.fixture
async def others() -> AsyncIterator[Others]:
    made = Others()
    yield made
    made.hung.set()
    for server in made.servers:
        await server.close()


def asked(key: str = "ord_1", **headers: str) -> web.Request:
    return make_mocked_request("GET", f"/tables/orders/{key}", headers=headers)


async def test_others_are_asked_the_same_with_the_rights_of_who_asked(others: Others) -> None:
    await others.add("has it")

    await others.peers().ask(asked("a%2Fb", Authorization="Bearer let me in"))
    await others.peers().each(asked())

    assert others.heard == [
        ("/tables/orders/a%2Fb", "Bearer let me in", "1"),
        ("/tables/orders/ord_1", None, "1"),
    ]


async def test_who_is_asked_by_another_asks_nobody(others: Others) -> None:
    await others.add("has it")

    found = await others.peers().ask(asked(**{FORWARDED: "1"}))

    assert found is None
    assert others.heard == []


async def test_nobody_waits_for_a_worker_that_hangs_when_another_has_the_row(
    others: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.peers.ASK_TIMEOUT_S", 60.0)
    for how in ("hangs", "has nothing", "has it"):
        await others.add(how)

    async with asyncio.timeout(50):
        found = await others.peers().ask(asked())

    assert found is not None
    assert json.loads(found.text or "") == ROW


async def test_what_nobody_has_is_not_there(others: Others) -> None:
    await others.add("has nothing", 1)
    await others.add("has nothing", 2)

    assert await others.peers().ask(asked()) is None


async def test_while_a_partition_is_open_nowhere_nobody_says_that_a_row_is_not_there(
    others: Others,
) -> None:
    await others.add("has nothing", 1)
    await others.add("has nothing")

    with pytest.raises(web.HTTPServiceUnavailable):
        await others.peers().ask(asked())


async def test_what_a_worker_had_and_has_no_more_is_gone(others: Others) -> None:
    await others.add("has nothing", 1)
    await others.add("had it", 2)

    found = await others.peers().ask(asked())

    assert found is not None
    assert (found.status, found.content_type) == (410, "application/problem+json")
    assert json.loads(found.text or "")["detail"] == "erased"


async def test_while_a_worker_does_not_answer_nobody_says_that_a_row_is_not_there(
    others: Others,
) -> None:
    await others.add("has nothing", 1, 2)

    with pytest.raises(web.HTTPServiceUnavailable):
        await others.peers("http://127.0.0.1:9").ask(asked())


async def test_each_is_heard_by_its_address_also_when_it_says_nothing(others: Others) -> None:
    for how in ("has it", "has nothing"):
        await others.add(how)
    answers, nothing = (str(server.make_url("")) for server in others.servers)

    heard = await others.peers("http://127.0.0.1:9").each(asked())

    assert dict(heard) == {answers: ROW, nothing: None, "http://127.0.0.1:9": None}
