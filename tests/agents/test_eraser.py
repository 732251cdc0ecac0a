"""An erasure leaves nothing of a person in any table, and everything else as it was."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from agents.erasing import ALSO, ARCHIVED, BY_CUSTOMER, BY_ORDER, DROPPED
from app import agents_of
from events.erasure import EraseCustomer
from events.inventory import AddInventory
from events.notifications import NotificationRecipient, SendNotification
from events.orders import LegacyOrderArchived, OrderConfirmed, PlaceOrder
from events.payment_ids import PAYMENT_PREFIX
from events.payments import PaymentInitiated
from events.registrations import UserSignedUpEvent
from events.returns import CreateReturnLabel
from events.shipment_ids import SHIPMENT_PREFIX
from events.subscriptions import CancelSubscription, SubscribeUser
from events.types import (
    Address,
    Customer,
    Geo,
    OrderItem,
    OrderPayment,
    PaymentMethod,
    RiskContext,
)
from settings import Settings
from streams.erasure.rules import ErasureRules
from streams.moments import DAY_MS
from streams.notifications.rows import Preferences
from streams.orders.rules import OrderRules
from tables.erasure import ERASURES
from tables.notifications import (
    CONTACTS,
    NOTIFICATIONS,
    PREFERENCES,
    WATCHED,
    WATCHERS,
)
from tables.orders import ORDERS
from tables.pairs import pair_key
from tables.payments import PAYMENTS
from tables.shipping import FULFILMENTS, SHIPMENTS
from tests.agents.subscription_desk import Shop
from topics import ERASURE_STEPS

ANN, BOB = "usr_ann", "usr_bob"


def known_of(person: str) -> set[str]:
    """Values that tell who somebody is, wherever they stand."""
    return {
        f"{person}@example.com",
        f"{person} lane 12",
        f"{person} bill street",
        f"{person}ville",
        f"{person}-12345",
        f"tok_{person}_order",
        f"tok_{person}_plan",
        f"pay.{person}@example.com",
        f"device_{person}",
        {ANN: "+442071838750", BOB: "+442071838751"}[person],
    }


def address(person: str, street: str = "lane 12") -> Address:
    return Address(
        line1=f"{person} {street}",
        city=f"{person}ville",
        postal_code=f"{person}-12345",
        country="GB",
    )


def order(person: str, number: int, *, method: str = "credit_card") -> PlaceOrder:
    card = {"token": f"tok_{person}_order"}
    paypal = {"paypal_email": f"pay.{person}@example.com", "token": f"tok_{person}_order"}
    return PlaceOrder(
        order_id=f"ord_{person}_{number}",
        user_id=person,
        customer=Customer(
            customer_id=person,
            email=f"{person}@example.com",
            phone={ANN: "+442071838750", BOB: "+442071838751"}[person],
        ),
        order_items=(OrderItem(product_id="p1", quantity=1, unit_price_minor=1_000),),
        shipping_address=address(person),
        billing_address=address(person, "bill street"),
        payment=OrderPayment(method=method, **(paypal if method == "paypal" else card)),
        risk=RiskContext(
            previous_orders=20,
            device_id=f"device_{person}",
            ip_address="203.0.113.7",
            ip_country="GB",
            geo=Geo(latitude=51.5, longitude=-0.1),
        ),
    )


def life(person: str) -> list[Any]:
    """Everything that leaves a trace: an account, a subscription with goods, two orders."""
    return [
        UserSignedUpEvent(
            user_id=person,
            email=f"{person}@example.com",
            signup_method="email",
            profile={"phone": {ANN: "+442071838750", BOB: "+442071838751"}[person]},
            verification={"phoneVerified": True},
        ),
        SubscribeUser(
            user_id=person,
            plan_id="plan_save_monthly",
            payment_method_id=f"tok_{person}_plan",
            items=(OrderItem(product_id="p1", quantity=1, unit_price_minor=1_000),),
            shipping_address=address(person),
        ),
        order(person, 1),
        order(person, 2, method="paypal"),
    ]


@pytest.fixture
def shop() -> Shop:
    return lived(Settings(partitions=3), ANN, BOB)


def lived(settings: Settings, *people: str) -> Shop:
    """A shop four days after these came."""
    made = Shop(whole=settings)
    made.tell(AddInventory(product_id="p1", quantity=100, warehouse_id="wh_1"))
    made.tell(*[one for person in people for one in life(person)])
    made.driver.advance(4 * DAY_MS, step_ms=3_600_000)
    return made


def stored(shop: Shop) -> dict[bytes, bytes]:
    """Every row of every table and partition, as the store and the changelog have it."""
    return {
        b"%d:" % partition + key: value
        for partition, lane in enumerate(shop.driver._lanes)
        for key, value in lane.store.range(b"", b"\xff" * 8)
    }


def traces(shop: Shop, person: str) -> dict[bytes, set[str]]:
    """Rows in which something tells who somebody is."""
    words = known_of(person)
    found = {
        key: {word for word in words if word.encode() in key + value}
        for key, value in stored(shop).items()
    }
    return {key: told for key, told in found.items() if told}


def leave(shop: Shop, person: str) -> Shop:
    """End the subscription and let everything arrive."""
    [subscription_id] = {
        e.data.subscription_id
        for e in shop.said("UserSubscriptionStarted")
        if e.data.user_id == person
    }
    shop.tell(
        CancelSubscription(
            user_id=person,
            subscription_id=subscription_id,
            reason="policy_violation",
            requested_by="support",
            note=f"{person}@example.com answers no more",
        )
    )
    shop.driver.advance(9 * DAY_MS, step_ms=6 * 3_600_000)
    return shop


def erase(shop: Shop, person: str) -> Shop:
    shop.tell(EraseCustomer(customer_id=person, requested_by="support"))
    shop.driver.advance(10 * 60_000, step_ms=60_000)
    return shop


def test_before_an_erasure_every_trace_is_there(shop: Shop) -> None:
    """Otherwise the tests below would find nothing whatever happened."""
    told = set[str]().union(*traces(shop, ANN).values())
    tables = {key.split(b"\x00")[0].partition(b":")[2].decode() for key in traces(shop, ANN)}

    assert known_of(ANN) - told <= {f"tok_{ANN}_order"}, "tokens go when nothing can be charged"
    assert {"orders", "payments", "shipments", "contacts", "notifications", "subscriptions",
            "invoices", "order_buyers", "risk_profiles"} <= tables  # fmt: skip


def test_nothing_of_the_person_is_left_in_any_table_and_amounts_stay(shop: Shop) -> None:
    leave(shop, ANN)
    before, of_bob = stored(shop), traces(shop, BOB)
    orders, payments = shop.driver.rows(ORDERS), shop.driver.rows(PAYMENTS)

    erase(shop, ANN)

    assert traces(shop, ANN) == {}
    assert traces(shop, BOB) == of_bob
    assert [e.data.customer_id for e in shop.said("CustomerErased")] == [ANN]
    for order_id, was in orders.items():
        now = shop.driver.rows(ORDERS)[order_id]
        assert (now.user_id, now.total_minor, now.lines, now.history) == (
            was.user_id,
            was.total_minor,
            was.lines,
            was.history,
        )
        assert now.shipping_address.country == "GB"
    for payment_id, paid in payments.items():
        left = shop.driver.rows(PAYMENTS)[payment_id]
        assert (left.session.amount_minor, left.captured_minor) == (
            paid.session.amount_minor,
            paid.captured_minor,
        )
    gone = {key.split(b"\x00")[0].partition(b":")[2] for key in before.keys() - stored(shop)}
    assert {b"contacts", b"preferences", b"watch_lists"} <= gone


def test_a_round_erases_no_more_rows_than_it_may_and_the_next_takes_the_others() -> None:
    shop = leave(lived(Settings(partitions=3, erasure=ErasureRules(rows_max=7)), ANN), ANN)

    erase(shop, ANN)

    steps = [msgspec.json.decode(one.value or b"") for one in shop.driver.outputs(ERASURE_STEPS)]
    rows = [step["rows"] for step in steps if step.get("rows")]
    assert max(rows) == 7
    assert rows.count(7) > 3
    assert traces(shop, ANN) == {}
    assert shop.driver.rows(ERASURES)[ANN].rows == sum(rows)


def test_of_an_order_in_the_archive_its_payment_stays_and_nothing_of_its_customer() -> None:
    settings = Settings(partitions=3, orders=OrderRules(archive_ms=30 * DAY_MS))
    shop = leave(lived(settings, ANN), ANN)
    paid = shop.driver.rows(PAYMENTS)[f"pay_ord_{ANN}_1"]

    shop.driver.advance(40 * DAY_MS, step_ms=DAY_MS)
    erase(shop, ANN)

    assert shop.driver.rows(ORDERS) == {}
    assert traces(shop, ANN) == {}
    assert [t.name for t in ARCHIVED if shop.driver.rows(t)] == []
    left = shop.driver.rows(PAYMENTS)[f"pay_ord_{ANN}_1"]
    assert (left.captured_minor, left.session.order_id) == (
        paid.captured_minor,
        f"ord_{ANN}_1",
    )


def test_an_archive_that_tells_of_an_order_of_ours_takes_nothing_from_it(shop: Shop) -> None:
    before = stored(shop)

    shop.tell(
        LegacyOrderArchived(
            order_id=f"ord_{ANN}_1",
            customer_id=ANN,
            location={},
            line_items=(),
            archived_at=datetime(2025, 2, 4, tzinfo=UTC),
        )
    )

    after = stored(shop)
    assert {key for key in after.keys() ^ before.keys() if b":\x00" not in key} == set()
    assert traces(shop, ANN) != {}


def test_open_business_keeps_what_it_needs_until_it_ends(shop: Shop) -> None:
    shop.tell(order(ANN, 3))

    erase(shop, ANN)

    row = shop.driver.rows(ERASURES)[ANN]
    assert (row.open, row.erased_at_ms) == (2, 0), "an order under way, and a subscription"
    assert shop.driver.rows(ORDERS)[f"ord_{ANN}_3"].shipping_address.line1 == f"{ANN} lane 12"
    assert shop.driver.rows(ORDERS)[f"ord_{ANN}_1"].shipping_address.line1 == ""

    leave(shop, ANN)

    assert traces(shop, ANN) == {}
    assert shop.driver.rows(ERASURES)[ANN].erased_at_ms > 0


def test_what_a_subscription_brought_while_its_end_was_waited_for_goes_with_it(shop: Shop) -> None:
    erase(shop, ANN)
    shop.driver.advance(40 * DAY_MS, step_ms=12 * 3_600_000)
    brought = [row for row in shop.driver.rows(ORDERS).values() if row.subscription_id]

    leave(shop, ANN)

    assert len([row for row in brought if row.user_id == ANN]) == 2
    assert traces(shop, ANN) == {}


def test_asked_twice_it_is_done_once_and_asked_later_once_more(shop: Shop) -> None:
    leave(shop, ANN)

    shop.tell(*[EraseCustomer(customer_id=ANN, requested_by="support")] * 2)
    shop.driver.advance(10 * 60_000, step_ms=60_000)
    assert len(shop.said("CustomerErased")) == 1

    shop.tell(order(ANN, 4))
    shop.driver.advance(4 * DAY_MS, step_ms=3_600_000)
    assert traces(shop, ANN) != {}, "whoever comes back is known again"
    erase(shop, ANN)

    assert traces(shop, ANN) == {}
    assert len({e.event_id for e in shop.said("CustomerErased")}) == 2


def test_an_erasure_of_nobody_ends_at_once(shop: Shop) -> None:
    before = stored(shop)

    shop.tell(EraseCustomer(customer_id="usr_nobody", requested_by="support"))

    [event] = shop.said("CustomerErased")
    assert event.data.rows == 0
    changed = {key for key in stored(shop).keys() ^ before.keys() if b":\x00" not in key}
    assert all(b"erasures" in key for key in changed), "but for how far topics were read"


def test_a_worker_that_dies_between_any_two_commits_erases_all_the_same(shop: Shop) -> None:
    leave(shop, ANN)
    shop.driver.chunk_max = 1

    shop.tell(EraseCustomer(customer_id=ANN, requested_by="support"))
    for _ in range(10):
        shop.driver.restart().advance(30_000)

    assert traces(shop, ANN) == {}
    assert len(shop.said("CustomerErased")) == 1


def test_further_payments_and_parcels_of_an_order_are_erased_too(shop: Shop) -> None:
    leave(shop, ANN)
    for lane in shop.driver._lanes:
        for name, prefix in (("payments", "pay_"), ("shipments", "shp_")):
            table = lane.processor.tables[name]
            row = table.get(f"{prefix}ord_{ANN}_2")
            if row is not None:
                table[f"{prefix}ord_{ANN}_2:2"] = row

    erase(shop, ANN)

    assert f"pay_ord_{ANN}_2:2" in shop.driver.rows(PAYMENTS)
    assert traces(shop, ANN) == {}


def opened(person: str, payment_id: str, **fields: Any) -> PaymentInitiated:
    """A payment as somebody opens one through the API: no order's name, and no invoice."""
    return PaymentInitiated(
        payment_id=payment_id,
        customer_id=person,
        amount_minor=500,
        currency="GBP",
        payment_method=PaymentMethod(
            type="paypal",
            token=f"tok_{person}_order",
            paypal_email=f"pay.{person}@example.com",
            paypal_payer_id=f"{person}-12345",
        ),
        **fields,
    )


