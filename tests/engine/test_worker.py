"""Errors told once in one line; progress shown; importing starts nothing."""

import io
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from engine.errors import BrokerUnavailable
from engine.progress import RecoveryProgress
from engine.worker import OneLine

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

    assert said.getvalue() == ("BrokerUnavailable: no Kafka broker answers at b:1: start one\n")


def test_an_error_that_nobody_expected_keeps_its_traceback(log, said) -> None:
    _raise(log, ValueError("odd"))
    log.critical("We experienced a crash! Reraising original exception...")

    assert "Traceback" in said.getvalue()
    assert "We experienced a crash" in said.getvalue()


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
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True,
                          check=False)  # fmt: skip

    assert done.returncode == 0, done.stderr
