"""Changes that go ahead only while the object is as the caller last saw it (RFC 9110, G-4)."""

from typing import Any

import pytest

from tests.gateway.conftest import Shop, everything, row, token

CANCEL = {"cancellationReason": "CUSTOMER_REQUEST"}
AMEND: dict[str, Any] = {
    "amendmentType": "ADDRESS_CHANGE",
    "newAddress": {"line1": "1 Main", "city": "Chicago", "state": "IL", "country": "US"},
}


async def tag_of(shop: Shop) -> str:
    return (await shop.ask("GET", "/v1/orders/ord_1", by=token())).headers["ETag"]


async def cancelled(shop: Shop, if_match: str) -> Any:
    return await shop.ask("POST", "/v1/orders/ord_1/cancel", CANCEL, by=token(), If_Match=if_match)


async def test_the_tag_that_was_read_is_the_one_to_send_back(shop: Shop) -> None:
    shop.worker.rows["orders"] = {"ord_1": row(version=3)}
    tag = await tag_of(shop)
    assert (await cancelled(shop, tag)).status == 202
    shop.worker.rows["orders"] = {"ord_1": row(version=4)}
    stale = await cancelled(shop, tag)
    assert (stale.status, (await stale.json())["code"]) == (412, "VERSION_CONFLICT")
    assert (await cancelled(shop, stale.headers["ETag"])).status == 202
    assert len(shop.kafka.sent) == 2


@pytest.mark.parametrize(
    ("if_match", "status"),
    [("3", 202), ('"3"', 202), ("*", 202), ('"2", "3"', 202), ("2", 412), ('"2"', 412),
     ('W/"3"', 412), ("v3", 412), ('"', 412)],
)  # fmt: skip
async def test_the_version_may_be_sent_instead(shop: Shop, if_match: str, status: int) -> None:
    shop.worker.rows["orders"] = {"ord_1": row(version=3)}
    assert (await cancelled(shop, if_match)).status == status
    assert len(shop.kafka.sent) == (status == 202)


async def test_staff_and_owner_see_one_tag(shop: Shop) -> None:
    shop.worker.rows["orders"] = {"ord_1": row(version=3)}
    staff = token("agent", "customer_service", "orders:read")
    seen = await shop.ask("GET", "/v1/orders/ord_1", by=staff)
    assert seen.headers["ETag"] == await tag_of(shop)


async def test_the_version_that_was_compared_goes_with_the_amendment(shop: Shop) -> None:
    shop.worker.rows["orders"] = {"ord_1": row(version=3)}
    tag = await tag_of(shop)
    response = await shop.ask("PATCH", "/v1/orders/ord_1", AMEND, by=token(), If_Match=tag)
    assert response.status == 202, await response.text()
    await shop.ask("PATCH", "/v1/orders/ord_1", AMEND, by=token())
    assert [message.expected_version for message, _, _ in shop.kafka.sent] == [3, None]


async def test_a_version_in_the_body_that_is_over_is_a_conflict(shop: Shop) -> None:
    shop.worker.rows["orders"] = {"ord_1": row(version=3)}
    for version, status in ((2, 409), (3, 202)):
        body = {**AMEND, "expectedVersion": version}
        response = await shop.ask("PATCH", "/v1/orders/ord_1", body, by=token())
        assert response.status == status


async def test_nobody_relies_on_a_comparison_that_is_not_made(shop: Shop) -> None:
    shop.worker.rows = everything("sub_1")
    path = "/v1/subscriptions/sub_1/pause"
    response = await shop.ask("POST", path, {}, by=token(), If_Match='"1"')
    assert response.status == 400
    assert not shop.kafka.sent


@pytest.mark.parametrize(
    ("path", "verb"), [("/v1/payments/x", "refund"), ("/v1/shipments/x", "cancel")]
)
async def test_payments_and_parcels_are_changed_as_they_were_seen_too(
    shop: Shop, path: str, verb: str
) -> None:
    shop.worker.rows = everything("x")
    scopes = [f"{path.split('/')[2]}:{right}" for right in ("read", "write")]
    by = token("agent", "customer_service", *scopes, mfa=True)
    tag = (await shop.ask("GET", path, by=by)).headers["ETag"]
    statuses = [
        (await shop.ask("POST", f"{path}/{verb}", {"reason": "r"}, by=by, If_Match=told)).status
        for told in (tag, "*", '"older"', '""')
    ]
    assert statuses == [202, 202, 412, 412]
