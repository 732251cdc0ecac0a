"""Kafka that asks for TLS and a login lets in workers, commands and the gateway, no one else."""

import http.client
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from broker import Broker, child_process
from broker.ports import free_ports
from tests.certificates import self_signed
from tests.e2e.harness import Workers, faust, until

pytestmark = pytest.mark.own_broker

ANSWER_S_MAX = 90
PASSWORD = "a word of the shop's"


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings of whoever is let in."""
    folder = tmp_path_factory.mktemp("pem")
    cert, key = self_signed(folder)
    (folder / "both.pem").write_bytes(key.read_bytes() + cert.read_bytes())
    plain, secure, quorum = free_ports(3)
    listener = "listener.name.secure"
    told = {
        "listeners": f"PLAINTEXT://127.0.0.1:{plain},SECURE://127.0.0.1:{secure},"
        f"CONTROLLER://127.0.0.1:{quorum}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{plain},SECURE://localhost:{secure}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,"
        "CONTROLLER:PLAINTEXT",
        "controller.quorum.voters": f"1@127.0.0.1:{quorum}",
        f"{listener}.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        f"{listener}.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        f"{listener}.ssl.keystore.type": "PEM",
        f"{listener}.ssl.keystore.location": str(folder / "both.pem"),
    }
    with Broker(port=plain, properties=told) as kafka:
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4_096)
        wanted = UserScramCredentialUpsertion("shop", info, PASSWORD.encode())
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
        [made] = admin.alter_user_scram_credentials([wanted]).values()
        made.result(ANSWER_S_MAX)
        yield {
            "broker": f"localhost:{secure}",
            "broker_tls": "true",
            "broker_ca_file": str(cert),
            "broker_user": "shop",
            "broker_password": PASSWORD,
        }


def test_workers_commands_and_the_gateway_are_let_in(
    access: dict[str, str], tmp_path: Path
) -> None:
    workers = Workers(tmp_path, access, partitions=2)
    port = free_ports(1)[0]
    try:
        workers.start("one")
        workers.settled()
        checked = faust("topics", "check", partitions="2", **access)
        gateway = Gateway(port, workers.running[0].url, access, tmp_path / "gateway.log")
        try:
            until(gateway.ready, ANSWER_S_MAX, "the gateway is ready")
        finally:
            gateway.process.terminate()

        assert gateway.process.wait(ANSWER_S_MAX) == 0, gateway.log.read_text()
        assert checked.returncode == 0, checked.stdout + checked.stderr
    finally:
        workers.stop()
    assert PASSWORD not in workers.tails()


@pytest.mark.parametrize("wrong", [{"broker_password": "another"}, {"broker_ca_file": ""}])
def test_who_has_another_password_or_trusts_others_is_told_in_one_line(
    access: dict[str, str], wrong: dict[str, str]
) -> None:
    given = {name: value for name, value in {**access, **wrong}.items() if value}

    done = faust("topics", "check", **given)

    assert done.returncode == 1
    assert "no Kafka broker answers" in done.stderr
    assert done.stderr.count("\n") == 1


class Gateway:
    """A gateway's process."""

    def __init__(self, port: int, worker_url: str, access: dict[str, str], log: Path) -> None:
        self.port, self.log = port, log
        settings = {**access, "worker_url": worker_url, "gateway_port": str(port)}
        settings["gateway_jwt_key"] = "s" * 40
        told = [f"FLOWMART_{name.upper()}={value}" for name, value in settings.items()]
        unset = [f"--unset={name}" for name in os.environ if name.startswith("FLOWMART_")]
        self.process = child_process(
            ["/usr/bin/env", *unset, *told, sys.executable, "-m", "gateway"], log
        )

    def ready(self) -> bool:
        """Whether it listens: it has its producer and its consumer then."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S_MAX)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()
