"""The order that README.md posts."""

import json
from pathlib import Path

from tests.gateway.conftest import Shop, token

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "order.json"


async def test_the_order_of_the_first_steps_is_one(shop: Shop) -> None:
    response = await shop.ask("POST", "/v1/orders", json.loads(EXAMPLE.read_text()), by=token())
    assert response.status == 202, await response.text()
    [(message, _, _)] = shop.kafka.sent
    assert message.order_items[0].product_id == "prd_0001"
