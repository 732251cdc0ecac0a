"""Requests that read rows, through cache and workers (G-2, G-3, G-5, G-6)."""

import re
from dataclasses import replace
from typing import Any

import pytest
from yarl import URL

from gateway.route import Listing, Look
from gateway.routes import LISTINGS, LOOKS
from gateway.workers import Workers
from observability.boards import BOARDS
from observability.dashboards import text_of
from settings.gateway import GatewayRules
from tables.pairs import dated_key
from tests.gateway.conftest import RULES, SHOPPER, VIEW_TOKEN, Shop, level, paid_for, row, token


async def test_an_order_shows_in_the_form_of_the_api(shop: Shop) -> None:
    shop.worker.rows["orders"] = {"ord_1": row()}
    response = await shop.ask("GET", "/v1/orders/ord_1", by=token())
    body = await response.json()
    assert (body["orderId"], body["total"], body["status"]) == ("ord_1", 19.99, "confirmed")
    assert "correlationId" not in body


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("confirmed", "Pending"),
        ("backordered", "Pending"),
        ("on_hold", "Pending"),
        ("paid", "Processing"),
        ("processing", "Processing"),
        ("shipped", "Shipped"),
        ("delivered", "Delivered"),
        ("cancelled", "Cancelled"),
        ("rejected", "Cancelled"),
        ("returned", "Returned"),
        ("refunded", "Refunded"),
    ],
)
async def test_an_orders_status_is_told_in_the_contracts_words_too(
    shop: Shop, status: str, told: str
) -> None:
    shop.worker.rows["orders"] = {"ord_1": row(status=status)}
    shop.worker.rows["customer_orders"] = {dated_key("cus_1", 1, "ord_1"): 1}

    one = await (await shop.ask("GET", "/v1/orders/ord_1", by=token())).json()
    [listed] = (await (await shop.ask("GET", "/v1/orders", by=token())).json())["items"]

    assert (one["status"], one["orderStatus"]) == (status, told)
    assert listed["orderStatus"] == told


@pytest.mark.parametrize(
    ("status", "parcels", "told"),
    [
        ("paid", [], None),
        ("processing", ["created", "created"], "pending"),
        ("shipped", ["dispatched", "created"], "partial"),
        ("shipped", ["dispatched", "dispatched", "cancelled"], "shipped"),
        ("shipped", ["delivered", "dispatched"], "partial"),
        ("shipped", ["delivered"], "partial"),
        ("shipped", ["dispatched"], "partial"),
        ("shipped", ["dispatched", "lost"], "shipped"),
        ("processing", ["created"], "pending"),
        ("delivered", ["delivered", "lost"], "delivered"),
        ("returned", ["returned"], None),
    ],
)
async def test_an_order_tells_how_far_its_shipments_are(
    shop: Shop, status: str, parcels: list[str], told: str | None
) -> None:
    rows = [[f"shp_{n}", state, 1] for n, state in enumerate(parcels)]
    lines = [{"product_id": "p1", "quantity": 2}]
    shop.worker.rows["orders"] = {"ord_1": row(status=status, parcels=rows, lines=lines)}

    shown = await (await shop.ask("GET", "/v1/orders/ord_1", by=token())).json()

    assert shown.get("shipmentState") == told


async def test_one_answer_serves_until_an_event_makes_it_stale(shop: Shop) -> None:
    shop.worker.rows["orders"] = {"ord_1": row()}
    for _ in range(3):
        await shop.ask("GET", "/v1/orders/ord_1", by=token())
    assert len(shop.worker.asked) == 1
    shop.heard("PaymentProcessed", "ord_1")
    await shop.ask("GET", "/v1/orders/ord_1", by=token())
    assert len(shop.worker.asked) == 2


