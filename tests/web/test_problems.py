import asyncio
import json
from http import HTTPStatus
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from web.port import Port
from web.problems import CONTENT_TYPE, problem, problems

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
    assert json.loads(found.text)["detail"].startswith("GET /tables/: nothing is here; a worker")


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


async def said(port: Port, *lines: str) -> str:
    """What the port answers to these lines."""
    await port.setup()
    try:
        await web.TCPSite(port, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*port.addresses[0][:2])
        writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
    finally:
        await port.cleanup()
    return answer.decode()


async def test_what_is_no_http_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    answer = await said(
        Port(web.Application(), timeout_s=1), "GET / HTTP/1.1", "Host: me", "X: " + "a" * 20_000
    )

    assert answer.startswith(("HTTP/1.0 400", "HTTP/1.1 400"))
    [told] = caplog.records
    assert (told.levelname, told.exc_info) == ("INFO", None)
    assert told.getMessage() == "Error handling request from 127.0.0.1: LineTooLong"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("GET /" + "a" * 9_000 + " HTTP/1.1", "Host: me"), 400),
        (("GET / HTTP/1.1", "Host: me", "X: " + "a" * 9_000), 400),
        (("nonsense",), 400),
        (("GET / HTTP/1.1", "Host: me", "Connection: close", "Expect: a miracle"), 417),
    ],
)
async def test_what_no_handler_sees_is_a_problem_too(lines: tuple[str, ...], status: int) -> None:
    answer = await said(Port(web.Application(), timeout_s=1), *lines)

    head, _, body = answer.partition("\r\n\r\n")
    assert head.split()[1] == str(status)
    assert f"Content-Type: {CONTENT_TYPE}" in head
    assert json.loads(body)["status"] == status


@pytest.mark.parametrize("path", ["/", "/absent"])
async def test_no_answer_is_guessed_at_or_tells_versions(path: str) -> None:
    async def customers_words(_request: web.Request) -> web.Response:
        return web.json_response({"note": "<script>"})

    site = web.Application()
    site.router.add_get("/", customers_words)
    answer = await said(
        Port(site, timeout_s=1), f"GET {path} HTTP/1.1", "Host: me", "Connection: close"
    )

    assert "X-Content-Type-Options: nosniff\r\n" in answer
    assert "Server: flowmart\r\n" in answer
    assert "aiohttp" not in answer


async def test_a_connection_that_cannot_be_read_ends() -> None:
    answer = await said(
        Port(web.Application(), timeout_s=1), "nonsense", "", "GET / HTTP/1.1", "Host: me"
    )

    assert answer.count("HTTP/1.") == 1


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: me\r\n\r\nGET"]
)
async def test_who_begins_a_request_and_does_not_end_it_is_let_go(sent: bytes) -> None:
    port = Port(web.Application(), timeout_s=1, keepalive_timeout=0.1)
    await port.setup()
    await web.TCPSite(port, "127.0.0.1", 0).start()
    reader, writer = await asyncio.open_connection(*port.addresses[0][:2])

    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    await port.cleanup()

    assert answer.count(b"HTTP/1.1 404") == sent.count(b"\r\n\r\n")


async def test_a_connection_may_be_idle_for_as_long_as_proxies_keep_it() -> None:
    port = Port(web.Application(), timeout_s=1)
    await port.setup()

    connection = port.server()
    await port.cleanup()

    assert connection.keepalive_timeout == 75


async def test_a_form_of_ones_own_is_kept() -> None:
    def refuse(status: HTTPStatus, detail: str) -> web.Response:
        return web.json_response({"code": status.name, "why": detail}, status=status)

    answer = await said(Port(web.Application(), refuse, timeout_s=1), "nonsense")

    assert json.loads(answer.partition("\r\n\r\n")[2])["code"] == "BAD_REQUEST"
