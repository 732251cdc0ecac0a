"""The order that README.md posts and produces."""

import json
from pathlib import Path

from engine.records import Record
from tests.gateway.conftest import Shop, token
from topics import CONTRACT

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "order.json"


async def test_the_order_of_the_first_steps_is_one(shop: Shop) -> None:
    response = await shop.ask("POST", "/v1/orders", json.loads(EXAMPLE.read_text()), by=token())
    assert response.status == 202, await response.text()
    [(message, _, _)] = shop.kafka.sent
    assert message.order_items[0].product_id == "prd_0001"


def test_it_is_one_on_kafka_too() -> None:
    raw, headers = EXAMPLE.read_bytes(), (("eventType", b"PlaceOrder"),)
    record = Record("orders.dev.commands", 0, 7, 1_767_225_600_000, 0, None, raw, headers=headers)

    name, envelope = CONTRACT.decode(record, CONTRACT.route(record))

    assert name == "PlaceOrder"
    assert envelope.data.user_id == "cus_1"
    assert envelope.data.order_id
