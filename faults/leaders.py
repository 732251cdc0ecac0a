"""Who leads what in a cluster, as those of its nodes tell that answer."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from confluent_kafka import ElectionType, KafkaException
from confluent_kafka.admin import AdminClient

from broker import Broker
from faults.processes import LOOK_S, NotSo

GROUP, TRANSACTION = 0, 1
"""What a coordinator is asked for."""
ANSWER_S: Final = 3.0
CHANGED_S_MAX: Final = 45.0


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of any topic, Kafka's own among them."""

    topic: str
    number: int
    leader: int
    replicas: int
    in_sync: int


class Leaders:
    """Of a broker's nodes; `gone` are those that are not to be asked."""

    def __init__(self, own: Broker, data_dir: Path, app: str) -> None:
        self._own, self._data_dir, self._app = own, data_dir, app
        self.gone: set[int] = set()

    async def find(self, role: str) -> int:
        """The node that has a role now; all nodes have to live.

        A `leader` leads most partitions of the application, `transactions` coordinates those of
        the first lane, `group` the workers; the `controller` leads the cluster itself.
        """
        if role == "transactions":
            return await self._coordinator(f"{self._app}-0", TRANSACTION)
        if role == "group":
            return await self._coordinator(self._app, GROUP)
        if role == "controller":
            return self._controller()
        leads = Counter(p.leader for p in await self._look() if p.topic.startswith(self._app))
        return leads.most_common(1)[0][0]

    async def moved(self) -> None:
        """Return when nodes that are not gone lead everything."""
        gone = {*self.gone, -1}
        await self._until("every partition has a leader", lambda p: p.leader not in gone)

    async def whole(self) -> None:
        """Return when every replica is in sync."""
        await self._until("all are in sync", lambda p: p.leader > 0 and p.in_sync == p.replicas)

    async def elect(self) -> None:
        """Give partitions back to the nodes that are meant to lead them."""

        def ask() -> Any:
            admin = AdminClient({"bootstrap.servers": self._answering()})
            return admin.elect_leaders(ElectionType.PREFERRED, None).result(CHANGED_S_MAX)

        await asyncio.to_thread(ask)

    async def _until(self, what: str, is_so: Callable[[Partition], bool]) -> None:
        try:
            async with asyncio.timeout(CHANGED_S_MAX):
                while not (found := await self._look()) or not all(map(is_so, found)):
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise NotSo(f"{what}: not within {CHANGED_S_MAX:g} s") from None

    async def _look(self) -> list[Partition]:
        """All partitions; none when nobody answers."""

        def look() -> list[Partition]:
            admin = AdminClient({"bootstrap.servers": self._answering(), "log_level": 0})
            return [
                Partition(name, number, told.leader, len(told.replicas), len(told.isrs))
                for name, topic in admin.list_topics(timeout=ANSWER_S).topics.items()
                for number, told in topic.partitions.items()
            ]

        try:
            return await asyncio.to_thread(look)
        except KafkaException:
            return []

    def _answering(self) -> str:
        every = enumerate(self._own.bootstrap.split(","), start=1)
        return ",".join(address for node, address in every if node not in self.gone)

    async def _coordinator(self, key: str, kind: int) -> int:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._own.bootstrap)
        await admin.start()
        try:
            return int(await admin.find_coordinator(key, kind))
        finally:
            await admin.close()

    def _controller(self) -> int:
        """As nodes keep it on disk: to clients any of them is as good as the controller."""
        states = self._data_dir.glob("node-*/__cluster_metadata-0/quorum-state")
        told = [json.loads(state.read_text()) for state in states]
        newest = max(told, key=lambda state: (state["leaderEpoch"], state["leaderId"]))
        return int(newest["leaderId"])
