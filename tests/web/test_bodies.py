"""Bodies within their bounds, however they are sent."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from web.bodies import BodyTooLarge, body_of

BYTES_MAX = 10


async def parts(body: bytes) -> AsyncIterator[bytes]:
    """A body whose length nobody tells beforehand."""
    for start in range(0, len(body), 4):
        yield body[start : start + 4]


@pytest.mark.parametrize("length_is_told", [True, False])
@pytest.mark.parametrize(("many", "is_read"), [(0, True), (10, True), (11, False)])
async def test_a_body_has_as_many_bytes_as_are_allowed_and_no_more(
    many: int, *, is_read: bool, length_is_told: bool
) -> None:
    body = b"x" * many
    found: list[bytes | str] = []

    async def take(request: web.Request) -> web.Response:
        try:
            found.append(await body_of(request, BYTES_MAX))
        except BodyTooLarge as large:
            found.append(str(large))
        return web.Response()

    site = web.Application()
    site.router.add_post("/", take)
    async with TestClient(TestServer(site)) as client:
        await client.post("/", data=body if length_is_told else parts(body))

    assert found == [body if is_read else "at most 10 bytes"]
