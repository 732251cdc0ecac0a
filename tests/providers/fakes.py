"""A provider whose every answer is written down beforehand."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from providers.payments import (
    Accepted,
    CaptureRequest,
    Charged,
    ChargeRequest,
    Done,
    EvidenceRequest,
    RefundRequest,
    Refused,
    Taken,
    VoidRequest,
)

HANGS = object()
"""An answer that never comes."""
FINE = Charged("ch_1", 5_000)


class Scripted:
    """Gives its answers in order, raising those that are errors; notes what it was asked."""

    def __init__(self, *answers: Any, name: str = "stripe") -> None:
        self.name = name
        self.answers = deque(answers)
        self.asked: list[str] = []
        self.running = 0
        self.running_max = 0

    async def _answer(self, call: str) -> Any:
        self.asked.append(call)
        self.running += 1
        self.running_max = max(self.running, self.running_max)
        try:
            answer = self.answers.popleft()
            if answer is HANGS:
                await asyncio.sleep(3600)
            if isinstance(answer, asyncio.Event):
                await answer.wait()
                return FINE
            if isinstance(answer, Exception):
                raise answer
            return answer
        finally:
            self.running -= 1

    async def charge(self, request: ChargeRequest) -> Charged | Refused:
        return await self._answer("charge")

    async def find(self, request: ChargeRequest) -> Charged | Refused | None:
        return await self._answer("find")

    async def capture(self, request: CaptureRequest) -> Done | Refused:
        return await self._answer("capture")

    async def void(self, request: VoidRequest) -> Done | Refused:
        return await self._answer("void")

    async def refund(self, request: RefundRequest) -> Done | Accepted | Refused:
        return await self._answer("refund")

    async def find_refund(self, request: RefundRequest) -> Done | Accepted | Refused | None:
        return await self._answer("find refund")

    async def submit_evidence(self, request: EvidenceRequest) -> Taken | Refused:
        return await self._answer("evidence")

    async def books(self, charge_ids: Sequence[str]) -> Mapping[str, tuple[int, int]] | None:
        return await self._answer("books")


class Clock:
    """Time that passes by sleeping."""

    def __init__(self) -> None:
        self.ms = 0
        self.slept: list[float] = []

    def __call__(self) -> int:
        return self.ms

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ms += round(seconds * 1000)
        await asyncio.sleep(0)