@pytest.mark.parametrize("before", [{}, {"ord_1": row()}])
async def test_an_answer_that_an_event_overtook_on_its_way_is_not_served_again(
    shop: Shop, before: dict[str, Any]
) -> None:
    shop.worker.rows["orders"] = before
    shop.worker.meanwhile = lambda: shop.heard("OrderConfirmed", "ord_1")
    await shop.ask("GET", "/v1/orders/ord_1", by=token())
    shop.worker.rows["orders"] = {"ord_1": row(status="paid")}
    shop.worker.meanwhile = lambda: shop.heard("OrderConfirmed", "ord_2")

    shown = [await shop.ask("GET", "/v1/orders/ord_1", by=token()) for _ in range(3)]

    assert [(await one.json())["status"] for one in shown] == ["paid"] * 3
    assert len(shop.worker.asked) == 2


async def test_what_is_not_there_is_not_looked_for_again_for_a_second(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for now_ms, asked in ((0, 1), (999, 1), (1_000, 2)):
        monkeypatch.setattr("gateway.reads.ticks_ms", lambda now_ms=now_ms: now_ms)
        assert (await shop.ask("GET", "/v1/orders/ord_1", by=token())).status == 404
        assert len(shop.worker.asked) == asked


async def test_what_has_not_changed_is_not_sent_again(shop: Shop) -> None:
    shop.worker.rows["orders"] = {"ord_1": row()}
    first = await shop.ask("GET", "/v1/orders/ord_1", by=token())
    etag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = await shop.ask("GET", "/v1/orders/ord_1", by=token(), If_None_Match=etag)
    assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", etag)
    text = await (await shop.ask("GET", "/metrics", by=VIEW_TOKEN)).text()
    for result in ("hit", "miss"):
        assert f'flowmart_gateway_cache_total{{result="{result}"}} 1.0' in text


async def test_each_object_has_an_answer_of_its_own(shop: Shop) -> None:
    shop.worker.rows = {
        "orders": {"x": row("x"), "y": row("y")},
        "shipments": {"x": {"shipment_id": "x", "user_id": "cus_1"}},
        "payments": {"pay_x": paid_for()},
    }
    paths = ("/v1/orders/x", "/v1/orders/y", "/v1/shipments/x", "/v1/payments/x/status")

    bodies = {await (await shop.ask("GET", path, by=token())).text() for path in paths}

    assert len(bodies) == len(paths)


async def test_what_the_shop_thinks_of_a_payment_is_not_its_customers_to_read(shop: Shop) -> None:
    shop.worker.rows["payments"] = {"pay_1": {**paid_for(), "fraud": "MANUAL_REVIEW"}}
    shown = [
        await (await shop.ask("GET", "/v1/payments/pay_1", by=token("cus_1", role))).json()
        for role in ("customer", "customer_service", "customer")
    ]

    assert ["fraud" in one for one in shown] == [False, True, False]


@pytest.mark.parametrize("read", [*LOOKS, *LISTINGS], ids=lambda read: read.path)
async def test_nothing_is_read_without_its_scope(shop: Shop, read: Look | Listing) -> None:
    path, scope = read.path.replace("{id}", "cus_1"), f"{read.resource}:read"
    others = [one for one in SHOPPER if one != scope]

    statuses = [
        (await shop.ask("GET", path, by=by)).status
        for by in (None, token("cus_1", "customer", *others), token("cus_1", "admin", *others))
    ]

    assert statuses == [401, 403, 403]
    assert not shop.worker.asked


@pytest.mark.parametrize(
    ("verb", "path", "scope"),
    [("POST", "/v1/shipping/quotes", "shipments:read"), ("GET", "/metrics", "metrics:read")],
)
async def test_neither_is_a_quote_nor_a_figure(
    shop: Shop, verb: str, path: str, scope: str
) -> None:
    others = [one for one in SHOPPER if one != scope]

    response = await shop.ask(verb, path, {}, by=token("cus_1", "admin", *others))

    assert response.status == 403


async def test_a_foreign_order_is_not_found_also_from_the_cache(shop: Shop) -> None:
    shop.worker.rows["orders"] = {"ord_1": row()}
    assert (await shop.ask("GET", "/v1/orders/ord_1", by=token())).status == 200
    assert (await shop.ask("GET", "/v1/orders/ord_1", by=token("cus_2"))).status == 404
    staff = token("agent", "customer_service", "orders:read")
    assert (await shop.ask("GET", "/v1/orders/ord_1", by=staff)).status == 200


@pytest.mark.parametrize("key", ["ord_1", "pay_ord_1"])
async def test_a_payments_status_is_found_by_its_order_and_by_itself(shop: Shop, key: str) -> None:
    shop.worker.rows["payments"] = {
        "pay_ord_1": {
            "session": {
                "customer_id": "cus_1", "amount_minor": 500, "currency": "USD",
                "method": {"type": "credit_card"}, "initiated_at_ms": 1,
            },
            "updated_at_ms": 1_700_000_000_000,
        }
    }  # fmt: skip
    response = await shop.ask("GET", f"/v1/payments/{key}/status", by=token())
    body = await response.json()
    assert (body["session"]["amount"], body["paymentStatus"]) == (5.0, "pending")
    assert body["updatedAt"] == "2023-11-14T22:13:20.000Z"
    assert (await shop.ask("GET", f"/v1/payments/{key}/status", by=token("x"))).status == 404


class TestHowLongAPaymentIsServedAgain:
    @pytest.fixture
    def rules(self) -> GatewayRules:
        return replace(RULES, payment_open_ttl_ms=0)

    @pytest.mark.parametrize(
        ("fields", "asked"),
        [
            ({"status": "AUTHORIZED"}, 2),
            ({"status": "FAILED"}, 2),
            ({"status": "FAILED", "final": True}, 1),
            ({"status": "CANCELLED"}, 1),
            ({"status": "REFUNDED"}, 1),
            ({"status": "CHARGED_BACK"}, 1),
        ],
    )
    async def test_only_one_that_has_ended_is_served_for_long(
        self, shop: Shop, fields: dict[str, Any], asked: int
    ) -> None:
        session = {
            "customer_id": "cus_1", "amount_minor": 500, "currency": "USD",
            "method": {"type": "credit_card"}, "initiated_at_ms": 1,
        }  # fmt: skip
        shop.worker.rows["payments"] = {"pay_1": {"session": session, **fields}}

        for _ in range(2):
            await shop.ask("GET", "/v1/payments/pay_1", by=token())

        assert len(shop.worker.asked) == asked


async def test_a_customers_orders_come_newest_first_a_page_at_a_time(shop: Shop) -> None:
    ids = [f"ord_{n}" for n in range(5)]
    shop.worker.rows["orders"] = {order_id: row(order_id) for order_id in ids}
    shop.worker.rows["customer_orders"] = {
        dated_key("cus_1", 1_000 + n, order_id): 1_000 + n for n, order_id in enumerate(ids)
    } | {dated_key("cus_10", 1, "ord_9"): 1}
    seen = []
    for page in (1, 2, 3):
        response = await shop.ask("GET", f"/v1/orders?limit=2&page={page}", by=token())
        body = await response.json()
        seen += [item["orderId"] for item in body["items"]]
        assert body["more"] is (page < 3)
    assert seen == list(reversed(ids))


@pytest.mark.parametrize("left", [{}, {"ord_gone": row("ord_gone", "cus_2")}])
async def test_what_a_list_names_and_is_gone_or_anothers_is_left_out(
    shop: Shop, left: dict[str, Any]
) -> None:
    shop.worker.rows["orders"] = {"ord_1": row("ord_1")} | left
    shop.worker.rows["customer_orders"] = {
        dated_key("cus_1", 1_000, one): 1_000 for one in ("ord_1", "ord_gone")
    }

    listed = await (await shop.ask("GET", "/v1/orders", by=token())).json()

    assert [one["orderId"] for one in listed["items"]] == ["ord_1"]


async def test_a_long_page_asks_for_few_rows_at_a_time(shop: Shop) -> None:
    ids = [f"ord_{n}" for n in range(100)]
    shop.worker.rows["orders"] = {order_id: row(order_id) for order_id in ids}
    shop.worker.rows["customer_orders"] = {dated_key("cus_1", 1_000, one): 1_000 for one in ids}

    response = await shop.ask("GET", "/v1/orders?limit=100", by=token())

    assert len((await response.json())["items"]) == 100
    assert 1 < shop.worker.under_way_max <= 10


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "page=0"])
async def test_a_page_has_bounds(shop: Shop, query: str) -> None:
    response = await shop.ask("GET", f"/v1/orders?{query}", by=token())
    assert response.status == 400


