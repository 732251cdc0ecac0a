"""Where a port cannot be had, that is said with the reason."""

import socket

import pytest
from aiohttp import web

from web.port import CannotListen, Port


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("127.0.0.1", "Address already in use"),
        ("192.0.2.1", "(?i:address)"),  # A block that is nobody's.
        ("no-such-host.invalid", "(?i:name)"),
        ("a..b", "label empty or too long"),
    ],
)
async def test_a_port_that_cannot_be_had_is_told_with_its_reason_and_settings(
    host: str, why: str
) -> None:
    port = Port(web.Application(), timeout_s=1)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=rf"{host}:{number} \(.*{why}.*\): .* FLOWMART_X"):
            await port.listen(host, number, "FLOWMART_X")

    assert port.addresses == []
