"""Personal data: customers see their own whole, where the gateway has the right to it (G-55)."""

from typing import Any

import pytest
from yarl import URL

from tables.pairs import dated_key
from tests.gateway.conftest import PERSONAL, Shop, everything, row, token

HOME = {"line1": "1 Main", "city": "Oslo", "country": "NO"}
STAFF = token(
    "agent", "customer_service", "orders:read", "orders:write", "shipments:read",
    "notifications:read",
)  # fmt: skip


@pytest.fixture
def personal() -> str | None:
    """The right to personal data."""
    return PERSONAL


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """With an order, a parcel and a letter of cus_1."""
    letter = {"notification_id": "n_1", "user_id": "cus_1", "to": "ann@shop.test"}
    shop.worker.rows = everything("x_1") | {
        "orders": {"x_1": row("x_1", shipping_address=HOME, version=3)},
        "customer_orders": {dated_key("cus_1", 1, "x_1"): 1},
        "notification_ids": {"n_1": "cus_1\x1f1\x1fn_1"},
        "notifications": {"cus_1\x1f1\x1fn_1": letter},
    }
    shop.worker.rows["shipments"]["x_1"]["destination"] = HOME
    return shop


async def shown(shop: Shop, path: str, by: str) -> Any:
    response = await shop.ask("GET", path, by=by)
    body = await response.json() if response.status == 200 else {"items": [response.status]}
    return body["items"][0] if "items" in body else body


@pytest.mark.parametrize("first", ["customer", "staff"])
@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/v1/orders/x_1", "shippingAddress", HOME),
        ("/v1/orders?userId=cus_1", "shippingAddress", HOME),
        ("/v1/shipments/x_1", "destination", HOME),
        ("/v1/notifications/n_1", "to", "ann@shop.test"),
        ("/v1/users/cus_1/notifications", "to", "ann@shop.test"),
    ],
)
async def test_a_customer_sees_their_own_and_staff_stars_whoever_asked_before(
    shop: Shop, path: str, field: str, value: Any, first: str
) -> None:
    expected = {token(): value, STAFF: "***"}
    for by in sorted(expected, key=lambda one: (one == STAFF) is (first == "customer")):
        assert (await shown(shop, path, by))[field] == expected[by]


async def test_nothing_of_others_is_asked_for_whole(shop: Shop) -> None:
    for path in ("/v1/orders/x_1", "/v1/shipments/x_1", "/v1/notifications/n_1",
                 "/v1/orders?userId=cus_1", "/v1/users/cus_1/notifications"):  # fmt: skip
        assert await shown(shop, path, token("cus_2")) == 404
        await shown(shop, path, STAFF)
    assert not shop.worker.whole


async def test_what_a_customer_saw_is_what_they_change(shop: Shop) -> None:
    body = {"cancellationReason": "CUSTOMER_REQUEST", "userId": "cus_1"}
    for by in (token(), STAFF):
        tag = (await shop.ask("GET", "/v1/orders/x_1", by=by)).headers["ETag"]
        change = await shop.ask("POST", "/v1/orders/x_1/cancel", body, by=by, If_Match=tag)
        assert change.status == 202


class TestWithoutTheRight:
    @pytest.fixture
    def personal(self) -> str | None:
        return None

    @pytest.mark.parametrize("path", ["/v1/orders/x_1", "/v1/orders"])
    async def test_nobody_sees_an_address(self, shop: Shop, path: str) -> None:
        assert (await shown(shop, path, token()))["shippingAddress"] == "***"
        assert len(shop.worker.asked) == 1


async def test_an_id_that_no_worker_could_read_is_not_there(shop: Shop) -> None:
    path = "/v1/orders/" + "😀" * 340
    response = await shop.client.request(
        "GET", URL(path), headers={"Authorization": f"Bearer {token()}"}
    )
    assert response.status == 404
    assert not shop.worker.asked
