"""Errors told once in one line; progress shown; importing starts nothing."""

import io
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    KafkaError,
    TopicAuthorizationFailedError,
)
from rich.console import Console

from engine.errors import BrokerUnavailable
from engine.processor import Processor
from engine.progress import RecoveryProgress
from engine.seldom import Seldom
from engine.sizes import TooLarge
from engine.specs import AgentSpec, Source
from engine.stats import Stats
from engine.store import MemoryStore
from engine.topology import Topology
from engine.worker import OneLine
from tests.engine.counting import IN

ROOT = Path(__file__).parents[2]


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(said: io.StringIO) -> logging.Logger:
    made = logging.Logger("test")  # noqa: LOG001 - apart from the root, which pytest listens to
    handler = logging.StreamHandler(said)
    handler.addFilter(OneLine())
    made.addHandler(handler)
    made.setLevel(logging.INFO)
    return made


def _raise(log: logging.Logger, error: Exception) -> None:
    try:
        raise error  # noqa: TRY301 - to be caught below
    except Exception as exc:
        log.exception("Crashed reason=%r", exc)  # noqa: TRY401 - as mode logs it


def test_an_error_of_the_engine_is_one_line_however_often_it_is_logged(log, said) -> None:
    error = BrokerUnavailable("no Kafka broker answers at b:1:\n start one")

    for _ in range(3):
        _raise(log, error)
    log.critical("We experienced a crash! Reraising original exception...")
    log.info("[%s]: %s", "^--LaneManager", "Stopping... ")
    log.info("[^LaneWorker]: Closing event loop")

    assert said.getvalue() == ("BrokerUnavailable: no Kafka broker answers at b:1: start one\n")


def test_timers_and_ticks_that_fail_of_a_bad_record_are_told_of_by_name_each(log, said) -> None:
    """`TooLarge`, say, is an engine's error, too, but none that ends the worker."""

    def fail(*_about: Any) -> None:
        raise TooLarge("row of table t")

    timed = {"first": fail, "second": fail}
    agent = AgentSpec("a", "", (Source(IN, {}),), timers=timed, tick=fail)
    topology = Topology([agent], app_id="t", env="dev", partitions=1)
    processor = Processor(topology, 0, MemoryStore(), Stats())
    for kind in timed:
        processor._contexts["a"].set_timer(kind, "k", 5)
    with mock.patch("engine.timers.LOG", log):
        processor.tick(10_000)
    log.info("Stopping...")

    lines = said.getvalue().splitlines()
    assert ["first" in lines[0], "second" in lines[1], "its tick" in lines[2]] == [True] * 3
    assert all("TooLarge: row of table t at test_worker.py:" in line for line in lines[:3])
    assert lines[3:] == ["Stopping..."]


def test_a_worker_that_ends_as_it_should_says_what_it_stops(log, said) -> None:
    log.info("[^--LaneManager]: Stopping...")

    assert said.getvalue() == "[^--LaneManager]: Stopping...\n"


def test_an_error_that_nobody_expected_keeps_its_traceback(log, said) -> None:
    _raise(log, ValueError("odd"))
    log.critical("We experienced a crash! Reraising original exception...")

    assert "Traceback" in said.getvalue()
    assert "We experienced a crash" in said.getvalue()


def _lost(name: str, at_s: float, what: object = "node") -> logging.LogRecord:
    record = logging.LogRecord(name, logging.ERROR, "client.py", 7, "lost %s", (what,), None)
    record.created = at_s
    return record


def test_what_a_client_repeats_while_the_broker_is_gone_is_told_once_in_ten_seconds() -> None:
    seldom = Seldom("aiokafka")
    lost = [_lost("aiokafka.client", at_s) for at_s in (100.0, 100.1, 109.9, 110.1)]

    told = [record.getMessage() for record in lost if seldom.filter(record)]

    assert told == ["lost node", "lost node (and 2 times in between)"]


@pytest.mark.parametrize(
    ("error", "level"),
    [(GroupCoordinatorNotAvailableError(), "WARNING"), (TopicAuthorizationFailedError(), "ERROR")],
)
def test_what_a_client_tries_again_by_itself_is_a_warning(
    error: KafkaError, level: str, said: io.StringIO
) -> None:
    handler = logging.StreamHandler(said)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    handler.addFilter(Seldom("aiokafka"))

    handler.handle(_lost("aiokafka.consumer.group_coordinator", 100.0, error))

    assert said.getvalue() == f"{level} lost {error}\n"