async def test_a_notification_is_found_by_its_id_and_is_its_recipients(shop: Shop) -> None:
    shop.worker.rows["notification_ids"] = {"n_1": "cus_1\x1f1\x1fn_1"}
    shop.worker.rows["notifications"] = {
        "cus_1\x1f1\x1fn_1": {"notification_id": "n_1", "user_id": "cus_1", "status": "sent"}
    }
    response = await shop.ask("GET", "/v1/notifications/n_1", by=token())
    assert (await response.json())["status"] == "sent"
    assert (await shop.ask("GET", "/v1/notifications/n_1", by=token("cus_2"))).status == 404
    assert (await shop.ask("GET", "/v1/notifications/n_2", by=token())).status == 404


async def test_a_customer_sees_how_their_subscription_stands_in_the_contracts_words(
    shop: Shop,
) -> None:
    shop.worker.rows["subscription_statuses"] = {
        "cus_1": {
            "subscription_id": "sub_1",
            "user_id": "cus_1",
            "subscription_status": "active",
            "state": "grace",
            "plan_id": "plan_monthly_pro",
            "billing_frequency": "monthly",
            "next_billing_date": "2026-02-28",
        }
    }

    response = await shop.ask("GET", "/v1/subscriptions/cus_1/status", by=token())

    assert response.status == 200
    assert await response.json() == {
        "subscriptionId": "sub_1",
        "userId": "cus_1",
        "subscriptionStatus": "active",
        "state": "grace",
        "planId": "plan_monthly_pro",
        "billingFrequency": "monthly",
        "nextBillingDate": "2026-02-28",
    }


