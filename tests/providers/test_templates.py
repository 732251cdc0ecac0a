"""Templates: every one can be written, nothing of a value becomes HTML or code."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2.exceptions import SecurityError

from events.billing import InvoiceGenerated
from events.fraud import FraudDetected
from events.inventory import LowStockAlert
from events.order_parts import Amendment
from events.orders import OrderAmended, OrderCancelled, OrderConfirmed, OrderFailed
from events.payments import PaymentFailed
from events.refunds import RefundFailed
from events.returns import ReturnInitiated, ReturnReceived
from events.shipping import DeliveryFailed
from events.shipping_parts import RefundEstimate, ReturnedItem, ReturnLabel
from events.subscriptions import (
    SubscriptionRenewedEvent,
    SubscriptionSuspended,
    UserSubscriptionCancelled,
)
from events.types import Address, Customer, OrderItem, Period, Plan, ShippedItem
from providers.templates import FOLDER, NoTemplate, Templates
from streams.alarms import alarm
from streams.notifications.notices import template_of
from streams.notifications.order_facts import (
    alert_raised,
    fraud_detected,
    low_stock,
    order_amended,
    order_cancelled,
    order_confirmed,
    order_failed,
    payment_failed,
    refund_failed,
)
from streams.notifications.parcel_facts import delivery_failed, return_initiated, return_received
from streams.notifications.rules import NotificationRules
from streams.notifications.subscription_facts import (
    invoice_generated,
    subscription_cancelled,
    subscription_renewed,
    subscription_suspended,
)
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


def test_the_day_on_which_a_grace_ends_is_not_named_as_one_that_is_left() -> None:
    """It ends at five past midnight."""
    about = {"plan": "Pro", "graceEndsAt": 1_750_032_300_000}
    mail = TEMPLATES.mail("payment-method-update-needed", "en", about)
    short = TEMPLATES.short("payment-method-update-needed", "en", about).short

    assert all("before 2025-06-16" in words for words in (mail.text, mail.html, short))


@pytest.mark.parametrize(
    ("code", "given", "said"),
    [
        ("CUSTOMER_UNAVAILABLE", {"next_attempt_at": AT}, "The carrier tries again on 2026-03-10."),
        ("CUSTOMER_UNAVAILABLE", {"retriable": False}, "It goes back to us"),
        ("REFUSED", {"retriable": False}, "It goes back to us"),
        ("LOST", {"retriable": False}, "we give back what you paid for what was in it"),
        ("ADDRESS_NOT_FOUND", {"retriable": True}, "Please correct the address of your order"),
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
    ("given", "estimate"),
    [({}, True), ({"reshipping": True}, False), ({"reason": "delivery_failed"}, False)],
)
def test_who_sends_something_back_for_its_price_is_told_the_estimate(
    given: dict[str, Any], *, estimate: bool
) -> None:
    returned = label(**({"reason": "changed_mind"} | given))

    words = TEMPLATES.mail("return-initiated", "en", return_initiated(returned))

    for text in (words.text, words.html):
        assert ("Once it is here, we expect to give back 34.99 USD." in text) == estimate


@pytest.mark.parametrize(
    ("exchange_for", "said"),
    [(None, "Thank you for your order"), ("ord_0", "replace what comes back of your order ord_0")],
)
def test_a_replacement_is_not_told_as_an_order_of_the_customers(
    exchange_for: str | None, said: str
) -> None:
    confirmed = OrderConfirmed(
        order_id="ord_1",
        user_id="cus_1",
        order_items=(OrderItem(product_id="p1", quantity=1, unit_price_minor=3_499),),
        order_total_minor=3_499,
        currency="USD",
        shipping_address=Address(line1="1 Main St", city="New York", state="NY", country="US"),
        shipping_method="standard",
        order_status="confirmed",
        exchange_for=exchange_for,
    )

    words = TEMPLATES.mail("order-confirmed", "en", order_confirmed(confirmed))

    assert said in words.text
    assert said in words.html
    assert "order ord_1" in words.text


def line(product_id: str, before: int, now: int) -> Amendment:
    return Amendment(
        product_id=product_id, previous_quantity=before, new_quantity=now, unit_price_minor=100
    )


@pytest.mark.parametrize(
    ("told", "said", "unsaid"),
    [
        (
            {"amendment_type": "ITEM_ADDED", "amendments": (line("p1", 2, 0), line("s1", 0, 2))},
            ["We are sorry: we could not get p1", "p1: 0 instead of 2", "s1: 2 instead of 0"],
            "item added",
        ),
        (
            {"amendment_type": "ITEM_ADDED", "amendments": (line("p9", 0, 1),)},
            ["was changed (item added)", "p9: 1 instead of 0"],
            "sorry",
        ),
        (
            {"amendment_type": "QUANTITY_CHANGE", "amendments": (line("p1", 2, 1),)},
            ["was changed (quantity change)", "p1: 1 instead of 2"],
            "sorry",
        ),
        (
            {
                "amendment_type": "ITEM_REMOVED",
                "amendments": (line("p1", 2, 0),),
                "cancellation_reason": "OUT_OF_STOCK",
            },
            ["We are sorry: we could not get p1", "You do not", "p1: 0 instead of 2"],
            "another product",
        ),
        (
            {"amendment_type": "ADDRESS_CHANGE", "amendments": ()},
            ["was changed (address change)"],
            "instead",
        ),
    ],
)
def test_what_changed_in_an_order_is_told_product_by_product(
    told: dict[str, Any], said: list[str], unsaid: str
) -> None:
    fields = {"order_id": "ord_1", "user_id": "cus_1", "order_status": "confirmed"}
    money = {"new_order_total_minor": 500, "currency": "USD"}

    words = TEMPLATES.mail(
        "order-amended", "en", order_amended(OrderAmended(**(fields | money | told)))
    )

    for text in (words.text, words.html):
        assert [part for part in [*said, "5.00 USD"] if part not in text] == []
        assert unsaid not in text


@pytest.mark.parametrize(
    ("amount_minor", "said"),
    [
        (500, "The refund of 5.00 USD for your order ord_1 was not made."),
        (0, "The refund for your order ord_1 was not made."),
    ],
)
def test_nobody_is_told_of_a_refund_of_nothing(amount_minor: int, said: str) -> None:
    refused = RefundFailed(
        refund_id="ref_1",
        payment_id="pay_1",
        order_id="ord_1",
        amount_minor=amount_minor,
        currency="USD",
        failure_reason="already_refunded",
        rejected=True,
    )

    words = TEMPLATES.mail("refund-failed", "en", refund_failed(refused))

    assert said in words.text
    assert said in words.html


@pytest.mark.parametrize(
    ("suggested", "said"),
    [(20, "Suggested order: 20."), (0, "No order is suggested."), (None, "No order is suggested.")],
)
def test_an_order_of_nothing_is_not_suggested(suggested: int | None, said: str) -> None:
    low = LowStockAlert(
        product_id="p1",
        warehouse_id="wh_1",
        available_quantity=4,
        reorder_point=5,
        suggested_reorder_quantity=suggested,
    )

    words = TEMPLATES.mail("low-stock-alert", "en", low_stock(low))

    assert said in words.text
    assert said in words.html


def test_an_alarm_tells_an_amount_to_the_cent() -> None:
    stuck = alarm("stuck_payment", ("pay_1",), "pay_1", 12_345.67, "USD", 0)

    words = TEMPLATES.mail("alert-raised", "en", alert_raised(stuck))

    assert "12345.67 USD" in words.text


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
    card = {"subscriptionId": "", "reason": "card declined"}
    facts = {"amount": "1.00", "currency": "USD", **card, **told}

    words = TEMPLATES.mail("payment-failed", "en", facts)

    assert said in words.text
    assert said in words.html


def test_a_reason_that_says_nothing_is_not_told() -> None:
    cancelled = OrderCancelled(
        order_id="ord_1",
        user_id="cus_1",
        cancellation_reason="OTHER",
        order_items=(),
        order_total_minor=100,
        currency="USD",
        order_status="cancelled",
    )
    undelivered = DeliveryFailed(
        shipment_id="shp_1", order_id="ord_1", failure_reason="It failed.", reason_code="OTHER"
    )
    ended = UserSubscriptionCancelled(
        subscription_id="sub_1",
        user_id="cus_1",
        plan=Plan(plan_id="pro", name="Pro"),
        cancellation_reason="other",
        cancelled_by="customer",
        effective_date=AT.date(),
        refund_amount_minor=0,
        subscription_duration_days=1,
    )
    told = {
        "order-cancelled": order_cancelled(cancelled),
        "payment-failed": payment_failed(declined(failure_reason="other")),
        "delivery-failed": delivery_failed(undelivered),
        "user-subscription-cancelled": subscription_cancelled(ended),
    }

    for name, facts in told.items():
        letter, short = TEMPLATES.mail(name, "en", facts), TEMPLATES.short(name, "en", facts)
        for text in (letter.text, letter.html, short.short):
            assert "other" not in text
            assert "reason" not in text
            assert "()" not in text


def test_an_order_that_is_refused_is_told_its_reason_details_and_money_apart() -> None:
    failed = OrderFailed(
        order_id="ord_1",
        user_id="cus_1",
        rejection_reason="INVALID_REQUEST",
        details=("discountCode: unknown",),
    )

    words = TEMPLATES.mail("order-failed", "en", order_failed(failed))

    assert words.text.split("\n\n") == [
        "We could not take your order ord_1. The reason: invalid request.",
        "discountCode: unknown.",
        "We keep none of your money.\n",
    ]


def declined(**told: Any) -> PaymentFailed:
    fields = {
        "payment_id": "pay_1",
        "order_id": "ord_1",
        "amount_minor": 100,
        "currency": "USD",
        "failure_reason": "card_declined",
        "retryable": True,
    }
    return PaymentFailed(**(fields | told))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "Your payment of 1.00 USD for order ord_1 did not"),
        ({"order_id": None, "subscription_id": "s"}, "of 1.00 USD for your subscription did not"),
        ({"order_id": None}, "Your payment of 1.00 USD did not go through"),
    ],
)
def test_a_payment_that_failed_is_told_with_what_it_was_for(
    told: dict[str, Any], said: str
) -> None:
    words = TEMPLATES.mail("payment-failed", "en", payment_failed(declined(**told)))

    assert said in words.text
    assert said in words.html


def test_a_moment_is_written_as_people_read_it() -> None:
    failed = declined(next_retry_at=AT)

    words = TEMPLATES.mail("payment-failed", "en", payment_failed(failed))

    assert "We try again at 2026-03-10 09:00 UTC: please" in words.text
    assert "We try again at 2026-03-10 09:00 UTC: please" in words.html


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


def found(severity: Any, *actions: str) -> FraudDetected:
    return FraudDetected(
        payment_id="pay_1", fraud_type="stolen_card", severity=severity, actions_taken=actions
    )


@pytest.mark.parametrize(
    ("finding", "held", "suspended"),
    [
        (found("high", "payment_held"), True, False),
        (found("high"), True, False),
        (found("high", "payment_blocked"), False, False),
        (found("critical", "payment_blocked", "account_suspended"), False, True),
        (found("critical"), False, True),
    ],
)
def test_who_is_suspected_is_asked_to_confirm_only_a_payment_that_is_held(
    finding: FraudDetected, *, held: bool, suspended: bool
) -> None:
    facts = fraud_detected(finding)

    words = TEMPLATES.mail("fraud-detected", "en", facts)
    short = TEMPLATES.short("fraud-detected", "en", facts)

    assert ("confirm" in words.subject, "confirm" in short.short) == (held, held)
    for text in (words.text, words.html):
        assert ("please confirm it in your account" in text) == held
        assert ("so we did not carry it out." in text) != held
        assert ("Your account is suspended" in text) == suspended


def test_the_security_team_is_told_of_a_payment_without_an_order() -> None:
    words = TEMPLATES.mail("fraud-detected-security", "en", fraud_detected(found("critical")))

    assert "order: none" in words.text
    assert "order: none" in words.html


def test_a_renewal_promises_no_further_payment() -> None:
    """Whoever asked to leave while it was charged leaves on the day that was told as the next."""
    renewed = SubscriptionRenewedEvent(
        subscription_id="sub_1",
        user_id="cus_1",
        plan=Plan(plan_id="pro", name="Pro"),
        period=Period(start=date(2026, 3, 10), end=date(2026, 4, 10)),
        next_billing_date=date(2026, 4, 10),
        payment_id="pay_1",
    )

    words = TEMPLATES.mail("subscription-renewed-event", "en", subscription_renewed(renewed))

    assert words.text == "Your subscription Pro is renewed until 2026-04-10.\n"
    assert "Your subscription Pro is renewed until 2026-04-10." in words.html


def test_a_suspension_counts_no_retries_for_failed_payments() -> None:
    """A card that has expired is never tried again: its customer read that 0 payments failed."""
    suspended = SubscriptionSuspended(
        subscription_id="sub_1",
        user_id="cus_1",
        plan=Plan(plan_id="pro", name="Pro"),
        suspended_at=AT,
        failed_payment_attempts=0,
    )

    words = TEMPLATES.mail("subscription-suspended", "en", subscription_suspended(suspended))

    assert "Pro is suspended, because we could not collect its payment." in words.text
    assert "Pro is suspended, because we could not collect its payment." in words.html


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
