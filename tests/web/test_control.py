"""The control room's page and what it asks for."""

import json
import re
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from msgspec import structs
from yarl import URL

from engine.driver import Driver
from engine.specs import AgentSpec
from engine.windows import window_key
from streams.alerts.watch import OpenAlert
from streams.pulse.figures import Figure
from tables.pulse import ALERTS, FIGURES, RAISED
from tests.agents.alarmed import alarmed, resolve, stuck
from web.access import Tokens, access
from web.control import PAGES, RAISED_MAX, ROOM, RUNBOOKS, SILENT, STRANGE, ControlRoom
from web.peers import FORWARDED, Peers

FILES = sorted(PAGES - {"/", "/room"})


@pytest.fixture
async def port() -> AsyncIterator[TestClient[Any, Any]]:
    """A worker's port that has the page and nothing to show on it."""
    site = web.Application()
    site.add_routes(ControlRoom(*[cast("Any", None)] * 3).routes())
    async with TestClient(TestServer(site)) as client:
        yield client


@pytest.mark.parametrize("path", FILES)
async def test_the_page_lets_nothing_in_from_elsewhere(
    port: TestClient[Any, Any], path: str
) -> None:
    response = await port.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert response.status == 200
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["state.js", "%2E%2E/control.py", "uPlot.LICENSE", "runbooks/%2E%2E/engine.md"]
)
async def test_only_its_own_parts_are_served(port: TestClient[Any, Any], name: str) -> None:
    response = await port.get(URL(f"/room/{name}", encoded=True))

    assert response.status == 404


async def test_a_runbook_is_shown_as_it_is_written(port: TestClient[Any, Any]) -> None:
    response = await port.get("/room/runbooks/cpu.md")

    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert await response.read() == (RUNBOOKS / "cpu.md").read_bytes()


async def test_who_has_a_part_of_the_page_is_not_sent_it_again(port: TestClient[Any, Any]) -> None:
    first = await port.get("/room/uPlot.js")

    again = await port.get("/room/uPlot.js", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status, await again.read()) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/room"])
async def test_who_leaves_out_the_way_is_led_to_the_page(
    port: TestClient[Any, Any], path: str
) -> None:
    response = await port.get(path, allow_redirects=False)

    assert (response.status, response.headers["Location"]) == (302, "/room/")


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    for name in ("index.html", "room.js", "room.css", "tables.html", "tables.js"):
        assert not re.search(r"(src|href|url|fetch)\W+(https?:)?//", (ROOM / name).read_text())


def test_the_page_writes_text_never_markup() -> None:
    for script in ("room.js", "tables.js"):
        assert "innerHTML" not in (ROOM / script).read_text()


@pytest.mark.parametrize(("path", "status"), [*((path, 200) for path in FILES),
                                              ("/room/state", 401)])  # fmt: skip
async def test_the_page_is_open_and_what_it_shows_is_not(path: str, status: int) -> None:
    async def seen(_request: web.Request) -> web.Response:
        return web.Response()

    request = make_mocked_request("GET", path, headers={"Host": "shop.example"})
    response = await access(Tokens("secret", None))(request, seen)
    assert response.status == status


PEER: dict[str, Any] = {
    "worker": {
        "url": "http://peer", "partitions": [2], "records": 7, "transactions": 1,
        "dead_letters": 0, "lag": 0, "recovery_left": 0,
    },
    "figures": [["orders.confirmed_per_minute", "all", 3]],
    "windows": [[0, "orders.confirm_ms", "p99", 12.5]],
    "alerts": [{"rule": "memory", "severity": "warn", "summary": "so it is", "raised_at_ms": 1}],
}  # fmt: skip


async def looked(
    *answers: Any, driver: Driver | None = None, **headers: str
) -> tuple[dict[str, Any], list[str]]:
    """The state that a worker with the driver's rows shows beside peers, and their addresses."""
    servers = []
    for text in answers:

        async def said(_request: web.Request, text: str = text) -> web.Response:
            return web.Response(text=text)

        site = web.Application()
        site.router.add_get("/room/state", said)
        servers.append(TestServer(site))
        await servers[-1].start_server()
    urls = sorted(str(server.make_url("")) for server in servers)
    driver = driver or Driver([])
    lanes = dict(enumerate(driver._lanes))
    app: Any = SimpleNamespace(
        assignor=SimpleNamespace(external_topics_metadata=lambda: urls),
        conf=SimpleNamespace(canonical_url="http://me"),
        lanes=SimpleNamespace(
            topology=driver.topology,
            open_lanes=lambda: lanes,
            stats=driver.stats,
            remaining={},
            waits_s=lambda: 12.5,
        ),
    )
    engine: Any = SimpleNamespace(lag={})
    room = ControlRoom(app, Peers(app), engine)
    response = await room.state(make_mocked_request("GET", "/room/state", headers=headers))
    for server in servers:
        await server.close()
    assert isinstance(response.body, bytes)
    return json.loads(response.body), urls


def raised(number: int, at_ms: int) -> dict[str, Any]:
    return {
        "rule": "stuck_payment", "severity": "warn", "subject": f"pay_{number}", "value": 5.0,
        "unit": "USD", "runbook": "docs/runbooks/stuck_payment.md", "raised_at_ms": at_ms,
    }  # fmt: skip


