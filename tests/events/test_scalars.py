import json

import pytest
from pydantic import TypeAdapter, ValidationError

from events.refunds import RecordChargeback
from events.scalars import Currency
from events.shipping_parts import Dimensions, Package


def test_a_currency_is_put_into_upper_case() -> None:
    assert TypeAdapter(Currency).validate_python("usd") == "USD"
    with pytest.raises(ValidationError):
        TypeAdapter(Currency).validate_python("us")


@pytest.mark.parametrize("weight_kg", [-0.001, -5])
def test_nothing_weighs_less_than_nothing(weight_kg: float) -> None:
    with pytest.raises(ValidationError, match="weightKg"):
        Package.model_validate_json(f'{{"packageId": "1", "weightKg": {weight_kg}}}')


@pytest.mark.parametrize("side", ["lengthCm", "widthCm", "heightCm"])
def test_no_side_of_a_parcel_is_shorter_than_nothing(side: str) -> None:
    sides = {"lengthCm": 10, "widthCm": 10, "heightCm": 10, side: -10}

    with pytest.raises(ValidationError, match=side):
        Dimensions.model_validate_json(json.dumps(sides))


def test_a_bank_that_claims_nothing_disputes_nothing() -> None:
    claim = {"paymentId": "pay_1", "chargebackReference": "cb_1", "reason": "fraudulent"}

    with pytest.raises(ValidationError, match="amountMinor"):
        RecordChargeback.model_validate_json(json.dumps(claim | {"amountMinor": 0}))
