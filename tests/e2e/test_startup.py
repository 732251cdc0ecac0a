"""A worker that cannot work says why in one line, and its exit code is 1."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.ports import free_ports
from tests.e2e.harness import BIN, ROOT, Workers, environment, faust

pytestmark = pytest.mark.own_broker

END_S_MAX = 150


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def complaint(home: Path, **settings: str) -> str:
    """The one line on standard error of a worker that ended by itself."""
    done = subprocess.run(
        [str(BIN / "faust"), "-A", "app", "worker", "-l", "error"],
        env=environment(**{"data_dir": str(home), "web_port": str(free_ports(1)[0]), **settings}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=END_S_MAX,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


def assert_one_line(said: str, *words: str) -> None:
    lines = [line for line in said.splitlines() if line]
    assert len(lines) == 1, said
    assert "Traceback" not in said
    for word in words:
        assert word in lines[0]


def test_a_port_that_is_taken(kafka: str, tmp_path: Path, taken_port: int) -> None:
    said = complaint(tmp_path, broker=kafka, web_port=str(taken_port))

    where = f"cannot listen on 127.0.0.1:{taken_port} (Address already in use)"
    assert_one_line(said, where, "FLOWMART_WEB_PORT")


def test_a_broker_that_does_not_answer(tmp_path: Path) -> None:
    said = complaint(tmp_path, broker="127.0.0.1:1")

    assert "no Kafka broker answers" in said.splitlines()[-1]
    assert "FLOWMART_BROKER" in said.splitlines()[-1]
    assert "Traceback" not in said


def test_a_data_directory_that_cannot_be_written(kafka: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    said = complaint(tmp_path / "file" / "data", broker=kafka)

    assert_one_line(said, "data directory", "FLOWMART_DATA_DIR")


def test_topics_with_another_number_of_partitions(
    workers: Workers, kafka: str, tmp_path: Path
) -> None:
    said = complaint(tmp_path, broker=kafka, partitions="3")

    assert_one_line(said, "needs 3 partitions", "has 4", "FLOWMART_PARTITIONS")
    assert len(workers.settled()) == 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"orders__line_max": "3"}, "FLOWMART_ORDERS: no such figure: line_max"),
        ({"broker": "user:secret@kafka:9092"}, "FLOWMART_BROKER: leave credentials out"),
    ],
)
def test_a_setting_that_is_wrong(settings: dict[str, str], words: str) -> None:
    done = faust("worker", **settings)

    assert done.returncode == 1
    assert_one_line(done.stderr, words)
    assert "secret" not in done.stderr