def test_payments_that_no_order_is_named_in_are_erased_too(shop: Shop) -> None:
    shop.tell(opened(ANN, "pay_0a1b"), opened(ANN, "pay_2c3d", order_id=f"ord_{ANN}_1"))
    shop.tell(opened(BOB, "pay_4e5f"))
    of_bob = traces(leave(shop, ANN), BOB)

    erase(shop, ANN)

    assert traces(shop, ANN) == {}
    assert traces(shop, BOB) == of_bob
    assert shop.driver.rows(PAYMENTS)["pay_0a1b"].captured_minor == 500


def test_a_payment_that_may_still_be_charged_keeps_its_way_to_pay(shop: Shop) -> None:
    leave(shop, ANN)
    shop.tell(opened(ANN, "pay_0a1b", order_id=f"ord_{ANN}_1"))

    erase(shop, ANN)

    row = shop.driver.rows(ERASURES)[ANN]
    assert (row.open, row.erased_at_ms) == (1, 0)
    assert shop.driver.rows(PAYMENTS)["pay_0a1b"].session.method.paypal_payer_id

    shop.driver.advance(9 * DAY_MS, step_ms=6 * 3_600_000)

    assert traces(shop, ANN) == {}
    assert shop.driver.rows(ERASURES)[ANN].erased_at_ms > 0