def test_every_handler_of_a_worker_tells_the_same_lines_of_a_client() -> None:
    seldom, record = Seldom("aiokafka"), _lost("aiokafka.client", 100.0)

    assert [seldom.filter(record), seldom.filter(record)] == [True, True]


def test_what_others_repeat_is_told_each_time() -> None:
    seldom = Seldom("aiokafka")

    assert all(seldom.filter(_lost("engine.lane", at_s)) for at_s in (100.0, 100.1))


def run_alone(program: str) -> str:
    """What a program complains of in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stderr if done.returncode else ""


def test_what_was_imported_is_not_walked_again_when_a_worker_is_ready() -> None:
    """That took 50 ms of each start, and found nothing."""
    program = """
import asyncio, gc
from engine.worker import LaneWorker
class Bare(LaneWorker):
    def __init__(self): pass
    spinner = None
    def _setproctitle(self, info, **more): pass
asyncio.run(Bare().on_execute())
assert gc.get_freeze_count() > 10_000, gc.get_freeze_count()
"""
    assert run_alone(program) == ""


def test_lanes_of_before_a_rebalance_leave_nothing_behind() -> None:
    """A processor and its parts know each other, so only a search for garbage finds them."""
    program = """
import asyncio, gc, weakref
from pathlib import Path
from engine.bind import WorkerOptions, create_worker_app
from engine.policy import Policy
from engine.processor import Processor
from engine.stats import Stats
from engine.store import MemoryStore
from tests.engine.counting import topology

async def rebalances():
    app = create_worker_app(topology(), Policy(), WorkerOptions("b:1", Path("unused")))
    gc.freeze()  # As at the start.
    imported = gc.get_freeze_count()
    processor = Processor(topology(), 0, MemoryStore(), Stats())
    await app.on_rebalance_complete.send()
    assert gc.get_freeze_count() > imported, "what lives long is walked again and again"
    gone = weakref.ref(processor.timers)
    del processor
    await app.on_rebalance_complete.send()
    assert gone() is None
asyncio.run(rebalances())
"""
    assert run_alone(program) == ""


def test_other_lines_pass(log, said) -> None:
    log.warning("careful: %s", "step")

    assert said.getvalue() == "careful: step\n"


def test_progress_is_a_line_now_and_then_where_there_is_no_terminal(caplog) -> None:
    progress = RecoveryProgress()

    for left in (1000, 500, 0):
        progress.update(0, left)
    progress.end()

    [line] = [record.getMessage() for record in caplog.records]
    assert line == "recovering: 1,000 of 1,000 changelog records left in 1 partitions"


def test_where_nothing_is_to_be_recovered_no_line_says_so(caplog) -> None:
    progress = RecoveryProgress()

    progress.update(0, 0)
    progress.end()

    assert caplog.records == []


def test_progress_is_bars_on_a_terminal() -> None:
    screen = io.StringIO()
    progress = RecoveryProgress(Console(file=screen, force_terminal=True, width=120))

    progress.update(3, 1000)
    progress.update(3, 0)
    progress.end()

    assert "recovering partition 3" in screen.getvalue()
    assert "1000/1000" in screen.getvalue()


def test_importing_the_engine_opens_no_socket_starts_no_thread_reads_no_environment() -> None:
    program = """
import importlib, os, pkgutil, socket, threading
class Watched(dict):
    pass
def refuse(*a, **k): raise AssertionError("a socket was opened")
import faust, aiokafka, rocksdict, prometheus_client, rich.console  # theirs, not ours
threads = threading.active_count()
asked = []
real = os.environ.get
os.environ.get = lambda key, default=None: (asked.append(key), real(key, default))[1]
socket.socket.connect = socket.socket.bind = refuse
import engine
for module in pkgutil.iter_modules(engine.__path__):
    importlib.import_module("engine." + module.name)
assert threading.active_count() == threads, "a thread was started"
assert not [k for k in asked if k.startswith("FLOWMART")], asked
"""
    assert run_alone(program) == ""
