"""Orders typed by hand: Debian's kcat, its default partitioner, one line a record."""

import json
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from tests.e2e.harness import Workers, until
from tests.e2e.heard import Ear, Said
from tests.e2e.shop import HOME, Sender, envelope, line, order, partition_of
from tests.tools import tool

pytestmark = pytest.mark.own_broker

TOPIC = "orders.dev.commands"
PRODUCT = "prd_typed"


def kcat(bootstrap: str, lines: Sequence[str], *options: str) -> None:
    """`kcat -P -t orders.dev.commands` with these lines on its standard input."""
    subprocess.run(
        [tool("kcat", "apt-get install kcat"), "-b", bootstrap, "-P", "-t", TOPIC, *options],
        input=b"".join(each.encode(errors="surrogateescape") + b"\n" for each in lines),
        check=True,
        timeout=90,
    )


def flat(request: dict[str, Any], name: str = "PlaceOrder") -> str:
    """A record without an envelope."""
    return json.dumps({"eventType": name, **request})


def typed(name: str, **fields: Any) -> dict[str, Any]:
    return order(name, line(PRODUCT, 1, 20.0), **fields)


def enveloped(request: dict[str, Any], **fields: Any) -> str:
    return json.dumps(envelope("PlaceOrder", request, **fields))


def spoiled(**changes: Any) -> str:
    """An order that nothing is wrong with but this."""
    return enveloped(typed("typed_bad") | changes)


GOOD = {
    "flat": lambda r: f"{r['orderId']}:{flat(r)}",
    "flat without a name": lambda r: f"{r['orderId']}:{json.dumps(r)}",
    "enveloped": lambda r: f"{r['orderId']}:{enveloped(r)}",
    "enveloped without ids": lambda r: (
        f"{r['orderId']}:" + json.dumps({"eventType": "PlaceOrder", "data": r})
    ),
    "with fields nobody knows": lambda r: f"{r['orderId']}:{flat(r | {'colour': {'of': 'money'}})}",
    "under another key": lambda r: f"{r['userId']}:{enveloped(r)}",
    "under an empty key": lambda r: f":{enveloped(r)}",
    "under a key that no text is": lambda r: f"\udcff\udcfe:{enveloped(r)}",
}
"""Lines that place an order."""

BAD = {
    "words": ("hello", "does not parse"),
    "nothing": ("", "does not parse"),
    "half an object": ('{"eventType":"PlaceOrder","data":{"orderId":', "does not parse"),
    "a list": ("[1,2,3]", "expected a JSON object"),
    "an object of nothing": ("{}", "no eventType"),
    "an unknown name": ('{"eventType":"TeleportOrder","data":{}}', "TeleportOrder"),
    "a later version": (
        json.dumps(envelope("PlaceOrder", typed("typed_bad"), eventVersion="9.0.0")),
        "9.0.0",
    ),
    "an order without a user": (spoiled(userId=None), "userId"),
    "an order without lines": (spoiled(orderItems=None), "orderItems"),
    "no units": (spoiled(orderItems=[line(PRODUCT, 0)]), "quantity"),
    "a price in words": (spoiled(orderItems=[line(PRODUCT) | {"unitPrice": "dear"}]), "unitPrice"),
    "a price below nothing": (spoiled(orderItems=[line(PRODUCT) | {"unitPrice": -1}]), "unitPrice"),
    "an address in words": (spoiled(shippingAddress="round the corner"), "shippingAddress"),
}
"""Lines that are not of the contract, and what must be said of them."""


class Typed:
    """All lines, typed in one go between each other, and what came of them."""

    def __init__(self, kafka: str, ear: Ear, sender: Sender) -> None:
        self._ear = ear
        sender.stock(PRODUCT, 1_000)
        self.good = {name: typed("typed") for name in GOOD}
        pairs = [GOOD[name](request) for name, request in self.good.items()]
        bad = [f"bad_{number}:{value}" for number, (value, _) in enumerate(BAD.values())]
        mixed = [each for pair in zip(bad, pairs, strict=False) for each in pair]
        kcat(kafka, [*mixed, *bad[len(pairs) :]], "-K:")

    def letter(self, name: str) -> Said:
        """The dead letter of a bad line."""
        key = f"bad_{list(BAD).index(name)}"

        def found() -> Said | None:
            return next((said for said in self._ear.letters() if said.key == key), None)

        return self._ear.until(found, f"a dead letter of {name}")  # type: ignore[return-value]


@pytest.fixture(scope="module")
def typed_lines(kafka: str, ear: Ear, sender: Sender) -> Typed:
    return Typed(kafka, ear, sender)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_line_is_an_order_that_is_paid(typed_lines: Typed, ear: Ear, name: str) -> None:
    order_id = typed_lines.good[name]["orderId"]

    paid = ear.until_said(order_id, "PaymentProcessed")

    assert paid.data["amount"] == 20.0


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_a_dead_letter_that_says_what_is_wrong(typed_lines: Typed, name: str) -> None:
    letter = typed_lines.letter(name)

    value, reason = BAD[name]
    assert reason in letter.headers["dlq.reason"]
    assert letter.raw in (value.encode(), None if not value else b"")
    assert letter.headers["dlq.topic"] == TOPIC
    assert letter.headers["dlq.error"]


def test_an_order_that_breaks_a_rule_fails_with_its_reason_and_is_no_dead_letter(
    kafka: str, ear: Ear
) -> None:
    request = typed("typed_rule", shippingAddress=HOME | {"country": "BR"})

    kcat(kafka, [f"{request['orderId']}:{flat(request)}"], "-K:")

    failed = ear.until_said(request["orderId"], "OrderFailed")
    assert failed.data["rejectionReason"] == "INVALID_ADDRESS"


def test_lines_without_a_key_are_orders_as_well(kafka: str, ear: Ear) -> None:
    requests = [typed("keyless") for _ in range(4)]

    kcat(kafka, [enveloped(request) for request in requests])

    for request in requests:
        ear.until_said(request["orderId"], "PaymentComplete")


def test_a_line_in_another_partition_than_its_orders_is_found_by_its_order(
    kafka: str, ear: Ear, workers: Workers
) -> None:
    request = typed("misplaced")
    elsewhere = (partition_of(request["orderId"]) + 1) % workers.partitions

    kcat(kafka, [f"{request['orderId']}:{flat(request)}"], "-K:", "-p", str(elsewhere))

    confirmed = ear.until_said(request["orderId"], "OrderConfirmed")
    assert confirmed.partition == partition_of(request["orderId"])
    ear.until_said(request["orderId"], "PaymentComplete")
    until(
        lambda: (workers.row("orders", request["orderId"]) or {}).get("status") == "processing",
        90, "its row says so",
    )  # fmt: skip


def test_headers_of_a_hand_do_no_harm(kafka: str, ear: Ear) -> None:
    request = typed("headed")

    kcat(
        kafka,
        [f"{request['orderId']}:{json.dumps(request)}"],
        *("-K:", "-H", "eventType=PlaceOrder", "-H", "trace=abc", "-z", "gzip"),
    )

    ear.until_said(request["orderId"], "PaymentComplete")
