"""Lists a page at a time (G-4, G-38)."""

from typing import Any, cast

import pytest

from events.scalars import ID_CHARS_MAX
from gateway.measures import Measures
from gateway.pages import Page, cursor_of
from gateway.reads import Reads
from gateway.routes import LISTINGS
from gateway.workers import Workers
from settings.gateway import GatewayRules
from tables.pairs import dated_key
from tests.gateway.conftest import Shop, level, row, token


def products(shop: Shop, count: int) -> None:
    shop.worker.rows["stock"] = {f"prd_{n:04}": {"product_id": n} for n in range(count)}


async def page(shop: Shop, path: str) -> Any:
    response = await shop.ask("GET", path, by=token())
    assert response.status == 200, await response.text()
    return await response.json()


async def followed(shop: Shop, path: str) -> list[Any]:
    """Every page from the first on, by their cursors."""
    pages = [await page(shop, path)]
    while "next" in pages[-1]:
        assert pages[-1]["more"]
        pages.append(await page(shop, f"{path}&cursor={pages[-1]['next']}"))
    assert not pages[-1]["more"]
    return pages


async def test_the_number_of_a_page_reaches_a_thousand_rows_and_cursors_all(shop: Shop) -> None:
    products(shop, 1_050)
    for limit, number in ((20, 50), (100, 10)):
        last = await page(shop, f"/v1/inventory?limit={limit}&page={number}")
        assert last["items"][-1]["productId"] == 999
        further = await page(shop, f"/v1/inventory?limit={limit}&cursor={last['next']}")
        assert further["items"][0]["productId"] == 1_000
    pages = await followed(shop, "/v1/inventory?limit=100")
    assert [one["productId"] for p in pages for one in p["items"]] == list(range(1_050))


async def test_what_comes_meanwhile_moves_no_page_of_a_cursor(shop: Shop) -> None:
    products(shop, 6)
    first = await page(shop, "/v1/inventory?limit=3")
    shop.worker.rows["stock"]["prd_0000a"] = {"product_id": 99}
    second = await page(shop, f"/v1/inventory?limit=3&cursor={first['next']}")
    assert [one["productId"] for one in second["items"]] == [3, 4, 5]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("page=51", "page: 51; expected 1 to 50; further on by `next` as cursor"),
        (f"page={'1' * 5_000}", "page: 111"),
        ("cursor=%C3%A4", "cursor: expected the `next`"),
        ("cursor=a", "cursor: expected the `next`"),
        ("cursor=_w==", "cursor: expected the `next`"),
        (f"cursor={'YWFh' * 900}", "cursor: expected the `next`"),
        (f"page=2&cursor={cursor_of('p')}", "page and cursor: send one of them"),
        ("offset=20&page=2", "page and offset: send one of them"),
        ("inStock=true&inStock=false", "inStock: send it once"),
        ("limit=5&limit=7", "limit: send it once"),
        ("offset=981", "offset: 981; expected 0 to 980; further on by `next` as cursor"),
    ],
)
async def test_what_is_no_page_is_refused(shop: Shop, query: str, words: str) -> None:
    response = await shop.ask("GET", f"/v1/inventory?{query}", by=token())
    assert response.status == 400
    assert (await response.json())["detail"].startswith(words)


async def test_the_longest_key_is_a_cursor(shop: Shop) -> None:
    longest = dated_key("\U0001f600" * ID_CHARS_MAX, 1, "\U0001f600" * ID_CHARS_MAX)
    assert (await page(shop, f"/v1/inventory?cursor={cursor_of(longest)}"))["items"] == []


async def test_a_cursor_leads_to_nobody_elses_rows(shop: Shop) -> None:
    shop.worker.rows["notifications"] = {
        dated_key(user, 1, "n"): {"user_id": user, "status": "sent"} for user in ("cus_0", "cus_2")
    }
    for start in ("", "cus_0", "cus_2", "zzz"):
        path = f"/v1/users/cus_1/notifications?cursor={cursor_of(start)}"
        assert (await page(shop, path))["items"] == []


def told(shop: Shop, count: int) -> None:
    """Notifications of which every tenth is unread, the newest first."""
    shop.worker.rows["notifications"] = {
        dated_key("cus_1", 10_000 - n, f"n_{n:04}"): {
            "notification_id": f"n_{n:04}", "status": "failed" if n == 5 else "sent",
            "read_at_ms": 0 if n % 10 == 0 else 7,
        }
        for n in range(count)
    }  # fmt: skip


async def test_unread_notifications_are_asked_for_alone(shop: Shop) -> None:
    told(shop, 2_500)
    path = "/v1/users/cus_1/notifications?limit=30"
    pages = await followed(shop, f"{path}&status=unread")
    ids = [one["notificationId"] for p in pages for one in p["items"]]
    assert ids == [f"n_{n:04}" for n in range(0, 2_500, 10)]
    second = await page(shop, f"{path}&status=unread&page=2")
    assert second["items"][0]["notificationId"] == "n_0300"
    assert len((await page(shop, f"{path}&status=all"))["items"]) == 30


