"""The workers behind the gateway: which are well, and one of them to ask (G-6)."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from yarl import URL

from gateway.breaker import Breaker
from gateway.ticking import ticks_ms
from settings.gateway import GatewayRules

LOG: Final = logging.getLogger(__name__)
_TRIES: Final = 2
"""One call and one repeat."""


class NoWorker(Exception):
    """No worker answers. Caller: try again after `retry_after_s`."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("no worker answers just now")
        self.retry_after_s = retry_after_s


@dataclass
class Worker:
    """One worker as the gateway sees it."""

    url: str
    breaker: Breaker
    well: bool = True
    row: int = 0
    """Probes that ended alike, in a row: above zero well, below badly."""
    under_way: int = 0

    def probed(self, rules: GatewayRules, *, well: bool) -> None:
        """Three failures put it out, two successes take it in."""
        self.row = max(1, self.row + 1) if well else min(-1, self.row - 1)
        if self.row >= rules.probes_in:
            self.well = True
        elif self.row <= -rules.probes_out:
            self.well = False


class Workers:
    """Asks the least busy of the workers that are well."""

    def __init__(
        self, urls: Iterable[str], token: str | None, rules: GatewayRules,
        personal: str | None = None,
    ) -> None:  # fmt: skip
        """`token` shows rows with personal data masked, `personal` shows them whole."""
        self._rules = rules
        self._token = token
        self._whole = {"Authorization": f"Bearer {personal}"} if personal else None
        self._known = {url: Worker(url, Breaker(rules)) for url in urls}
        self._seeds = frozenset(self._known)
        self._session: aiohttp.ClientSession | None = None
        self._probing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to probe; returns after the first round."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        self._session = aiohttp.ClientSession(headers=headers)
        await self._probe_all()
        self._probing = asyncio.create_task(self._probe_for_ever())

    async def stop(self) -> None:
        """Ask no more."""
        if self._probing is not None:
            self._probing.cancel()
            with suppress(asyncio.CancelledError):
                await self._probing
        if self._session is not None:
            await self._session.close()

    def well(self) -> list[str]:
        """Addresses of the workers that answer."""
        return [worker.url for worker in self._known.values() if worker.well]

    @property
    def show_whole(self) -> bool:
        """Whether there is a right to rows with their personal data."""
        return self._whole is not None

    async def get(self, path: str, *, whole: bool = False) -> tuple[int, Any]:
        """What one worker answers at a quoted path; another is asked when it fails.

        `whole`: with personal data, where there is a right to it.

        Raises:
            NoWorker: none answered.
        """
        return await self._asked("GET", path, headers=self._whole if whole else None)

    async def everywhere(self, path: str, *, whole: bool = False) -> list[Any]:
        """What each worker answers at a table's path: each holds other partitions.

        Raises:
            NoWorker: no answer tells of some partition, so the list would have holes.
        """
        workers = [worker for worker in self._known.values() if worker.well]
        headers = self._whole if whole else None
        calls = (self._call(worker, "GET", path, headers=headers) for worker in workers)
        found = await asyncio.gather(*calls)
        bodies = [one[1] for one in found if one is not None and one[0] == HTTPStatus.OK]
        held = {partition for body in bodies for partition in body["partitions"]}
        if not bodies or len(held) < max(body["partitions_total"] for body in bodies):
            raise NoWorker(self._retry_after_s())
        return bodies

    async def pass_on(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        """Hand a request to a worker, byte by byte; another is asked when it fails.

        It must do no harm twice: a question, or what its sender has named.

        Raises:
            NoWorker: none answered.
        """
        return await self._asked("POST", path, body, headers)

    async def _asked(
        self, verb: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        asked: set[str] = set()
        for _ in range(_TRIES):
            worker = self._choose(asked)
            if worker is None:
                break
            asked.add(worker.url)
            found = await self._call(worker, verb, path, body, headers)
            if found is not None:
                return found
        raise NoWorker(self._retry_after_s())

    def _choose(self, but: set[str]) -> Worker | None:
        now = ticks_ms()
        able = [w for w in self._known.values() if w.well and w.url not in but]
        for worker in sorted(able, key=lambda w: w.under_way):
            if worker.breaker.allows(now):
                return worker
        return None

    async def _call(
        self,
        worker: Worker,
        verb: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any] | None:
        assert self._session is not None
        limit_ms = self._rules.read_timeout_ms if verb == "GET" else self._rules.write_timeout_ms
        worker.under_way += 1
        alive = False
        try:
            async with self._session.request(
                verb,
                URL(worker.url + path, encoded=True),
                data=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=limit_ms / 1000),
            ) as response:
                found = await response.json(content_type=None)
                answered = response.status < HTTPStatus.INTERNAL_SERVER_ERROR
                # One that says so itself is not broken: it waits for a peer, or for Kafka.
                alive = answered or response.status == HTTPStatus.SERVICE_UNAVAILABLE
                return (response.status, found) if answered else None
        except (aiohttp.ClientError, TimeoutError, ValueError) as failed:
            what = "/".join(path.split("/", 3)[:3])  # What follows names customers.
            LOG.warning("worker %s: %s %s: %s", worker.url, verb, what, type(failed).__name__)
            return None
        finally:
            worker.under_way -= 1
            worker.breaker.ended(ticks_ms(), well=alive)

    def _retry_after_s(self) -> int:
        now = ticks_ms()
        return max([w.breaker.retry_after_s(now) for w in self._known.values()], default=1)

    async def _probe_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._rules.probe_every_ms / 1000)
            await self._probe_all()

    async def _probe_all(self) -> None:
        await asyncio.gather(*(self._probe(worker) for worker in tuple(self._known.values())))
        with suppress(NoWorker):
            _, index = await self.get("/tables/")
            await self._learn(index.get("workers", ()))

    async def _learn(self, urls: Iterable[str]) -> None:
        """Ask the group's members that can be reached; a seed stays, for it may come back."""
        told = {url.rstrip("/") for url in urls}
        for url in set(self._known) - told - self._seeds:
            del self._known[url]
        new = [
            Worker(url, Breaker(self._rules), well=False, row=self._rules.probes_in - 1)
            for url in told - set(self._known)
        ]
        self._known |= {worker.url: worker for worker in new}
        await asyncio.gather(*map(self._probe, new))

    async def _probe(self, worker: Worker) -> None:
        assert self._session is not None
        timeout = aiohttp.ClientTimeout(total=self._rules.read_timeout_ms / 1000)
        try:
            async with self._session.get(f"{worker.url}/ready", timeout=timeout) as response:
                well = response.status == HTTPStatus.OK
        except (aiohttp.ClientError, TimeoutError):
            well = False
        worker.probed(self._rules, well=well)
