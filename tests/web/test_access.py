from http import HTTPStatus
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from web.access import Tokens, access, sees_personal

TOKEN = "let me in"
BEARER = f"Bearer {TOKEN}"


async def answer(
    token: str | None,
    *,
    personal: str | None = None,
    path: str = "/tables/",
    remote: str = "127.0.0.1",
    **headers: str,
) -> web.StreamResponse:
    """What a visitor gets; `seen` is what lies behind the door."""

    async def seen(request: web.Request) -> web.Response:
        return web.Response(text="whole" if sees_personal(request) else "masked")

    request: Any = make_mocked_request("GET", path, headers={"Host": "127.0.0.1:6066", **headers})
    check: Any = access(Tokens(token, personal))
    return await check(request.clone(remote=remote), seen)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("remote", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:6066", 200),
        ("127.0.0.1", "localhost:6066", 200),
        ("::1", "[::1]:6066", 200),
        ("127.0.0.1", "localhost", 200),
        ("192.168.0.9", "127.0.0.1:6066", 401),
        ("192.168.0.9", "192.168.0.1:6066", 401),
        ("127.0.0.1", "evil.example", 401),
        ("127.0.0.1", "127.0.0.1.evil.example", 401),
        ("127.0.0.1", "", 401),
        ("", "127.0.0.1:6066", 401),
    ],
)
async def test_without_a_token_only_this_machine_by_its_own_name_may_read(
    remote: str, host: str, status: int
) -> None:
    assert (await answer(None, remote=remote, Host=host)).status == status


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        (BEARER, 200),
        (f"bearer {TOKEN}", 200),
        ("", 401),
        (TOKEN, 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("Bearer let me", 401),
        (f"{BEARER} please", 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer \u00fcber", 401),
    ],
)
async def test_with_a_token_its_holders_may_read_from_anywhere(shown: str, status: int) -> None:
    visited = await answer(TOKEN, remote="192.168.0.9", Host="shop.example", Authorization=shown)

    assert visited.status == status


async def test_with_a_token_even_this_machine_must_show_it() -> None:
    assert (await answer(TOKEN)).status == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("path", ["/health", "/ready"])
@pytest.mark.parametrize("token", [None, TOKEN])
async def test_health_is_everybodys(path: str, token: str | None) -> None:
    visited = await answer(token, path=path, remote="192.168.0.9", Host="evil.example")

    assert visited.status == HTTPStatus.OK


@pytest.mark.parametrize("path", ["/healthy", "/health/", "/metrics", "//health"])
async def test_nothing_but_health_is_everybodys(path: str) -> None:
    assert (await answer(TOKEN, path=path)).status == HTTPStatus.UNAUTHORIZED


async def test_who_is_refused_is_told_how_to_get_in_but_not_with_what() -> None:
    refused = await answer(TOKEN)

    assert isinstance(refused, web.Response)
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="flowmart"'
    assert "FLOWMART_VIEW_TOKEN" in (refused.text or "")
    assert TOKEN not in (refused.text or "")


async def test_who_is_refused_where_there_is_no_token_is_not_asked_for_one() -> None:
    refused: Any = await answer(None, Host="tunnel.example")

    assert refused.status == HTTPStatus.UNAUTHORIZED
    assert "by a name such as 127.0.0.1 or localhost" in refused.text


@pytest.mark.parametrize("view", [TOKEN, None])
@pytest.mark.parametrize(
    ("shown", "seen"),
    [("Bearer all of it", "whole"), (BEARER, "masked"), ("Basic all of it", None), ("", None)],
)
async def test_personal_data_is_seen_by_holders_of_its_own_token(
    view: str | None, shown: str, seen: str | None
) -> None:
    visited: Any = await answer(view, personal="all of it", Authorization=shown)

    # Without a view token this machine reads masked rows, whatever it shows.
    expected = seen or ("masked" if view is None else None)
    assert (visited.text if visited.status == HTTPStatus.OK else None) == expected


async def test_nobody_sees_personal_data_where_no_token_gives_the_right() -> None:
    visited: Any = await answer(TOKEN, Authorization="Bearer ")
    local: Any = await answer(None, Authorization="Bearer None")

    assert visited.status == HTTPStatus.UNAUTHORIZED
    assert local.text == "masked"


@pytest.mark.parametrize("shown", ["Bearer ", "Bearer", "bearer  "])
async def test_an_empty_token_is_none_that_anybody_could_show(shown: str) -> None:
    response = await answer("", personal="", remote="192.168.0.9", Authorization=shown)

    assert response.status == 401