def of_another_system(person: str, order_id: str) -> list[Any]:
    """An order as another system tells of one, with its payment: no PlaceOrder came to us."""
    item = OrderItem(product_id="p1", quantity=1, unit_price_minor=500)
    confirmed = OrderConfirmed(
        order_id=order_id,
        user_id=person,
        order_items=(item,),
        order_total_minor=500,
        currency="GBP",
        shipping_address=address(person),
        shipping_method="standard",
        estimated_delivery_date=date(2025, 2, 10),
        order_status="confirmed",
        payment=OrderPayment(method="paypal", payment_id=f"pay_{order_id}"),
    )
    return [confirmed, opened(person, f"pay_{order_id}", order_id=order_id, items=(item,))]


def test_what_another_systems_order_left_is_erased_once_it_has_arrived(shop: Shop) -> None:
    shop.tell(*of_another_system(ANN, "theirs_1"), *of_another_system(BOB, "theirs_2"))

    erase(shop, ANN)

    assert shop.driver.rows(FULFILMENTS)["theirs_1"].destination.line1, "it is still to be sent"
    of_bob = traces(leave(shop, ANN), BOB)
    erase(shop, ANN)
    assert shop.driver.rows(SHIPMENTS)["shp_theirs_1"].status.value == "delivered"
    assert traces(shop, ANN) == {}
    assert traces(shop, BOB) == of_bob
    assert shop.driver.rows(ERASURES)[ANN].erased_at_ms > 0


