"""The order that README.md posts and produces, and the goods that it brings in before."""

import json
from pathlib import Path
from typing import Any

from engine.records import Record
from tests.gateway.conftest import Shop, token
from topics import CONTRACT

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
EXAMPLE = EXAMPLES / "order.json"


async def test_the_order_of_the_first_steps_is_one(shop: Shop) -> None:
    response = await shop.ask("POST", "/v1/orders", json.loads(EXAMPLE.read_text()), by=token())
    assert response.status == 202, await response.text()
    [(message, _, _)] = shop.kafka.sent
    assert message.order_items[0].product_id == "prd_0001"


def test_it_is_one_on_kafka_too() -> None:
    name, envelope = produced("orders.dev.commands", "PlaceOrder", EXAMPLE)

    assert name == "PlaceOrder"
    assert envelope.data.user_id == "cus_1"
    assert envelope.data.order_id


def test_its_goods_are_brought_in_before_it() -> None:
    [line] = json.loads(EXAMPLE.read_text())["orderItems"]

    name, envelope = produced("inventory.dev.commands", "AddInventory", EXAMPLES / "stock.json")

    assert name == "AddInventory"
    assert envelope.data.product_id == line["productId"]
    assert envelope.data.quantity >= line["quantity"]


def produced(topic: str, name: str, example: Path) -> tuple[str, Any]:
    """What is read of an example that `kcat -H eventType=...` puts on a topic."""
    headers = (("eventType", name.encode()),)
    raw = example.read_bytes()
    record = Record(topic, 0, 7, 1_767_225_600_000, None, raw, headers=headers)
    return CONTRACT.decode(record, CONTRACT.route(record))
