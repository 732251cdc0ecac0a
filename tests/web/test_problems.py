import asyncio
import json
from http import HTTPStatus
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from web.problems import CONTENT_TYPE, problem, problems, server_log

GET = make_mocked_request("GET", "/tables/")


async def answer(raised: Exception | None) -> Any:
    async def handler(_request: web.Request) -> web.Response:
        if raised is not None:
            raise raised
        return web.Response(text="fine")

    middleware: Any = problems
    return await middleware(GET, handler)


def test_a_problem_says_what_is_wrong_and_more() -> None:
    found = problem(HTTPStatus.BAD_REQUEST, "limit: expected 1 to 9", limit=10)

    assert found.content_type == CONTENT_TYPE
    assert json.loads(found.text or "") == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "limit: expected 1 to 9",
        "limit": 10,
    }


async def test_what_is_fine_passes() -> None:
    assert (await answer(None)).text == "fine"


async def test_an_unknown_path_is_a_problem() -> None:
    found = await answer(web.HTTPNotFound())

    assert (found.status, found.content_type) == (404, CONTENT_TYPE)
    assert json.loads(found.text)["detail"].startswith("GET /tables/: nothing is here; / is the")


async def test_a_wrong_method_says_which_are_right() -> None:
    found = await answer(web.HTTPMethodNotAllowed("PUT", ["GET", "HEAD"]))

    assert (found.status, found.headers["Allow"]) == (405, "GET,HEAD")


async def test_a_redirect_is_none() -> None:
    with pytest.raises(web.HTTPFound):
        await answer(web.HTTPFound("/tables/"))


async def test_what_nobody_thought_of_is_a_problem_that_tells_nothing_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = await answer(ValueError("secret"))

    assert (found.status, found.content_type) == (500, CONTENT_TYPE)
    assert "secret" not in found.text
    assert "secret" in caplog.text


async def test_what_is_no_http_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    runner = web.AppRunner(web.Application(), access_log=None, logger=server_log())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]

    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: me\r\nX: " + b"a" * 20_000 + b"\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await runner.cleanup()

    assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    [told] = caplog.records
    assert (told.levelname, told.exc_info) == ("INFO", None)
    assert told.getMessage() == "Error handling request from 127.0.0.1: LineTooLong"