@pytest.mark.parametrize(
    "path", ["/v1/users/cus_2/notifications", "/v1/subscriptions/cus_2/status"]
)
async def test_other_customers_are_not_found(shop: Shop, path: str) -> None:
    assert (await shop.ask("GET", path, by=token())).status == 404


async def test_without_a_worker_the_caller_is_told_when_to_try_again(shop: Shop) -> None:
    shop.worker.failing = True
    response = await shop.ask("GET", "/v1/orders/ord_1", by=token())
    assert response.status == 503
    assert int(response.headers["Retry-After"]) >= 1


async def test_what_a_worker_will_not_answer_is_not_told_as_missing(shop: Shop) -> None:
    shop.worker.status = 403
    response = await shop.ask("GET", "/v1/orders/ord_1", by=token())
    assert (response.status, (await response.json())["code"]) == (502, "UPSTREAM")


async def test_a_quote_without_a_worker_is_to_be_asked_for_again(shop: Shop) -> None:
    shop.worker.failing = True
    response = await shop.ask("POST", "/v1/shipping/quotes", QUOTED, by=token())
    assert (response.status, (await response.json())["code"]) == (503, "NO_WORKER")
    assert int(response.headers["Retry-After"]) >= 1


async def test_without_a_worker_the_gateway_is_not_ready(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Workers, "well", lambda _: [])
    assert (await shop.ask("GET", "/ready")).status == 503


async def test_a_webhook_is_handed_on_byte_by_byte_with_its_signature(shop: Shop) -> None:
    raw = b'{"id": "evt_1" }'
    headers = {"Stripe-Signature": "t=1,v1=abc", "X-Evil": "1", "Content-Type": "application/json"}
    response = await shop.client.post("/webhooks/stripe", data=raw, headers=headers)
    assert (response.status, await response.json()) == (200, {"received": True})
    [(path, body, passed)] = shop.worker.webhooks
    assert (path, body, passed["Stripe-Signature"]) == ("/webhooks/stripe", raw, "t=1,v1=abc")
    assert "X-Evil" not in passed


