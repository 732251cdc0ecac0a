"""Templates: every one can be written, nothing of a value becomes HTML or code."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2.exceptions import SecurityError

from events.billing import InvoiceGenerated
from events.returns import ReturnInitiated, ReturnReceived
from events.shipping import DeliveryFailed
from events.shipping_parts import RefundEstimate, ReturnedItem, ReturnLabel
from events.types import Customer, ShippedItem
from providers.templates import FOLDER, NoTemplate, Templates
from streams.notifications.notices import template_of
from streams.notifications.parcel_facts import delivery_failed, return_initiated, return_received
from streams.notifications.rules import NotificationRules
from streams.notifications.subscription_facts import invoice_generated
from streams.subscriptions.notices import TEMPLATES as OF_SUBSCRIPTIONS

TEMPLATES = Templates()
AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
NAMES = sorted(path.stem for path in (FOLDER / "en").glob("*.txt"))


def label(**given: Any) -> ReturnInitiated:
    fields = {
        "return_id": "ret_1",
        "shipment_id": "shp_1",
        "order_id": "ord_1",
        "items": (ShippedItem(item_id="ord_1:1", product_id="p1", quantity=1),),
        "customer": Customer(customer_id="cus_1"),
        "return_method": "drop_off",
        "return_label": ReturnLabel(
            carrier="UPS", tracking_number="94R", label_url="https://labels.example.com/1"
        ),
        "refund_estimate": RefundEstimate(amount_minor=3499, currency="USD"),
    }
    return ReturnInitiated(**(fields | given))


def test_every_event_that_is_told_has_a_template() -> None:
    told = {template_of(event) for event in NotificationRules().channels}

    assert told | {"digest", "fraud-detected-security"} | OF_SUBSCRIPTIONS == set(NAMES)


def test_a_time_is_written_as_its_day() -> None:
    about = {"plan": "Pro", "percent": 25, "cycles": 2, "validUntil": 1_750_075_200_000}
    words = TEMPLATES.mail("subscription-save-offer", "en", about)

    assert "The offer stands until 2025-06-16." in words.text
    assert words.subject == "Stay with Pro: 25 % off"


@pytest.mark.parametrize(
    ("code", "given", "said"),
    [
        ("CUSTOMER_UNAVAILABLE", {"next_attempt_at": AT}, "The carrier tries again on 2026-03-10."),
        ("CUSTOMER_UNAVAILABLE", {"retriable": False}, "It goes back to us"),
        ("REFUSED", {"retriable": False}, "It goes back to us"),
        ("LOST", {"retriable": False}, "we give back what you paid for what was in it"),
        ("ADDRESS_NOT_FOUND", {"retriable": True}, "Please look at your order"),
        ("OTHER", {}, "Please look at your order"),
    ],
)
def test_who_did_not_get_a_parcel_is_told_what_becomes_of_it(
    code: str, given: dict[str, Any], said: str
) -> None:
    fields = {"shipment_id": "shp_1", "order_id": "ord_1", "failure_reason": "It failed."}
    failed = DeliveryFailed(reason_code=code, **(fields | given))

    words = TEMPLATES.mail("delivery-failed", "en", delivery_failed(failed))

    asks = "Please look at your order"
    for text in (words.text, words.html):
        assert said in text
        assert (asks in text) == (said == asks)


@pytest.mark.parametrize(
    ("reason", "said", "unsaid"),
    [
        ("changed_mind", ["https://labels.example.com/1", "UPS 94R", "14 days"], "not do anything"),
        ("delivery_failed", ["comes back to us", "need not do anything"], "label"),
    ],
)
def test_who_sends_something_back_gets_the_label_and_who_got_nothing_is_told_so(
    reason: Any, said: list[str], unsaid: str
) -> None:
    words = TEMPLATES.mail("return-initiated", "en", return_initiated(label(reason=reason)))

    for text in (words.text, words.html):
        assert [part for part in said if part not in text] == []
        assert unsaid not in text


@pytest.mark.parametrize(
    ("condition", "refundable", "said"),
    [
        ("new", None, "What follows: refund."),
        ("damaged", True, "What follows: refund."),
        ("damaged", None, "Nothing follows"),
        ("new", False, "Nothing follows"),
    ],
)
def test_nobody_is_promised_anything_for_what_is_not_taken_back(
    condition: Any, *, refundable: bool | None, said: str
) -> None:
    item = ReturnedItem(sku="p1", quantity=1, condition=condition, refundable=refundable)
    came = ReturnReceived(
        return_id="ret_1",
        shipment_id="shp_1",
        order_id="ord_1",
        warehouse_id="wh_1",
        items=(item,),
        resolution="refund",
        received_at=AT,
    )

    words = TEMPLATES.mail("return-received", "en", return_received(came))

    assert said in words.text
    assert said in words.html


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"orderId": "ord_1", "nextRetryAt": "2026-03-10T09:10:00Z"}, "see that it can be paid"),
        ({"orderId": "ord_1", "nextRetryAt": ""}, "We do not try again."),
        ({"orderId": "", "nextRetryAt": ""}, "Please choose another way to pay."),
    ],
)
def test_who_cannot_pay_is_told_what_they_can_do(told: dict[str, str], said: str) -> None:
    facts = {"amount": "1.00", "currency": "USD", "reason": "card declined", **told}

    words = TEMPLATES.mail("payment-failed", "en", facts)

    assert said in words.text
    assert said in words.html


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("issued", "is due on 2026-03-24."),
        ("sent", "is due on 2026-03-24."),
        ("overdue", "is overdue since 2026-03-24."),
        ("paid", "is paid."),
        ("cancelled", "is cancelled: nothing is to be paid."),
    ],
)
def test_an_invoice_is_told_as_it_stands(status: Any, said: str) -> None:
    told = InvoiceGenerated(
        invoice_id="inv_1",
        invoice_number="INV-2026-00001",
        customer_id="cus_1",
        type="subscription",
        line_items=(),
        subtotal_minor=2_999,
        tax_minor=240,
        total_minor=3_239,
        currency="USD",
        due_date="2026-03-24",
        status=status,
    )

    words = TEMPLATES.mail("invoice-generated", "en", invoice_generated(told))

    assert said in words.text
    assert said in words.html


@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_its_html(name: str) -> None:
    assert (FOLDER / "en" / f"{name}.html").exists()


def test_a_value_never_becomes_html() -> None:
    words = TEMPLATES.mail("inventory-adjusted", "en", {"product": "<script>alert(1)</script>"})

    assert "<script>" not in words.html
    assert "&lt;script&gt;" in words.html
    assert "<script>alert(1)</script> is back in stock." in words.text


def test_a_value_is_never_run_as_a_template() -> None:
    words = TEMPLATES.mail("inventory-adjusted", "en", {"product": "{{ 7 * 7 }}"})

    assert "{{ 7 * 7 }} is back in stock." in words.text
    assert "49" not in words.html


def test_a_value_with_line_breaks_stays_one_line_of_subject() -> None:
    words = TEMPLATES.short("inventory-adjusted", "en", {"product": "Lamp\r\nBcc: thief@x.y"})

    assert words.subject == "Lamp Bcc: thief@x.y is back in stock"


@pytest.mark.parametrize(
    "name", ["nobody-wrote-me", "../en/digest", "en/digest", "layout.html", "", "Digest"]
)
def test_only_templates_of_the_folder_are_found(name: str) -> None:
    with pytest.raises(NoTemplate):
        TEMPLATES.mail(name, "en", {"entries": []})


def test_a_missing_value_is_an_error_that_names_it() -> None:
    with pytest.raises(NoTemplate, match="product"):
        TEMPLATES.short("inventory-adjusted", "en", {})


def test_a_language_that_is_not_there_is_english(tmp_path: Path) -> None:
    for locale, text in (("en", "Hello"), ("de", "Hallo")):
        (tmp_path / locale).mkdir()
        block = "{{% block {} %}}" + text + "{{% endblock %}}"
        (tmp_path / locale / "hi.txt").write_text(block.format("subject") + block.format("short"))
    templates = Templates(tmp_path)

    def said(locale: str) -> str:
        return templates.short("hi", locale, {}).short

    assert (said("de-AT"), said("de_AT"), said("fr"), said("../de")) == (
        "Hallo",
        "Hallo",
        "Hello",
        "Hello",
    )


def test_a_template_cannot_leave_its_sandbox(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    block = "{{% block {} %}}{{{{ ''.__class__.__mro__ }}}}{{% endblock %}}"
    (tmp_path / "en" / "evil.txt").write_text(block.format("subject") + block.format("short"))

    with pytest.raises(NoTemplate) as told:
        Templates(tmp_path).short("evil", "en", {})

    assert isinstance(told.value.__cause__, SecurityError)
