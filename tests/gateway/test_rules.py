"""The gateway's figures are the contract's, and each is used where the contract has it."""

import asyncio
from dataclasses import asdict
from typing import Any

import pytest

from gateway.routes import LISTINGS, LOOKS, ROUTES
from gateway.server import HEARD
from settings.gateway import GatewayRules
from tests.gateway.conftest import Shop, paid_for, row, token


def test_the_figures_are_the_contracts() -> None:
    assert asdict(GatewayRules()) == {
        # G-2
        "clock_skew_ms": 60_000,
        # G-3, a minute
        "anonymous_per_min": 60,
        "customer_per_min": 120,
        "premium_per_min": 240,
        "partner_reads_per_min": 100 * 60,
        "partner_writes_per_min": 100 * 60,
        "checkouts_per_min": 10,
        "address_per_min": 12_000,  # Ours: the contract has no figure.
        "burst_ms": 2_000,
        "burst_min": 10,
        "concurrent_max": 50,
        "principals_max": 100_000,  # Ours.
        # G-4
        "body_bytes_max": 2**20,
        "page_size": 20,
        "page_size_max": 100,
        # G-5
        "inventory_status_ttl_ms": 2_000,
        "inventory_list_ttl_ms": 5_000,
        "order_ttl_ms": 1_000,
        "shipment_ttl_ms": 10_000,
        "payment_open_ttl_ms": 2_000,
        "payment_ended_ttl_ms": 60_000,
        "absent_ttl_ms": 1_000,
        "answers_bytes_max": 64 * 2**20,  # Ours.
        # G-6
        "probe_every_ms": 5_000,
        "probes_out": 3,
        "probes_in": 2,
        "read_timeout_ms": 2_000,
        "write_timeout_ms": 5_000,
        "breaker_window_ms": 10_000,
        "breaker_calls_min": 20,
        "breaker_failures": 0.5,
        "breaker_open_ms": 30_000,
        "breaker_probes": 3,
        # G-7
        "order_wait_ms": 2_000,
        "accepted_kept_ms": 600_000,  # Ours.
        "accepted_max": 10_000,  # Ours.
        "key_length_max": 255,
        "key_kept_ms": 24 * 3_600_000,
        "keys_bytes_max": 128 * 2**20,  # Ours.
    }


def test_each_answer_is_served_again_for_as_long_as_its_kind_may_be() -> None:
    rules = GatewayRules()

    assert {one.path: one.ttl_ms(rules) for one in (*LOOKS, *LISTINGS)} == {
        "/v1/orders/{id}": 1_000,
        "/v1/inventory/{id}/status": 2_000,
        "/v1/payments/{id}": 2_000,
        "/v1/payments/{id}/status": 2_000,
        "/v1/shipments/{id}": 10_000,
        "/v1/subscriptions/{id}/status": 0,
        "/v1/notifications/{id}": 0,
        "/v1/orders": 0,
        "/v1/inventory": 5_000,
        "/v1/users/{id}/notifications": 0,
    }


def test_events_of_whatever_is_shown_make_its_answers_stale() -> None:
    assert {spec.name for spec in HEARD} == {
        "orders.{env}.events",
        "inventory.{env}.events",
        "payments.{env}.events",
        "shipping.{env}.events",
    }


FEW = {"service", "store_manager", "admin"}


def test_what_only_some_may_do_asks_for_their_role_and_where_it_matters_a_second_factor() -> None:
    assert {r.path: (set(r.roles), r.mfa) for r in ROUTES if r.roles or r.mfa} == {
        "/v1/inventory": (FEW, True),
        "/v1/inventory/{id}": ({"admin"}, True),
        "/v1/payments/{id}/refund": ({"customer_service", "admin"}, True),
        "/v1/payments/{id}/chargeback": ({"admin"}, True),
        "/v1/shipments": ({"service", "admin"}, False),
        "/v1/shipments/{id}/status": ({"service", "admin"}, False),
        "/v1/shipments/{id}/cancel": ({"customer_service", "store_manager", "admin"}, False),
        "/v1/shipments/{id}/return-label": ({"customer_service", "store_manager", "admin"}, False),
        "/v1/fraud/check": ({"service", "admin"}, False),
        "/v1/fraud/override/{id}": ({"admin"}, True),
        "/v1/fraud/suspensions/{id}/clear": ({"admin"}, True),
    }
    [correct] = [r for r in ROUTES if (r.verb, r.path) == ("PUT", "/v1/inventory/{id}")]
    assert (correct.roles, correct.mfa) == ({"store_manager", "admin"}, True)


