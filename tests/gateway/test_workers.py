"""Which workers are asked (G-6)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.breaker import Breaker
from gateway.workers import NoWorker, Worker, Workers
from settings.gateway import GatewayRules

RULES = GatewayRules(read_timeout_ms=5_000)
NOWHERE = "http://127.0.0.1:9"


class Played:
    """A worker that tells of others."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.held, self.total, self.status = [0, 1], 2, 200
        self.url = ""
        self.takes_s = 0.0
        self.shown: list[str | None] = []
        self.asked = asyncio.Event()

    async def ready(self, _request: web.Request) -> web.Response:
        await asyncio.sleep(self.takes_s)
        return web.json_response({})

    async def index(self, _request: web.Request) -> web.Response:
        return web.json_response({"workers": self.told})

    async def rows(self, request: web.Request) -> web.Response:
        self.shown.append(request.headers.get("Authorization"))
        self.asked.set()
        await asyncio.sleep(self.takes_s)
        body = {"rows": [], "partitions": self.held, "partitions_total": self.total}
        return web.json_response(body, status=self.status)


@pytest.fixture
async def played() -> AsyncIterator[Played]:
    worker = Played()
    site = web.Application()
    site.add_routes(
        [web.get("/ready", worker.ready), web.get("/tables/", worker.index),
         web.get("/tables/stock/", worker.rows), web.post("/quotes", worker.rows)]
    )  # fmt: skip
    async with TestServer(site) as server:
        worker.url = str(server.make_url("")).rstrip("/")
        yield worker


@pytest.fixture
async def workers(played: Played) -> AsyncIterator[Workers]:
    made = Workers([played.url], None, RULES)
    await made.start()
    yield made
    await made.stop()


async def probed(workers: Workers) -> None:
    await workers._probe_all()


class TestHaste:
    """Little patience for reads, much for what is handed on."""

    @pytest.fixture
    async def workers(self, played: Played) -> AsyncIterator[Workers]:
        made = Workers([played.url], None, GatewayRules(read_timeout_ms=100))
        await made.start()
        yield made
        await made.stop()

    async def test_a_read_is_waited_for_less_than_what_is_handed_on(
        self, played: Played, workers: Workers
    ) -> None:
        played.takes_s = 0.3
        with pytest.raises(NoWorker):
            await workers.get("/tables/stock/")
        assert (await workers.pass_on("/quotes", b"{}", {}))[0] == 200

    async def test_a_probe_is_waited_for_as_long_as_a_read(
        self, played: Played, workers: Workers
    ) -> None:
        played.takes_s = 0.3
        for _ in range(RULES.probes_out):
            await workers._probe(next(iter(workers._known.values())))
        assert workers.well() == []


async def test_what_is_under_way_is_counted_until_it_is_answered(
    played: Played, workers: Workers
) -> None:
    [worker] = workers._known.values()
    played.takes_s = 0.1
    asking = asyncio.create_task(workers.get("/tables/stock/"))
    await played.asked.wait()
    assert worker.under_way == 1
    await asking
    assert worker.under_way == 0


async def test_only_what_is_to_be_whole_is_asked_for_with_the_right_to_it(played: Played) -> None:
    workers = Workers([played.url], "view", RULES, "personal")
    await workers.start()
    for whole in (False, True):
        await workers.get("/tables/stock/", whole=whole)
        await workers.everywhere("/tables/stock/", whole=whole)
    await workers.stop()
    assert played.shown == ["Bearer view"] * 2 + ["Bearer personal"] * 2


async def test_a_call_is_made_twice_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers(["http://a", "http://b", "http://c"], None, RULES)
    asked: list[str] = []

    async def call(worker: Worker, *_: Any) -> None:
        asked.append(worker.url)

    monkeypatch.setattr(workers, "_call", call)
    with pytest.raises(NoWorker):
        await workers.get("/tables/stock/")
    assert len(asked) == len(set(asked)) == 2


async def test_workers_are_probed_every_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        raise TimeoutError

    monkeypatch.setattr("gateway.workers.asyncio.sleep", sleep)
    with pytest.raises(TimeoutError):
        await Workers([], None, RULES)._probe_for_ever()
    assert slept == [5.0]


async def test_once_started_it_knows_the_others_and_hears_of_further_ones(played: Played) -> None:
    workers = Workers([played.url], None, GatewayRules(probe_every_ms=10))
    further = asyncio.Event()

    class Further(Played):
        async def ready(self, request: web.Request) -> web.Response:
            further.set()
            return await super().ready(request)

    async with TestServer(site_of(played)) as server, TestServer(site_of(Further())) as later:
        second, third = (str(one.make_url("")).rstrip("/") for one in (server, later))
        played.told = [played.url, second]

        await workers.start()
        at_once = set(workers.well())
        played.told = [played.url, second, third]
        async with asyncio.timeout(30):
            await further.wait()
        await workers.stop()

    assert at_once == {played.url, second}