async def test_a_carriers_webhook_is_handed_on_with_all_that_is_signed(shop: Shop) -> None:
    signed = dict.fromkeys(("Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"), "1")
    kind = {"Content-Type": "application/json"}
    own = {"Authorization": f"Bearer {token()}", "Cookie": "a=b"}

    path = "/webhooks/carriers/ups"
    response = await shop.client.post(path, data=b"{}", headers=signed | kind | own)

    assert (response.status, await response.json()) == (202, {"received": True})
    [(path, body, passed)] = shop.worker.webhooks
    assert (path, body) == ("/webhooks/carriers/ups", b"{}")
    assert (signed | kind).items() <= passed.items()
    assert own.keys().isdisjoint(passed)


QUOTED: dict[str, Any] = {
    "destination": {"line1": "1 Main", "city": "Chicago", "country": "US"},
    "packages": [{"packageId": "one", "weightKg": 1.5}],
}


async def test_a_quote_is_asked_of_a_worker_and_its_refusal_passed_on(shop: Shop) -> None:
    good = await shop.ask("POST", "/v1/shipping/quotes", QUOTED, by=token())
    assert (good.status, await good.json()) == (200, {"offers": [{"price": 5.99}]})
    none = {**QUOTED, "packages": []}
    bad = await shop.ask("POST", "/v1/shipping/quotes", none, by=token())
    assert (bad.status, (await bad.json())["message"]) == (400, "packages: missing")
    assert (await shop.ask("POST", "/v1/shipping/quotes", {})).status == 401


async def test_a_quote_is_refused_as_every_other_body_is(shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}

    bad = await shop.ask("POST", "/v1/shipping/quotes", {"packages": [{}]}, by=token())
    deep = await shop.client.post("/v1/shipping/quotes", data="[" * 100_000, headers=headers)
    other = await shop.client.post(
        "/v1/shipping/quotes", data=b"x", headers={**headers, "Content-Type": "text/plain"}
    )

    told = await bad.json()
    assert (bad.status, told["code"], told["details"][0]) == (
        400, "MALFORMED", {"field": "destination", "message": "Field required"},
    )  # fmt: skip
    assert len(told["details"]) > 1
    assert (deep.status, other.status) == (400, 415)


async def test_health_is_open_and_metrics_are_not(shop: Shop) -> None:
    assert await (await shop.ask("GET", "/health")).json() == {"status": "ok"}
    assert await (await shop.ask("GET", "/ready")).json() == {"status": "ready", "workers": 1}
    assert (await shop.ask("GET", "/metrics")).status == 401
    by = token("prometheus", "service", "metrics:read")
    text = await (await shop.ask("GET", "/metrics", by=by)).text()
    assert "flowmart_gateway_workers_well 1.0" in text
    assert 'flowmart_gateway_requests_total{method="GET",route="/metrics",status="401"}' in text
    assert "process_cpu_seconds_total" in text
    assert 'flowmart_gateway_cache_total{result="hit"} 0.0' in text  # Else its share is unknown.
    spent = re.search(r'seconds_sum{method="GET",route="/health"} (\S+)', text)
    assert spent is not None
    assert 0 < float(spent[1]) < 60


async def test_every_metric_of_its_dashboard_is_served(shop: Shop) -> None:
    shown = {
        name
        for board in BOARDS
        for name in re.findall(r"\bflowmart_gateway_[a-z_]+\b", text_of(board))
    }
    text = await (await shop.ask("GET", "/metrics", by=VIEW_TOKEN)).text()
    kept = {
        name + {"counter": "_total", "histogram": "_bucket"}.get(kind, "")
        for name, kind in re.findall(r"# TYPE (\w+?)(?:_total)? (\w+)\n", text)
    }
    assert shown
    assert shown <= kept


