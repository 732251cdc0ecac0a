"""Webhooks that are handed on: nobody known sends them, so nothing in them may do harm (G-6)."""

import asyncio

import pytest

from tests.gateway.conftest import Shop

HEADERS = [
    b"Stripe-Signature: \xff\xfe",
    b"Stripe-Signature: k\xc3\xa4se",
    b"Webhook-Id: \xff",
    b"Content-Type: \xff",
    b"Content-Type: application/json; charset=\xc3\xa4",
    b"Webhook-Timestamp: " + b"9" * 5_000,
]
PATHS = [b"/webhooks/stripe", b"/webhooks/carriers/ups", b"/webhooks/carriers/%ff%00",
         b"/webhooks/carriers/\xc3\xa4", b"/webhooks/carriers/%zz", b"/webhooks/carriers/..",
         b"/webhooks/carriers/a%3Fb%23c"]  # fmt: skip


async def sent(shop: Shop, path: bytes, header: bytes) -> int:
    """The status of what a client library would not send."""
    reader, writer = await asyncio.open_connection(shop.client.host, shop.client.port)
    writer.write(
        b"POST %s HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n%s\r\nConnection: close\r\n\r\n{}"
        % (path, header)
    )
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


@pytest.mark.parametrize(
    ("path", "header"),
    [*((path, HEADERS[0]) for path in PATHS), *((PATHS[1], header) for header in HEADERS)],
    ids=range(len(PATHS) + len(HEADERS)),
)
async def test_no_message_makes_a_worker_look_broken(
    shop: Shop, path: bytes, header: bytes
) -> None:
    statuses = {await sent(shop, path, header) for _ in range(25)}

    assert max(statuses) < 500
    assert (await shop.client.post("/webhooks/stripe", data=b"{}")).status == 200
