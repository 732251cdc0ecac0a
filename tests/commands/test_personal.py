"""Records as operators see them: what is wrong shows, who somebody is does not."""

import json

import pytest
from pydantic import BaseModel

from commands.personal import PERSONAL, masked
from events.notifications import NotificationRecipient
from events.order_parts import GiftDetails
from events.shipping_parts import ProofOfDelivery
from events.types import Address, OrderPayment, PaymentMethod

ORDER = {
    "eventType": "PlaceOrder",
    "data": {
        "orderId": "ord_1",
        "customer": {"customerId": "cus_1", "name": "Ann Smith", "email": "ann@example.com"},
        "orderItems": [{"productId": "p1", "name": "Mug", "quantity": 0}],
        "shippingAddress": {"street": "12 Elm Road", "city": "Leeds", "zip": "LS1", "country": "X"},
        "payment": {"method": "paypal", "token": "EC-77", "paypalPayerId": "PAYER7"},
        "resetToken": {"value": "opens the account"},
        "cancellationNote": "my number is on the door",
    },
}
WHO = ("Ann Smith", "ann@", "12 Elm", "Leeds", "LS1", "EC-77", "PAYER7", "opens", "the door")


def test_who_somebody_is_does_not_show_and_what_is_wrong_does() -> None:
    shown = masked(json.dumps(ORDER))

    assert [word for word in WHO if word in shown] == []
    data = json.loads(shown)["data"]
    assert data["orderItems"] == ORDER["data"]["orderItems"]
    assert data["customer"] == {"customerId": "cus_1", "name": "***", "email": "***"}
    assert data["shippingAddress"]["country"] == "X"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"orderId" :1}', '{"orderId" :1}'),
        ("no json of ann@example.com", "no json of a***@***"),
        ('{"line1": null, "email": ""}', '{"line1": null, "email": ""}'),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_what_names_nobody_shows_as_it_came(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("part", "open_fields"),
    [
        (Address, {"state", "region", "country"}),
        (PaymentMethod, {"type", "brand", "last4", "cardLastFour", "last_four", "expiryMonth",
                         "expiryYear", "walletType"}),
        (OrderPayment, {"paymentId", "method", "paymentMethod", "type", "status", "amount",
                        "transactionId", "cardLastFour"}),
        (NotificationRecipient, {"customerId"}),
        (ProofOfDelivery, set[str]()),
        (GiftDetails, {"giftWrapping", "giftWrappingCost", "hidePrice"}),
    ],
)  # fmt: skip
def test_every_field_that_tells_who_somebody_is_is_known(
    part: type[BaseModel], open_fields: set[str]
) -> None:
    fields = part.model_fields.values()
    named = {
        str(name)
        for one in fields
        for name in getattr(one.validation_alias, "choices", [one.validation_alias])
    }

    assert named - PERSONAL == open_fields