async def test_the_view_token_reads_metrics_and_nothing_else(shop: Shop) -> None:
    assert (await shop.ask("GET", "/metrics", by=VIEW_TOKEN)).status == 200
    assert (await shop.ask("GET", "/metrics", by=VIEW_TOKEN + "x")).status == 401
    assert (await shop.ask("GET", "/v1/orders", by=VIEW_TOKEN)).status == 401


class TestWithoutAViewToken:
    """In dev, where workers ask for none."""

    @pytest.fixture
    def view_token(self) -> str | None:
        return None

    @pytest.mark.parametrize("shown", ["None", "", " "])
    async def test_nobody_shows_it(self, shop: Shop, shown: str) -> None:
        assert (await shop.ask("GET", "/metrics", by=shown)).status == 401


class TestLimits:
    """With few tokens."""

    @pytest.fixture
    def rules(self) -> GatewayRules:
        return GatewayRules(burst_min=2, customer_per_min=1, anonymous_per_min=1)

    async def test_who_asks_too_often_waits(self, shop: Shop) -> None:
        statuses = []
        for _ in range(3):
            response = await shop.ask("GET", "/v1/orders?limit=1", by=token())
            statuses.append(response.status)
        assert statuses == [200, 200, 429]
        assert int(response.headers["Retry-After"]) > 50
        assert response.headers["RateLimit-Limit"] == "2"
        assert response.headers["RateLimit-Remaining"] == "0"
        other = await shop.ask("GET", "/v1/orders?limit=1", by=token("cus_2"))
        assert other.status == 200
        assert other.headers["RateLimit-Remaining"] == "1"
        text = await (await shop.ask("GET", "/metrics", by=VIEW_TOKEN)).text()
        assert 'flowmart_gateway_limited_total{bucket="principal"} 1.0' in text

    @pytest.mark.parametrize(("path", "status"), [("/v1/orders", 401), ("/openapi.json", 200)])
    async def test_nobody_in_particular_waits_by_address_and_who_watches_never(
        self, shop: Shop, path: str, status: int
    ) -> None:
        statuses = [(await shop.ask("GET", path)).status for _ in range(3)]
        assert statuses == [status, status, 429]
        for watched in ("/health", "/ready"):
            assert (await shop.ask("GET", watched)).status == 200


class TestMachines:
    """Of a partner or a service: so many reads, and as many writes (G-3)."""

    @pytest.fixture
    def rules(self) -> GatewayRules:
        return GatewayRules(burst_min=2, partner_reads_per_min=1, partner_writes_per_min=1)

    @pytest.mark.parametrize("role", ["partner", "service"])
    async def test_reads_take_nothing_from_writes(self, shop: Shop, role: str) -> None:
        by = token("machine", role)

        reads = [
            (await shop.ask(verb, "/v1/orders?limit=1", by=by)).status
            for verb in ("GET", "HEAD", "GET")
        ]
        writes = [(await shop.ask("POST", "/v1/orders", {}, by=by)).status for _ in range(3)]

        assert reads == [200, 200, 429]
        assert writes == [400, 400, 429]


class TestCheckouts:
    """Of orders and payments together, fewer than of other requests (G-3)."""

    @pytest.fixture
    def rules(self) -> GatewayRules:
        assert RULES.checkouts_per_min == 10
        return GatewayRules(burst_min=2, customer_per_min=6_000, checkouts_per_min=1)

    @pytest.mark.parametrize(
        ("role", "last"), [("customer", 429), ("partner", 400), ("admin", 400)]
    )
    async def test_customers_have_few_others_as_many_as_of_all_else(
        self, shop: Shop, role: str, last: int
    ) -> None:
        by = token("cus_1", role)

        statuses = [
            (await shop.ask("POST", f"/v1/{what}", {}, by=by)).status
            for what in ("orders", "payments", "orders")
        ]

        assert statuses == [400, 400, last]
        assert (await shop.ask("POST", "/v1/returns", {}, by=by)).status == 400