def test_an_order_whose_name_goes_on_from_an_erased_one_is_somebody_elses(shop: Shop) -> None:
    leave(shop, ANN)
    others = [f"{prefix}ord_{ANN}_2:7:1" for prefix in ("pay_", "shp_")]
    before = {}
    for lane in shop.driver._lanes:
        for name, other in zip(("payments", "shipments"), others, strict=True):
            table = lane.processor.tables[name]
            row = table.get(other.removesuffix(":7:1"))
            if row is not None:
                before[other] = table[other] = row

    erase(shop, ANN)

    after = shop.driver.rows(PAYMENTS) | shop.driver.rows(SHIPMENTS)
    assert sorted(before) == others
    assert {other: after[other] for other in others} == before


def test_whoever_is_erased_waits_for_no_product(shop: Shop) -> None:
    tables = shop.driver._lanes[0].processor.tables
    for product, person in (("p8", ANN), ("p8", BOB), ("p9", ANN)):
        tables[WATCHERS.name][pair_key(product, person)] = 1
        tables[WATCHED.name][pair_key(person, product)] = True

    erase(shop, ANN)

    assert list(shop.driver.rows(WATCHERS)) == [pair_key("p8", BOB)]
    assert list(shop.driver.rows(WATCHED)) == [pair_key(BOB, "p8")]


def test_who_was_erased_is_told_in_the_app_alone(shop: Shop) -> None:
    erase(leave(shop, ANN), ANN)

    assert ANN not in shop.driver.rows(CONTACTS)
    history = [r for k, r in shop.driver.rows(NOTIFICATIONS).items() if k.startswith(ANN)]
    assert history
    assert all((row.to, row.template_data) == ((), {}) for row in history)


