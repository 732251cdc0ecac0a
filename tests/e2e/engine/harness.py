"""Workers as processes that tests start and hurt, load, and an oracle that trusts no code of ours.

The oracle reads committed records with confluent-kafka and works out by itself what the counts,
the copies and the dead letters have to be.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

ROOT = Path(__file__).parents[3]
KEYS = 500
MALFORMED = 0.05
REPEATED = 0.10
LOOK_S_MAX = 120.0
ANSWER_S_MAX = 60.0


def wait_for(what: str, is_so: Callable[[], Any], seconds: float = 180.0) -> None:
    """Return when it is so.

    Raises:
        AssertionError: it was not in time.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.05)


class Worker:
    """One `faust worker` process with a data directory and a log of its own."""

    def __init__(self, shop: "Shop", name: str, *, instance: str | None = None, **env: str) -> None:
        self.data = shop.directory / name
        self.log = shop.directory / f"{name}.log"
        self._env = dict(
            os.environ,
            E2E_APP=shop.app,
            E2E_DATA=str(self.data),
            E2E_LOG=str(self.log),
            E2E_REPLICAS=str(shop.replicas),
            FLOWMART_BROKER=shop.bootstrap,
            PYTHONUNBUFFERED="1",
            **env,
        )
        if instance is not None:
            self._env["FLOWMART_INSTANCE_ID"] = instance
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Worker":
        self.log.touch()
        self._said_before = self.log.stat().st_size
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "faust", "-A", "tests.e2e.engine.counting_app",
                 "-L", "uvloop", "worker", "-l", "warn"],
                cwd=ROOT, env=self._env, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        return self

    def said(self) -> str:
        """What it logged since its last start."""
        return self.log.read_bytes()[self._said_before :].decode(errors="replace")

    def is_ready(self) -> bool:
        assert self.code is None, f"ended with {self.code}: {self.said()[-2000:]}"
        return "READY" in self.said()

    def wait_ready(self) -> "Worker":
        wait_for(f"{self.log.name} ready", self.is_ready)
        return self

    def partitions(self) -> list[int]:
        """What it had when it was last ready."""
        told = re.findall(r"READY (\[.*?\])", self.said())
        return list(json.loads(told[-1])) if told else []

    @property
    def code(self) -> int | None:
        assert self.process is not None
        return self.process.poll()

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """As a power cut does, for the process."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 60.0) -> float:
        """SIGTERM; returns how many seconds the end took."""
        began = time.monotonic()
        self.send(signal.SIGTERM)
        self.wait_ended(seconds)
        return time.monotonic() - began

    def wait_ended(self, seconds: float) -> int:
        assert self.process is not None
        return self.process.wait(seconds)

    def forget(self) -> None:
        """Delete the data directory."""
        shutil.rmtree(self.data)


@dataclass
class Shop:
    """One application's topics, its load and its workers."""

    bootstrap: str
    app: str
    directory: Path
    partitions: int = 4
    replicas: int = 1
    workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        config = {"message.timestamp.type": "LogAppendTime"}
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for future in admin.create_topics(
            [NewTopic(f"{self.app}-in", self.partitions, self.replicas, config=config)]
        ).values():
            future.result(ANSWER_S_MAX)

    def worker(self, name: str = "w", **more: Any) -> Worker:
        made = Worker(self, name, **more)
        self.workers.append(made)
        return made

    def close(self) -> None:
        for worker in self.workers:
            if worker.process is not None and worker.code is None:
                worker.send(signal.SIGCONT)
                worker.kill()