async def test_the_cache_of_staff_is_no_customers(shop: Shop) -> None:
    shop.worker.rows["orders"] = {"ord_1": row(user_id="cus_1")}
    agent = token("agent", "customer_service", "orders:read")
    assert (await shop.ask("GET", "/v1/orders/ord_1", by=agent)).status == 200
    assert (await shop.ask("GET", "/v1/orders/ord_1", by=token("staff"))).status == 404


async def test_stock_is_told_over_all_warehouses_and_not_who_waits_for_it(shop: Shop) -> None:
    shop.worker.rows["stock"] = {
        "prd_1": {
            "product_id": "prd_1",
            "levels": [
                level("wh_1", 20, reserved=4, quarantined=1),
                level("wh_2", 30),
                level("wh_3", 7, status="DISCONTINUED"),
            ],
            "queue": [{"reservation_id": "ord_of_another:1", "quantity": 2, "country": "NL"}],
        }
    }

    response = await shop.ask("GET", "/v1/inventory/prd_1/status", by=token())

    body = await response.json()
    assert body["aggregatedInventory"] == {
        "totalAvailable": 46, "totalReserved": 4, "safetyStock": 10, "reorderLevel": 20,
    }  # fmt: skip
    assert body["alerts"] == {"lowStock": False, "qualityIssues": True}
    assert "ord_of_another" not in await response.text()


async def test_stock_at_its_reorder_point_is_low(shop: Shop) -> None:
    shop.worker.rows["stock"] = {
        "prd_1": {"product_id": "prd_1", "levels": [level("wh_1", 99), level("wh_2", 10)]}
    }

    response = await shop.ask("GET", "/v1/inventory/prd_1/status", by=token())

    assert (await response.json())["alerts"]["lowStock"] is True


async def test_a_list_of_stock_is_served_again_and_a_customers_list_is_not(shop: Shop) -> None:
    shop.worker.rows["stock"] = {"prd_1": {"product_id": "prd_1"}}
    first = await shop.ask("GET", "/v1/inventory", by=token())
    shop.worker.rows["stock"]["prd_0"] = {"product_id": "prd_0"}
    assert await (await shop.ask("GET", "/v1/inventory", by=token("b"))).json() == (
        await first.json()
    )
    shop.heard("InventoryAdjusted", "prd_1")
    again = await shop.ask("GET", "/v1/inventory", by=token())
    assert len((await again.json())["items"]) == 2


async def test_a_list_with_a_partition_missing_is_not_shown(shop: Shop) -> None:
    shop.worker.partitions = [0, 1, 3]
    response = await shop.ask("GET", "/v1/inventory", by=token())
    assert response.status == 503


@pytest.mark.parametrize("sent", ["{tag}", "W/{tag}", '"x", {tag}', "*"])
async def test_who_has_the_answer_already_gets_no_body(shop: Shop, sent: str) -> None:
    shop.worker.rows["orders"] = {"ord_1": row()}
    tag = (await shop.ask("GET", "/v1/orders/ord_1", by=token())).headers["ETag"]
    had = sent.format(tag=tag)
    response = await shop.ask("GET", "/v1/orders/ord_1", by=token(), If_None_Match=had)
    assert response.status == 304
    head = await shop.ask("HEAD", "/v1/orders/ord_1", by=token())
    assert (head.status, head.headers["ETag"]) == (200, tag)


@pytest.mark.parametrize("path", ["%2e%2e", "%2e", "%ff", "x" * 5_000, "%2F..%2F.."])
async def test_an_odd_id_is_not_found(shop: Shop, path: str) -> None:
    response = await shop.client.get(
        URL(f"/v1/orders/{path}", encoded=True), headers={"Authorization": f"Bearer {token()}"}
    )
    assert response.status == 404


async def test_a_webhook_reaches_no_other_path_of_a_worker(shop: Shop) -> None:
    response = await shop.client.post(
        URL("/webhooks/carriers/..%2F..%2Fquotes", encoded=True), data=b'{"packages": [1]}'
    )
    assert "offers" not in await response.text()