async def test_notifications_are_passed_over_as_the_query_asks(shop: Shop) -> None:
    """GetUserNotifications has `limit` and `offset`: each offset showed the first page again."""
    told(shop, 50)
    path = "/v1/users/cus_1/notifications?limit=20&offset="

    pages = [await page(shop, f"{path}{offset}") for offset in (0, 20, 25, 30, 40, 60)]

    firsts = [one["items"][0]["notificationId"] for one in pages if one["items"]]
    assert firsts == ["n_0000", "n_0020", "n_0025", "n_0030", "n_0040"]
    assert [len(one["items"]) for one in pages] == [20, 20, 20, 20, 10, 0]
    assert [one["more"] for one in pages] == [True, True, True, False, False, False]
    assert [(one["page"], one["limit"]) for one in pages[:2]] == [(1, 20), (2, 20)]
    unread = await page(shop, f"{path}2&status=unread")
    assert [one["notificationId"] for one in unread["items"]] == ["n_0020", "n_0030", "n_0040"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("inStock=true", ["many", "west"]),
        ("inStock=false", ["gone", "held", "none", "unfit"]),
        ("minStockLevel=8", ["many", "west"]),
        ("minStockLevel=9", ["many"]),
        ("location=wh_west", ["west"]),
        ("inStock=true&location=wh_1", ["many"]),
        ("location=nowhere", []),
    ],
)
async def test_products_are_listed_by_what_an_order_may_have_and_where(
    shop: Shop, query: str, found: list[str]
) -> None:
    levels = {
        "none": [],
        "many": [level(on_hand=5), level("wh_2", 4)],
        "west": [level("wh_west", 9, reserved=1)],
        "held": [level(on_hand=5, reserved=5)],
        "unfit": [level(on_hand=5, status="QUARANTINED")],
        "gone": [level("wh_west", 5, status="DISCONTINUED")],
    }
    shop.worker.rows["stock"] = {
        name: {"product_id": name, "levels": some} for name, some in levels.items()
    }

    shown = await page(shop, f"/v1/inventory?{query}")

    assert [one["productId"] for one in shown["items"]] == found


@pytest.mark.parametrize(
    ("status", "found"),
    [("Processing", ["ord_3", "ord_1"]), ("paid", ["ord_1"]), ("Returned", [])],
)
async def test_orders_are_listed_by_their_status_page_by_page(
    shop: Shop, status: str, found: list[str]
) -> None:
    stands = {"ord_1": "paid", "ord_2": "confirmed", "ord_3": "processing"}
    shop.worker.rows["orders"] = {name: row(name, status=one) for name, one in stands.items()}
    shop.worker.rows["customer_orders"] = {
        dated_key("cus_1", n, name): n for n, name in enumerate(stands)
    }

    pages = await followed(shop, f"/v1/orders?limit=2&status={status}")

    assert [one["orderId"] for p in pages for one in p["items"]] == found


@pytest.mark.parametrize("name", ["userId", "customerId"])
async def test_staff_list_a_customers_orders_by_either_name(shop: Shop, name: str) -> None:
    shop.worker.rows["orders"] = {"ord_1": row()}
    shop.worker.rows["customer_orders"] = {dated_key("cus_1", 1, "ord_1"): 1}
    agent = token("agent", "customer_service", "orders:read")

    response = await shop.ask("GET", f"/v1/orders?{name}=cus_1", by=agent)
    foreign = await shop.ask("GET", f"/v1/orders?{name}=cus_1", by=token("cus_2"))

    assert [one["orderId"] for one in (await response.json())["items"]] == ["ord_1"]
    assert foreign.status == 404


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("orders?status=gone", "status: gone; expected Pending or Cancelled or"),
        ("users/cus_1/notifications?status=new", "status: new; expected all or unread"),
        ("inventory?inStock=yes", "inStock: yes; expected true or false"),
        ("inventory?minStockLevel=-1", "minStockLevel: -1; expected at most 9 digits"),
        ("inventory?minStockLevel=1000000000", "minStockLevel: 1000000000; expected at most 9"),
        ("inventory?location=", "location: expected 1 to 128 characters"),
        (f"inventory?location={'x' * 129}", "location: expected 1 to 128 characters"),
        ("inventory?category=toys", "category: this list does not know it; expected cursor, in"),
        ("inventory?userId=cus_1", "userId: this list does not know it"),
        ("orders?userId=cus_1&customerId=cus_2", "userId and customerId: send one of them"),
        (
            "orders?pageSize=50",
            "pageSize: this list does not know it; expected cursor, customerId,",
        ),
    ],
)
async def test_what_a_list_cannot_be_asked_is_refused_and_not_passed_over(
    shop: Shop, asked: str, words: str
) -> None:
    response = await shop.ask("GET", f"/v1/{asked}", by=token())

    assert response.status == 400
    assert (await response.json())["detail"].startswith(words)


async def test_rows_of_several_workers_are_more_than_a_page_together() -> None:
    class Two:
        async def everywhere(self, _path: str, *, whole: bool) -> list[Any]:
            assert not whole
            return [{"rows": [{"key": key}], "more": False} for key in "ba"]

    reads = Reads(cast("Workers", Two()), {}, GatewayRules(), Measures())
    listing = next(one for one in LISTINGS if one.table == "stock")
    for limit, found in ((1, (["a"], True)), (2, (["a", "b"], False))):
        rows, more = await reads._rows(listing, "", Page(0, limit, ""), whole=False)
        assert ([row["key"] for row in rows], more) == found


async def test_there_are_more_rows_when_one_worker_has_more() -> None:
    class One:
        async def everywhere(self, _path: str, *, whole: bool) -> list[Any]:
            assert not whole
            return [{"rows": [{"key": "a"}], "more": True}, {"rows": [], "more": False}]

    reads = Reads(cast("Workers", One()), {}, GatewayRules(), Measures())
    listing = next(one for one in LISTINGS if one.table == "stock")

    _, more = await reads._rows(listing, "", Page(0, 1, ""), whole=False)

    assert more
