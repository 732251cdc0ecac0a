"""Every refusal is one line that says what to do next, and leaves nothing running."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from broker import Broker, BrokerError, fetch, node
from broker.home import Home
from broker.jvm import Jvm

UNREACHABLE = {"nowhere": "http://127.0.0.1:1"}


def refusal(broker: Broker) -> str:
    with pytest.raises(BrokerError) as refused:
        broker.start()
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        message = refusal(Broker(port=port, data_dir=tmp_path))

    assert f"Port {port} on 127.0.0.1 is taken" in message
    assert "choose another port" in message


def test_a_directory_in_use_is_named(tmp_path: Path) -> None:
    other = Home.hold(tmp_path)

    message = refusal(Broker(data_dir=tmp_path))

    other.release()
    assert f"{tmp_path} is in use by another broker" in message


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    message = refusal(Broker(data_dir=tmp_path / "file" / "below"))

    assert "choose another" in message


def test_a_cluster_of_another_size_is_not_started(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"node-{number}").mkdir()

    message = refusal(Broker(data_dir=tmp_path))

    assert "holds a cluster of 3, not of 1" in message


def test_two_nodes_are_no_cluster() -> None:
    with pytest.raises(BrokerError, match="1 node or 3, not 2"):
        Broker(nodes=2)


def test_without_network_it_says_what_to_do_and_leaves_no_half_of_a_cache(tmp_path: Path) -> None:
    message = refusal(Broker(cache=tmp_path, repositories=UNREACHABLE))

    assert "check the network" in message
    assert [entry.name for entry in tmp_path.iterdir()] == ["fetch.lock"]


def test_a_jar_that_is_not_the_one_locked_is_refused(tmp_path: Path) -> None:
    with (
        repository_of_forgeries() as repository,
        pytest.raises(BrokerError, match="could not be fetched"),
    ):
        fetch(tmp_path, {"forged": repository})

    assert [entry.name for entry in tmp_path.iterdir()] == ["fetch.lock"]


@pytest.mark.own_broker
def test_what_kafka_says_to_a_wrong_setting_is_passed_on(tmp_path: Path) -> None:
    broker = Broker(data_dir=tmp_path, properties={"num.io.threads": "many"})

    message = refusal(broker)

    assert "num.io.threads" in message
    assert str(tmp_path) in message
    assert broker.alive == frozenset()


def test_a_machine_that_is_too_busy_to_prepare_a_node_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "FORMAT_S_MAX", 0.2)
    monkeypatch.setattr(Jvm, "format", lambda *_: ["/bin/sleep", "60"])

    assert "took over 0.2 s to prepare its directory" in refusal(Broker(data_dir=tmp_path))


def test_a_broker_that_does_not_run_has_no_address() -> None:
    with pytest.raises(BrokerError, match=r"call start\(\) first"):
        _ = Broker().bootstrap


def test_stopping_what_does_not_run_is_nothing() -> None:
    Broker().stop()


class Forger(BaseHTTPRequestHandler):
    """Answers every request with the same few bytes."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"forged")

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def repository_of_forgeries() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Forger) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
