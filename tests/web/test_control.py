"""The control room's page and what it asks for."""

import re

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from web.access import Tokens, access
from web.control import PAGES, ROOM, ControlRoom

FILES = sorted(PAGES - {"/"})


async def fetched(path: str) -> web.Response:
    request = make_mocked_request("GET", path)
    request.match_info["name"] = path.removeprefix("/room/")
    return await ControlRoom.page(object.__new__(ControlRoom), request)


@pytest.mark.parametrize("path", FILES)
async def test_the_page_lets_nothing_in_from_elsewhere(path: str) -> None:
    response = await fetched(path)
    policy = response.headers["Content-Security-Policy"]
    assert response.status == 200
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["state.js", "../control.py", "uPlot.LICENSE"])
async def test_only_its_own_parts_are_served(name: str) -> None:
    with pytest.raises(web.HTTPNotFound):
        await fetched(f"/room/{name}")


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    for name in ("index.html", "room.js", "room.css"):
        assert not re.search(r"(src|href|url|fetch)\W+(https?:)?//", (ROOM / name).read_text())


def test_the_page_writes_text_never_markup() -> None:
    assert "innerHTML" not in (ROOM / "room.js").read_text()


@pytest.mark.parametrize(("path", "status"), [*((path, 200) for path in FILES),
                                              ("/room/state", 401)])  # fmt: skip
async def test_the_page_is_open_and_what_it_shows_is_not(path: str, status: int) -> None:
    async def seen(_request: web.Request) -> web.Response:
        return web.Response()

    request = make_mocked_request("GET", path, headers={"Host": "shop.example"})
    response = await access(Tokens("secret", None))(request, seen)
    assert response.status == status
