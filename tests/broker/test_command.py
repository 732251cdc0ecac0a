import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from broker.wire import serving_nodes

START = [sys.executable, "-m", "broker", "start"]


@pytest.mark.own_broker
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_start_prints_the_address_when_it_serves_and_ends_cleanly(stop: signal.Signals) -> None:
    with subprocess.Popen([*START, "--port", "0"], stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        address = command.stdout.readline().strip()
        nodes = serving_nodes(int(address.split(":")[1]))

        command.send_signal(stop)
        rest = command.stdout.read()

    assert nodes == {1}
    assert rest == ""
    assert command.returncode == 0


@pytest.mark.parametrize("port", ["65534", "99999", "-1", "http"])
def test_what_is_no_port_is_refused(port: str) -> None:
    command = subprocess.run([*START, "--port", port], capture_output=True, text=True, check=False)

    assert command.returncode == 2
    assert "error: argument --port: " in command.stderr


def test_a_taken_port_is_told_before_kafka_is_fetched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        command = subprocess.run(
            [*START, "--port", port],
            env=os.environ | {"XDG_CACHE_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert command.returncode == 1
    assert command.stdout == ""
    assert command.stderr.startswith(f"Port {port} on 127.0.0.1 is taken")
    assert command.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