async def test_each_worker_tells_how_long_it_has_waited_for_kafka() -> None:
    state, _ = await looked(json.dumps(PEER))

    assert [worker["waits_s"] for worker in state["workers"]] == [12.5, 0.0]


async def test_who_is_asked_by_another_worker_tells_of_itself_alone() -> None:
    told, _ = await looked(json.dumps(PEER), **{FORWARDED: "1"})

    assert told["worker"]["url"] == "http://me"
    assert "workers" not in told


async def test_of_an_open_alert_everything_is_told_that_a_page_shows() -> None:
    row = OpenAlert(
        "alr_1", "gateway_errors", "stripe", "warn", 0.08, 0.05, "share", "Trouble", "r.md", 7
    )

    def raise_it(ctx: Any, now_ms: int) -> None:
        ctx.table(ALERTS)["gateway_errors|stripe"] = row

    driver = Driver([AgentSpec("a", "", (), (ALERTS,), tick=raise_it)], partitions=1).tick()

    state, _ = await looked(driver=driver)

    [told] = state["alerts"]
    assert told == {k: v for k, v in structs.asdict(row).items() if k != "alert_id"}


async def test_of_the_last_hour_that_is_told_which_charts_show() -> None:
    shown = ["orders.confirm_ms|p99", "payments.failed_per_minute|card_declined"]
    others = ["orders.confirm_ms|p95", "payments.latency_ms|stripe p99", "risk.check_ms|p99"]

    def tell(ctx: Any, now_ms: int) -> None:
        for key in [*shown, *others]:
            ctx.table(FIGURES)[window_key(now_ms, key)] = Figure(7.5, 1, now_ms)

    agent = AgentSpec("a", "", (), (FIGURES,), tick=tell)
    driver = Driver([agent], partitions=1, start_ms=time.time_ns() // 1_000_000).tick()

    state, _ = await looked(driver=driver)

    assert [f"{figure}|{group}" for _, figure, group, _ in state["windows"]] == shown


async def test_alerts_that_services_raised_come_newest_first_over_all_workers() -> None:
    shop = alarmed(2)
    newest = max(row.raised_at_ms for row in shop.rows(RAISED).values())
    peer = {**PEER, "raised": [raised(8, newest + 1), raised(7, newest - 500)]}

    state, _ = await looked(json.dumps(peer), driver=shop)

    assert state["raised"] == [
        raised(8, newest + 1),
        raised(1, newest),
        raised(7, newest - 500),
        raised(0, newest - 1_000),
    ]


async def test_an_alert_that_somebody_saw_to_is_shown_no_more() -> None:
    state, _ = await looked(driver=resolve(alarmed(2), stuck(1)))

    assert [row["subject"] for row in state["raised"]] == ["pay_0"]


async def test_no_more_alerts_than_a_page_holds_are_shown() -> None:
    peer = {**PEER, "raised": [raised(n, n) for n in range(RAISED_MAX + 1)]}

    state, _ = await looked(json.dumps(peer))

    assert [row["raised_at_ms"] for row in state["raised"]] == list(range(RAISED_MAX, 0, -1))


async def test_what_is_critical_is_shown_however_much_else_was_raised_since() -> None:
    critical = {**raised(0, 1), "severity": "critical"}
    peer = {**PEER, "raised": [*(raised(n, n) for n in range(1, RAISED_MAX)), critical]}

    state, _ = await looked(json.dumps({**peer, "raised_total": 300}), driver=alarmed(2))

    assert state["raised"][0] == critical
    assert (len(state["raised"]), state["raised_total"]) == (RAISED_MAX, 302)


async def test_a_peer_that_knows_more_is_heard_for_what_this_version_knows() -> None:
    further = {**PEER, "weather": "fine", "worker": {**PEER["worker"], "cores": 2}}

    state, _ = await looked(json.dumps(further))

    assert [worker["url"] for worker in state["workers"]] == ["http://me", "http://peer"]
    assert state["figures"] == PEER["figures"]
    assert state["windows"] == PEER["windows"]
    told = {"runbook": "", "subject": "", "value": None, "threshold": None, "unit": ""}
    assert state["alerts"] == [{**PEER["alerts"][0], **told}]
    assert state["raised"] == []
    assert state["unheard"] == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (json.dumps({**PEER, "worker": {"url": "http://peer"}}), STRANGE),
        (json.dumps({k: v for k, v in PEER.items() if k != "windows"}), STRANGE),
        (json.dumps({**PEER, "figures": {"orders": 3}}), STRANGE),
        (json.dumps({**PEER, "alerts": [{"rule": "memory"}]}), STRANGE),
        (json.dumps([]), STRANGE),
        ("<html>", SILENT),
    ],
)
async def test_a_peer_of_another_shape_is_marked_and_the_others_are_shown(
    said: str, why: str
) -> None:
    state, urls = await looked(said)

    assert [worker["url"] for worker in state["workers"]] == ["http://me"]
    assert state["unheard"] == [{"url": urls[0], "why": why}]
