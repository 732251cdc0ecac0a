"""`docs/contract.md`: every row of the contract has its module and its test."""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import app
from events.registry import MESSAGES
from settings import Settings

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "contract.md"
RULINGS, GAPS = 22, 55
MAY_BE_LEFT_OUT = re.compile(r"G-\d+ |command ChargeCard|flow CancelSubscription, Stripe fails")
"""Gap rules with a reason; what only a provider is told, in its own words (ADR-005); and what a
provider would bill."""
TEST = re.compile(r"^ *(?:async )?def (test_\w+)\(", re.MULTILINE)

STATES = {
    "order": "backordered cancelled confirmed delivered on_hold paid pending processing refunded"
    " rejected returned shipped",
    "reservation": "CANCELLED CONFIRMED EXPIRED FULFILLED PENDING",
    "stockItem": "ACTIVE DISCONTINUED QUARANTINED",
    "payment": "AUTHORIZED CANCELLED CAPTURED CHARGED_BACK DISPUTED FAILED HELD INITIATED"
    " PARTIALLY_REFUNDED REFUNDED SETTLED",
    "refund": "cancelled completed failed pending processing",
    "fraudCase": "cleared confirmed open",
    "shipment": "booking_failed cancelled created delivered delivery_failed dispatched in_transit"
    " pending return_initiated returned returning",
    "notification": "dead_lettered delivered engaged queued sending sent suppressed",
    "subscription": "active cancel_scheduled cancelled expired grace past_due paused pending"
    " suspended trialing",
    "billingCycle": "failed paid processing retrying scheduled suspended",
    "invoice": "cancelled issued overdue paid sent",
}
"""The contract's state machines."""


FLOWS = {
    "PlaceOrder": ("a check fails",),
    "InventoryReservation": (
        "short: split",
        "short: backorder",
        "short: substitute",
        "short: cancel",
        "expiry",
    ),
    "PaymentFlow": ("declined", "held: approved", "held: void"),
    "ShipmentCreation": (
        "booking fails: other carrier",
        "booking fails: manual",
        "not delivered: retry",
        "not delivered: address fix",
        "not delivered: return or cancel",
    ),
    "CancelOrder": ("after dispatch",),
    "AmendOrder": ("short", "reroute"),
    "Return": ("damaged", "reshipment"),
    "PaymentRefund": ("refused by policy", "approval", "refused by the provider"),
    "CancelSubscription": ("locked or inconsistent", "offer accepted", "Stripe fails"),
    "SubscriptionRenewed": ("expired", "cancelled", "invalid method", "usage review"),
    "SubscriptionPaymentFailure": ("a retry goes through", "updated method"),
    "Subscribe": ("trial", "failed"),
    "Daily metrics": (),
}
"""The contract's flows, each with its branches."""


class Row(NamedTuple):
    """One line of a table; several tests are parted by commas."""

    what: str
    module: str
    test: str
    note: str

    @property
    def tests(self) -> list[str]:
        """Each test, as pytest has it."""
        return [one.strip("` ") for one in self.test.split(",")]


def rows() -> list[Row]:
    """Every line of every table, without the backticks."""
    lines = TABLE.read_text().splitlines()
    cells = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("| ") and not line.startswith("| what")
    ]
    return [Row(*each) for each in cells]


ROWS = rows()


def wanted() -> set[str]:
    """What must have a row, by its first words."""
    topology = app.topology_of(Settings())
    return {
        *(f"K{number}" for number in range(1, RULINGS + 1)),
        *(f"G-{number}" for number in range(1, GAPS + 1)),
        *(f"{model.kind} {name}" for name, model in MESSAGES.items()),
        *(f"{machine} {state}" for machine, states in STATES.items() for state in states.split()),
        *(f"timer {agent.name}.{timer}" for agent in topology.agents for timer in agent.timers),
        *(f"flow {flow}" for flow in FLOWS),
        *(f"flow {flow}, {branch}" for flow, branches in FLOWS.items() for branch in branches),
    }


def subject(row: Row) -> str:
    """The row's first word where it is a rule's number, else all of it."""
    return row.what.split()[0] if re.match(r"(K|G-)\d", row.what) else row.what


@cache
def names_in(path: Path) -> frozenset[str]:
    """Names of the test functions of a file, those of its classes included."""
    return frozenset(TEST.findall(path.read_text()))


def test_everything_in_the_contract_has_one_row_and_nothing_else_has() -> None:
    found = Counter(subject(row) for row in ROWS if not row.what.startswith("service "))
    assert {name for name, count in found.items() if count > 1} == set()
    assert wanted() - set(found) == set(), "rows to add"
    assert set(found) - wanted() == set(), "rows of nothing"


@pytest.mark.parametrize("row", ROWS, ids=subject)
def test_a_row_names_a_module_and_a_test_that_exist(row: Row) -> None:
    if row.module == "-":
        assert MAY_BE_LEFT_OUT.match(row.what)
        assert len(row.note) > 20, "say why it is left out"
        return
    assert (ROOT / row.module).is_file(), row.module
    for test in row.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file(), test
        assert not name or name in names_in(ROOT / path), test


@pytest.mark.parametrize(
    "row", [row for row in ROWS if " " in row.what and row.what.split()[0] in STATES], ids=subject
)
def test_a_states_module_names_it(row: Row) -> None:
    state = row.what.split()[1]
    assert row.note or re.search(rf"[\"']{state}[\"']", (ROOT / row.module).read_text())


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.what.split()[0] in ("command", "event")], ids=subject
)
def test_a_messages_module_names_it(row: Row) -> None:
    name = row.what.split()[1]
    assert row.module == "-" or re.search(rf"\b{name}\b", (ROOT / row.module).read_text())