class TestRates:
    """Little burst, so that the second request or so says what the rate is."""

    @pytest.fixture
    def rules(self) -> GatewayRules:
        return GatewayRules(burst_min=2, burst_ms=30, address_per_min=600_000)

    @pytest.mark.parametrize(
        ("role", "verb", "per_min"),
        [
            (None, "GET", 60),
            ("customer", "GET", 120),
            ("customer", "POST", 120),
            ("premium", "GET", 240),
            ("customer_service", "GET", 240),
            ("store_manager", "GET", 240),
            ("admin", "GET", 240),
            ("partner", "GET", 6_000),
            ("partner", "POST", 6_000),
            ("service", "GET", 6_000),
        ],
    )
    async def test_each_role_has_the_rate_of_the_contract(
        self, shop: Shop, role: str | None, verb: str, per_min: int
    ) -> None:
        by = None if role is None else token("one", role)

        for _ in range(20):
            response = await shop.ask(verb, "/v1/returns", by=by)
            if response.status == 429:
                break

        said = await response.json()
        assert said["detail"].startswith(f"at most {per_min} requests a minute")
        assert response.headers["RateLimit-Reset"] == ("1" if per_min >= 120 else "2")

    async def test_a_providers_webhooks_are_many_for_one_without_a_token(self, shop: Shop) -> None:
        statuses = {(await shop.ask("POST", "/webhooks/stripe", {})).status for _ in range(3)}

        assert statuses == {200}


class TestOneAddress:
    """What one address may try before anybody looks at its token."""

    @pytest.fixture
    def rules(self) -> GatewayRules:
        return GatewayRules(burst_min=2, burst_ms=0, address_per_min=1)

    async def test_an_address_waits_whoever_it_says_it_is(self, shop: Shop) -> None:
        told = [await shop.ask("GET", "/v1/orders?limit=1", by=token(f"cus_{n}")) for n in range(3)]

        assert [one.status for one in told] == [200, 200, 429]
        assert (await told[-1].json())["detail"].startswith("at most 1 requests a minute")


class TestAtOnce:
    """One request of a principal under way at a time, whatever it is."""

    @pytest.fixture
    def rules(self) -> GatewayRules:
        return GatewayRules(burst_min=1_000, concurrent_max=1, body_bytes_max=1_000)

    async def test_a_further_request_is_told_to_wait_and_another_customers_is_not(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, done = asyncio.Event(), asyncio.Event()

        async def send(*_: Any) -> None:
            begun.set()
            await done.wait()

        monkeypatch.setattr(shop.kafka, "send", send)
        shop.worker.rows = ROWS
        cancel = {"cancellationReason": "CUSTOMER_REQUEST"}
        first = asyncio.create_task(shop.ask("POST", "/v1/orders/x/cancel", cancel, by=token()))
        await begun.wait()

        further = await shop.ask("GET", "/v1/orders/x", by=token())
        others = await shop.ask("GET", "/v1/orders?limit=1", by=token("cus_2"))
        done.set()

        assert (further.status, (await further.json())["code"]) == (429, "TOO_MANY_AT_ONCE")
        assert further.headers["Retry-After"] == "1"
        assert others.status == 200
        assert (await first).status == 202
        assert (await shop.ask("GET", "/v1/orders/x", by=token())).status == 200

    async def test_a_body_has_the_bytes_of_the_setting_and_no_more(self, shop: Shop) -> None:
        statuses = [
            (await shop.ask("POST", "/v1/orders", {"x": "y" * many}, by=token())).status
            for many in (1_000 - len('{"x": ""}'), 1_001 - len('{"x": ""}'))
        ]

        assert statuses == [400, 413]


ROWS: dict[str, dict[str, Any]] = {
    "orders": {"x": row("x")},
    "payments": {"pay_x": paid_for()},
    "shipments": {"x": {"shipment_id": "x", "user_id": "cus_1"}},
    "subscription_statuses": {
        "cus_1": {
            "subscription_id": "sub_1",
            "user_id": "cus_1",
            "subscription_status": "active",
            "state": "active",
            "plan_id": "plan_monthly_pro",
            "billing_frequency": "monthly",
            "next_billing_date": "2026-02-28",
        }
    },
    "notification_ids": {"x": "cus_1\x1f1\x1fx"},
    "notifications": {"cus_1\x1f1\x1fx": {"notification_id": "x", "user_id": "cus_1"}},
}


@pytest.mark.parametrize("role", ["customer", "premium", "partner"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/orders/x",
        "/v1/payments/pay_x",
        "/v1/payments/x/status",
        "/v1/shipments/x",
        "/v1/subscriptions/cus_1/status",
        "/v1/notifications/x",
        "/v1/users/cus_1/notifications",
    ],
)
async def test_only_staff_finds_what_is_anothers(shop: Shop, path: str, role: str) -> None:
    shop.worker.rows = ROWS

    assert (await shop.ask("GET", path, by=token("cus_1", role))).status == 200
    assert (await shop.ask("GET", path, by=token("cus_2", role))).status == 404
    assert (await shop.ask("GET", path, by=token("cus_2", "customer_service"))).status == 200


async def test_a_refusal_has_the_fields_of_problem_details_and_the_contracts(shop: Shop) -> None:
    response = await shop.ask("GET", "/v1/orders/y", by=token())
    body = await response.json()

    assert response.content_type == "application/problem+json"
    assert body.pop("detail") == body.pop("message") == "there is no y among the orders"
    assert body == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "NOT_FOUND",
        "details": [],
        "traceId": response.headers["X-Correlation-Id"],
    }
