"""How brokers are spoken to: each client is made with it, and what cannot work is refused."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient

from engine.bind import WorkerOptions, create_worker_app
from engine.brokers import BrokerAccess
from engine.clients import client_options
from engine.policy import Policy
from engine.topology import Topology
from engine.transport import Producer
from tests.certificates import self_signed
from tests.engine.counting import counting

MECHANISMS = ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("pem"))


def worker(access: BrokerAccess) -> Any:
    topology = Topology([counting()], app_id="let-in", env="dev", partitions=1)
    options = WorkerOptions("b:9093", Path("unused"), access)
    return create_worker_app(topology, Policy(), options)


def test_without_a_word_it_is_plain_and_nobody() -> None:
    assert BrokerAccess().options() == {"security_protocol": "PLAINTEXT", "ssl_context": None}


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize(("tls", "protocol"), [(True, "SASL_SSL"), (False, "SASL_PLAINTEXT")])
async def test_every_client_of_a_worker_is_made_with_it(
    mechanism: str, protocol: str, *, tls: bool
) -> None:
    app = worker(BrokerAccess(tls=tls, user="shop", password="word", mechanism=mechanism))

    options = client_options(app)

    told = {
        "security_protocol": protocol,
        "sasl_mechanism": mechanism,
        "sasl_plain_username": "shop",
        "sasl_plain_password": "word",
    }
    assert told.items() <= options.items()
    assert told.items() <= Producer(app.transport)._settings_auth().items()
    assert isinstance(options["ssl_context"], ssl.SSLContext) is tls
    AIOKafkaClient(**options)  # It refuses what does not go together.


def test_a_brokers_certificate_and_its_name_are_checked() -> None:
    context = BrokerAccess(tls=True).options()["ssl_context"]

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize(
    ("host", "trusts", "is_let_in"),
    [("localhost", True, True), ("localhost", False, False), ("127.0.0.1", True, False)],
)
async def test_a_broker_is_believed_by_who_signed_it_and_its_name(
    pem: tuple[Path, Path], host: str, *, trusts: bool, is_let_in: bool
) -> None:
    cert, key = pem
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(cert, key)
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0, ssl=server_side)
    port = server.sockets[0].getsockname()[1]
    context = BrokerAccess(tls=True, ca_file=cert if trusts else None).options()["ssl_context"]

    try:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=host
        )
        writer.close()
        found = True
    except ssl.SSLCertVerificationError:
        found = False
    server.close()

    assert found is is_let_in


def test_a_certificate_of_our_own_is_shown_with_its_key(pem: tuple[Path, Path]) -> None:
    cert, key = pem

    options = BrokerAccess(tls=True, ca_file=cert, cert_file=cert, key_file=key).options()

    assert options["security_protocol"] == "SSL"


@pytest.mark.parametrize(
    ("access", "complaint"),
    [
        (BrokerAccess(ca_file=Path("x")), "FLOWMART_BROKER_TLS=true"),
        (BrokerAccess(tls=True, cert_file=Path("x")), "CERT_FILE and FLOWMART_BROKER_KEY_FILE"),
        (BrokerAccess(user="shop"), "BROKER_USER and FLOWMART_BROKER_PASSWORD together"),
        (BrokerAccess(password="word"), "BROKER_USER and FLOWMART_BROKER_PASSWORD together"),
        (BrokerAccess(tls=True, ca_file=Path(__file__)), "cannot use .*test_brokers.py"),
    ],
)
def test_what_cannot_work_is_refused(access: BrokerAccess, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        access.options()


def test_a_password_is_not_shown() -> None:
    assert "word" not in repr(BrokerAccess(user="shop", password="word"))