def test_what_somebody_stopped_stays_stopped_while_their_order_goes_on(shop: Shop) -> None:
    preferences = [lane.processor.tables[PREFERENCES.name] for lane in shop.driver._lanes]
    [table] = [one for one in preferences if one.get(ANN) is not None]
    table[ANN] = replace(table.get(ANN), opted_out=("EMAIL",), timezone="Europe/London")

    erase(shop, ANN)
    since_ms = shop.driver.now_ms
    shop.tell(order(ANN, 3))
    shop.driver.advance(4 * DAY_MS, step_ms=3_600_000)

    rows = [r for k, r in shop.driver.rows(NOTIFICATIONS).items() if k.startswith(ANN)]
    mails = [row for row in rows if row.channel == "EMAIL" and row.queued_at_ms >= since_ms]
    assert mails
    assert {(row.status.value, row.reason) for row in mails} == {("suppressed", "opted_out")}
    assert shop.driver.rows(PREFERENCES)[ANN] == Preferences(ANN, opted_out=("EMAIL",))


def test_what_is_still_to_be_told_keeps_its_words_until_it_ends(shop: Shop) -> None:
    at = datetime.fromtimestamp(shop.driver.now_ms / 1000 + 3_600, UTC)
    told = SendNotification(
        notification_id="ntf_1",
        recipient=NotificationRecipient(customer_id=ANN),
        channel="EMAIL",
        template_id="order-confirmed",
        template_data={"orderId": f"ord_{ANN}_1"},
        priority="NORMAL",
        scheduled_at=at,
        idempotency_key="key_1",
    )
    shop.tell(told)
    rows = shop.driver.rows(NOTIFICATIONS)
    [key] = [one for one, row in rows.items() if row.notification_id == "ntf_1"]

    erase(shop, ANN)

    row = shop.driver.rows(NOTIFICATIONS)[key]
    assert (row.status.value, row.template_data) == ("queued", {"orderId": f"ord_{ANN}_1"})
    leave(shop, ANN)
    row = shop.driver.rows(NOTIFICATIONS)[key]
    assert (row.status.value, row.template_data) == ("suppressed", {})
    assert traces(shop, ANN) == {}


def test_what_somebody_wrote_of_a_return_goes_with_its_label(shop: Shop) -> None:
    shipment_id = f"{SHIPMENT_PREFIX}ord_{ANN}_1"
    shop.tell(CreateReturnLabel(shipment_id=shipment_id, reason=f"fetch it at {ANN} lane 12"))
    shop.driver.advance(20 * DAY_MS, step_ms=6 * 3_600_000)
    [lapsed] = [row.lapsed for row in shop.driver.rows(SHIPMENTS).values() if row.lapsed]
    assert lapsed.details

    erase(leave(shop, ANN), ANN)

    assert traces(shop, ANN) == {}


WRITTEN = frozenset(
    {"details", "email", "line1", "note", "paypal_email", "paypal_payer_id", "phone", "rationale",
     "signed_by", "token"}
)  # fmt: skip
"""Fields that tell who somebody is, how they pay or what was written of them, wherever they are."""


def fields_of(kind: Any, path: str = "") -> Iterator[str]:
    """Every dotted path of a row's type, through lists and what may be missing."""
    for inner in getattr(kind, "__args__", ()):
        yield from fields_of(inner, path)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for one in msgspec.structs.fields(kind):
            further = f"{path}.{one.name}".lstrip(".")
            yield further
            yield from fields_of(one.type, further)


def test_every_field_that_names_a_person_is_erased() -> None:
    agents, _ = agents_of(Settings())
    left = {
        f"{table.name}: {path}"
        for table in {t.name: t for a in agents for t in a.tables}.values()
        for path in fields_of(table.row)
        if path.rpartition(".")[2] in WRITTEN and table not in DROPPED
        if not f"{path}.".startswith(
            tuple(f"{gone}." for gone in (*table.mask, *ALSO.get(table.name, ())))
        )
    }

    assert left == set()


def test_every_table_with_personal_data_can_be_found_by_a_customer_or_an_order() -> None:
    agents, _ = agents_of(Settings())
    personal = {t.name: t for a in agents for t in a.tables if t.mask or t.name in ALSO}

    ways = {name: table.key.split()[0] for name, table in personal.items()}

    assert {n: w for n, w in ways.items() if w not in {*BY_ORDER, *BY_CUSTOMER}} == {}
    assert all(table.key.split()[0] in BY_CUSTOMER for table in DROPPED)
    assert PAYMENT_PREFIX == "pay_"
