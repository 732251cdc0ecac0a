"""How commands ask a worker for rows."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from commands import worker_client
from commands.base import CommandError
from commands.worker_client import all_rows, ask

TOKEN = "let me in"


async def _answer(request: web.Request) -> web.Response:
    """A worker's port as far as a client sees it."""
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return web.Response(status=401)
    what = request.match_info["what"]
    if what == "row":
        return web.json_response({"value": request.match_info["key"]})
    if what == "wrong":
        return web.json_response({"detail": "limit: expected 1 to 100"}, status=400)
    if what == "nothing":
        return web.json_response({"detail": "no row", "partitions": [0]}, status=404)
    if what == "strange":
        return web.json_response({"detail": "no route of mine"}, status=404)
    return web.Response(status=503, text="recovering")


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.add_routes([web.get("/{what}/{key:.*}", _answer)])
    async with TestServer(app) as running:
        monkeypatch.setenv("FLOWMART_WORKER_URL", f"{running.make_url('/')}")
        monkeypatch.setenv("FLOWMART_VIEW_TOKEN", TOKEN)
        yield running


@pytest.mark.parametrize("key", ["ord_1", "a/b", "a b", "50%41", "#1", "what?x=1", "a+b", "\u00fc"])
async def test_a_row_is_found_however_odd_its_key(server: TestServer, key: str) -> None:
    assert await ask(f"/row/{quote(key, safe='')}") == {"value": key}


async def test_a_row_that_is_not_there_is_none(server: TestServer) -> None:
    assert await ask("/nothing/key") is None


async def test_who_is_no_worker_is_not_believed_that_a_row_is_missing(server: TestServer) -> None:
    with pytest.raises(CommandError, match=r"is no worker's port, or .*: no route of mine$"):
        await ask("/strange/key")


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        ({}, "wants a token: set FLOWMART_VIEW_TOKEN"),
        ({"VIEW": "wrong"}, "takes no such FLOWMART_VIEW_TOKEN"),
        ({"VIEW": TOKEN, "PERSONAL": "wrong"}, "takes no such FLOWMART_PERSONAL_TOKEN"),
    ],
)
async def test_without_the_token_the_setting_is_named(
    server: TestServer, monkeypatch: pytest.MonkeyPatch, tokens: dict[str, str], told: str
) -> None:
    monkeypatch.delenv("FLOWMART_VIEW_TOKEN")
    for right, token in tokens.items():
        monkeypatch.setenv(f"FLOWMART_{right}_TOKEN", token)

    with pytest.raises(CommandError, match=told) as refused:
        await ask("/row/key")

    assert "wrong" not in str(refused.value)


async def test_of_a_problem_its_detail_is_told(server: TestServer) -> None:
    with pytest.raises(CommandError, match=r"400 limit: expected 1 to 100$"):
        await ask("/wrong/key")


async def test_any_other_answer_is_told(server: TestServer) -> None:
    with pytest.raises(CommandError, match="503 recovering"):
        await ask("/busy/key")


async def test_a_worker_that_is_not_there_is_told_with_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLOWMART_WORKER_URL", "http://127.0.0.1:1/")

    with pytest.raises(CommandError, match=r"no worker answers at http://127\.0\.0\.1:1: start"):
        await ask("/row/key")


async def test_of_several_workers_the_first_that_answers_is_enough(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{server.make_url('')}"
    monkeypatch.setenv("FLOWMART_WORKER_URL", f"http://127.0.0.1:1, {url},http://127.0.0.1:2")

    assert await ask("/row/key") == {"value": "key"}


async def test_of_several_workers_that_are_not_there_each_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLOWMART_WORKER_URL", "http://127.0.0.1:1,http://127.0.0.1:2")

    with pytest.raises(CommandError, match=r"http://127\.0\.0\.1:1, http://127\.0\.0\.1:2: start"):
        await ask("/row/key")


PARTITIONS = {"partitions": [0, 1], "partitions_total": 2}


@pytest.fixture
async def rows(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """A worker with rows of five odd keys; gives what it was asked."""
    asked: list[str] = []

    async def page(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        after, limit = request.query["after"], int(request.query["limit"])
        left = [key for key in ("a", "a b", "a&b", "b\x1f1", "\u00fc") if key > after]
        shown = [{"key": key, "value": {"of": key}} for key in left[:limit]]
        held = PARTITIONS if request.query["workers"] == "all" else {}
        return web.json_response({"rows": shown, "more": len(left) > limit} | held)

    app = web.Application()
    app.add_routes([web.get("/tables/odd/", page)])
    async with TestServer(app) as running:
        monkeypatch.setenv("FLOWMART_WORKER_URL", f"{running.make_url('/')}")
        monkeypatch.setattr(worker_client, "_PAGE_ROWS", 2)
        yield asked


async def test_all_rows_are_read_page_by_page(rows: list[str]) -> None:
    found = await all_rows("odd")

    assert list(found) == ["a", "a b", "a&b", "b\x1f1", "\u00fc"]
    assert found["a&b"] == {"of": "a&b"}
    assert len(rows) == 3


async def test_of_a_table_that_is_too_long_the_rest_is_left_to_an_export(
    rows: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(worker_client, "ROWS_MAX", 4)

    assert len(await all_rows("odd")) == 4
    assert "more rows than these 4: `faust -A app tables export odd`" in capsys.readouterr().err


async def test_rows_of_some_partitions_are_not_taken_for_all(
    rows: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PARTITIONS, "partitions", [1])

    with pytest.raises(CommandError, match="its own rows only"):
        await all_rows("odd")