class Load:
    """Records at a steady rate from another thread, until `stop`.

    Every second record lies where some other producer's partitioner puts it.
    """

    def __init__(self, shop: Shop, per_second: int = 3000, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        options = {"bootstrap.servers": shop.bootstrap, "linger.ms": 5, "acks": "all",
                   "enable.idempotence": True}  # fmt: skip
        self._producers = [Producer({**options, "partitioner": "murmur2_random"}),
                           Producer({**options, "partitioner": "random"})]  # fmt: skip
        self._topic = f"{shop.app}-in"
        self._rate = per_second
        self._ended = threading.Event()
        self._recent: list[tuple[str, bytes]] = []
        self.sent = 0
        # A test that fails before it stops the load must not keep the tests from ending.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "Load":
        self._thread.start()
        return self

    def stop(self) -> int:
        """How many records there are now."""
        self._ended.set()
        self._thread.join()
        for producer in self._producers:
            assert producer.flush(60) == 0
        return self.sent

    def wait_sent(self, more: int) -> None:
        """Let so many more records go out."""
        goal = self.sent + more
        wait_for(f"{more} more records", lambda: self.sent >= goal)

    def _run(self) -> None:
        began = time.monotonic()
        while not self._ended.is_set():
            due = int((time.monotonic() - began) * self._rate) - self.sent
            for _ in range(due):
                self._send()
            for producer in self._producers:
                producer.poll(0)
            time.sleep(0.01)

    def _send(self) -> None:
        producer = self._producers[self.sent % 2]
        draw = self._chance.random()
        if draw < MALFORMED:
            key, raw = "bad", b"{malformed %d" % self.sent
        elif draw < MALFORMED + REPEATED and self._recent:
            key, raw = self._chance.choice(self._recent)
        else:
            key = f"k{self._chance.randrange(KEYS)}"
            raw = json.dumps(
                {"id": self.sent, "k": key, "v": self._chance.randrange(1000), "pad": "x" * 100}
            ).encode()
            self._recent = [*self._recent[-50:], (key, raw)]
        producer.produce(self._topic, raw, key)
        self.sent += 1


class Log:
    """All committed records of a topic, read on where the last look ended."""

    def __init__(self, shop: Shop, topic: str) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": shop.bootstrap, "group.id": f"{topic}-oracle",
             "isolation.level": "read_committed", "enable.partition.eof": True,
             "auto.offset.reset": "earliest", "enable.auto.commit": False}
        )  # fmt: skip
        found = self._consumer.list_topics(topic, ANSWER_S_MAX).topics[topic].partitions
        assert found, f"{topic} does not exist"
        self._admin = AdminClient({"bootstrap.servers": shop.bootstrap})
        self._read_to = {TopicPartition(topic, p): 0 for p in found}
        self._consumer.assign([TopicPartition(topic, p, 0) for p in found])

    def more(self) -> Iterator[Message]:
        """What was committed since the last look."""
        while behind := self._behind():
            deadline = time.monotonic() + LOOK_S_MAX
            while behind and time.monotonic() < deadline:
                for message in self._consumer.consume(5000, 0.1):
                    at = TopicPartition(message.topic(), message.partition())
                    error = message.error()
                    if error is None:
                        yield message
                    elif error.code() == KafkaError._PARTITION_EOF:  # Behind all markers.
                        self._read_to[at] = message.offset()
                        behind.discard(at)
            assert not behind, f"not read to the end within {LOOK_S_MAX:g} s: {behind}"

    def _behind(self) -> set[TopicPartition]:
        """Where something is committed that was not read yet."""
        asked = dict.fromkeys(self._read_to, OffsetSpec.latest())
        found = self._admin.list_offsets(
            asked, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=ANSWER_S_MAX
        )
        return {
            at for at, end in found.items() if end.result(ANSWER_S_MAX).offset > self._read_to[at]
        }


class Oracle:
    """What has to be there, and what is."""

    def __init__(self, shop: Shop) -> None:
        self._logs = {name: Log(shop, f"{shop.app}-{name}") for name in ("in", "out", "changelog")}
        self._logs["dlq"] = Log(shop, f"{shop.app}-in.dlq")
        self._ids: set[int] = set()
        self.want: dict[str, list[int]] = {}
        self.want_copies: Counter[bytes] = Counter()
        self.want_letters: Counter[bytes] = Counter()
        self.rows: dict[str, Any] = {}
        self.copies: Counter[bytes] = Counter()
        self.letters: Counter[bytes] = Counter()

    def look(self) -> "Oracle":
        for message in self._logs["in"].more():
            self._expect(message.value())
        for message in self._logs["changelog"].more():
            table, _, key = message.key().partition(b"\0")
            if table == b"counts":
                self.rows[key.decode()] = json.loads(message.value())
        self.copies.update(m.value() for m in self._logs["out"].more())
        self.letters.update(m.value() for m in self._logs["dlq"].more())
        return self

    def _expect(self, raw: bytes) -> None:
        try:
            found = json.loads(raw)
        except ValueError:
            self.want_letters[raw] += 1
            return
        row = self.want.setdefault(found["k"], [0, 0, 0])
        row[0] += 1
        if found["id"] not in self._ids:
            self._ids.add(found["id"])
            row[1] += 1
            row[2] += found["v"]
            if found["v"] % 10 == 0:
                self.want_copies[raw] += 1

    def faults(self) -> list[str]:
        """Everything that is not as it has to be; empty: exactly once."""
        got = {k: [r["read"], r["unique"], r["total"]] for k, r in self.rows.items()}
        faults = [f"{k}: {got.get(k)} instead of {w}" for k, w in self.want.items()
                  if got.get(k) != w]  # fmt: skip
        for what, want, have in (
            ("copies", self.want_copies, self.copies),
            ("dead letters", self.want_letters, self.letters),
        ):
            missing, extra = sum((want - have).values()), sum((have - want).values())
            if missing or extra:
                faults.append(f"{what}: {missing} missing, {extra} too many")
        return faults


def settle(shop: Shop, records: int, seconds: float = 180.0) -> Oracle:
    """Wait until everything was processed exactly once; then see that nothing is added to it.

    Raises:
        AssertionError: says what is wrong.
    """
    oracle = Oracle(shop)
    deadline = time.monotonic() + seconds
    while oracle.look().faults() and time.monotonic() < deadline:
        time.sleep(0.3)
    faults = oracle.faults()
    assert not faults, f"{len(faults)} faults: {faults[:5]}"
    time.sleep(1.0)
    assert oracle.look().faults() == []
    assert (
        sum(row[0] for row in oracle.want.values()) + sum(oracle.want_letters.values()) == records
    ), "the load itself lost records"
    return oracle