async def test_what_a_worker_answers_well_never_puts_it_out(workers: Workers) -> None:
    for _ in range(RULES.breaker_calls_min + 1):
        assert (await workers.get("/tables/stock/"))[0] == 200


async def test_a_list_is_whole_without_a_worker_that_fails_and_holds_nothing(
    workers: Workers, caplog: pytest.LogCaptureFixture
) -> None:
    workers._known[NOWHERE] = Worker(NOWHERE, Breaker(RULES))

    assert len(await workers.everywhere("/tables/stock/?prefix=cus_1")) == 1
    assert f"worker {NOWHERE}: GET /tables/stock: ClientConnectorError" in caplog.text
    assert "cus_1" not in caplog.text


async def test_one_address_is_one_worker_with_its_last_stroke_or_without(
    played: Played, workers: Workers
) -> None:
    played.told = [f"{played.url}/"]
    await probed(workers)
    assert workers.well() == [played.url]


async def test_an_address_that_cannot_be_reached_is_never_asked(
    played: Played, workers: Workers
) -> None:
    played.told = [played.url, NOWHERE]

    await probed(workers)

    assert workers.well() == [played.url]
    assert len(await workers.everywhere("/tables/stock/")) == 1


async def test_a_new_worker_that_answers_is_asked_at_once(played: Played, workers: Workers) -> None:
    async with TestServer(site_of(played)) as server:
        other = str(server.make_url("")).rstrip("/")
        played.told = [played.url, other]
        await probed(workers)

        assert set(workers.well()) == {played.url, other}

        played.told = [played.url]
        await probed(workers)

        assert workers.well() == [played.url]


def site_of(worker: Any) -> web.Application:
    site = web.Application()
    site.add_routes([web.get("/ready", worker.ready), web.get("/tables/", worker.index)])
    return site


@pytest.mark.parametrize(("held", "status"), [([0], 200), ([], 200), ([0, 1], 401)])
async def test_a_list_with_holes_is_no_list(
    played: Played, workers: Workers, held: list[int], status: int
) -> None:
    played.held, played.status = held, status

    with pytest.raises(NoWorker):
        await workers.everywhere("/tables/stock/")


@pytest.mark.parametrize(("status", "is_asked_again"), [(503, True), (500, False)])
async def test_a_worker_that_waits_for_others_is_not_taken_for_broken(
    played: Played, workers: Workers, status: int, *, is_asked_again: bool
) -> None:
    played.status = status

    for _ in range(RULES.breaker_calls_min):
        with pytest.raises(NoWorker):
            await workers.get("/tables/stock/")

    assert (workers._choose(set()) is not None) is is_asked_again


def test_three_failed_probes_in_a_row_put_a_worker_out_and_two_good_ones_take_it_in() -> None:
    worker = Worker("http://w", Breaker(RULES))
    told = [False, False, True, False, False, False, True, False, True, True]

    seen = []
    for well in told:
        worker.probed(RULES, well=well)
        seen.append(worker.well)

    assert seen == [True, True, True, True, True, False, False, False, False, True]


async def test_a_call_that_failed_is_made_once_more_at_another_worker(
    played: Played, workers: Workers
) -> None:
    broken = Played()
    broken.status = 500
    site = site_of(broken)
    site.add_routes([web.get("/tables/stock/", broken.rows)])
    async with TestServer(site) as server:
        other = str(server.make_url("")).rstrip("/")
        played.told = [played.url, other]
        await probed(workers)
        workers._known = dict(sorted(workers._known.items(), key=lambda one: one[0] != other))

        status, _ = await workers.get("/tables/stock/")
        assert next(iter(workers._known)) == other, "the broken one is asked first"
        assert status == 200

        played.status = 500
        with pytest.raises(NoWorker):
            await workers.get("/tables/stock/")


async def test_a_request_that_is_handed_on_goes_to_another_worker_too(
    played: Played, workers: Workers
) -> None:
    asked: list[bytes] = []

    async def quotes(request: web.Request) -> web.Response:
        asked.append(await request.read())
        return web.json_response({"offers": []}, status=500 if len(asked) == 1 else 200)

    sites = [site_of(played), site_of(played)]
    for site in sites:
        site.add_routes([web.post("/quotes", quotes)])
    async with TestServer(sites[0]) as first, TestServer(sites[1]) as second:
        played.told = [str(server.make_url("")).rstrip("/") for server in (first, second)]
        await probed(workers)
        del workers._known[played.url]

        answer = await workers.pass_on("/quotes", b"{}", {})

    assert answer == (200, {"offers": []})
    assert asked == [b"{}", b"{}"]


def test_the_least_busy_of_those_that_are_well_is_asked() -> None:
    workers = Workers(["http://a", "http://b", "http://c"], None, RULES)
    a, b, c = workers._known.values()
    a.under_way, b.under_way, c.well = 2, 1, False

    assert workers._choose(set()) is b
    assert workers._choose({b.url}) is a
    assert workers._choose({a.url, b.url}) is None
