"""Prometheus rules: promtool takes them, they do what they say, and each has its runbook."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.alerts.catalogue import catalogue
from streams.alerts.rules import AlertRules
from streams.fraud.queue import RULE as REVIEW_SLA
from streams.inventory.capacity import RULE as WAREHOUSE_FULL
from streams.inventory.missing import RULE as STOCK_MISSING
from streams.inventory.warehouses import RULE as SNAPSHOT_GAP
from streams.orders.strayed import RULE as SENT_AFTER_CANCEL
from streams.orders.sweeping import RULE as STUCK_ORDER
from streams.orders.uncollected import RULE as UNPAID_AMENDMENT
from streams.orders.unreturned import RULE as UNRETURNED
from streams.payments.approvals import APPROVAL
from streams.payments.books import RULE
from streams.payments.books import STUCK as STUCK_PAYMENT
from streams.shipping.claims import RULE as CARRIER_CLAIM
from streams.shipping.return_messages import RULE as RETURN_LABEL
from tests.observability.rule_files import PROMETHEUS, ROOT, rules
from tests.tools import tool

TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
SEVERITIES = {"warn", "critical"}


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


ALERTS = [rule for rule in rules() if "alert" in rule]


def test_prometheus_takes_its_configuration_and_rules() -> None:
    run(
        tool("promtool", "apt-get install prometheus"),
        "check",
        "config",
        str(PROMETHEUS / "prometheus.yml"),
    )


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_rules_do_what_their_unit_tests_say(path: Path) -> None:
    run(tool("promtool", "apt-get install prometheus"), "test", "rules", str(path))


def test_every_alert_has_a_unit_test_that_expects_it() -> None:
    expected = {
        entry["alertname"]
        for path in TESTS
        for case in yaml.safe_load(path.read_text())["tests"]
        for entry in case.get("alert_rule_test", ())
        if entry["exp_alerts"]
    }

    assert {rule["alert"] for rule in ALERTS} == expected


_FIGURE = re.compile(r"(?:[<>]|==) *[\d.]+|\[[\w:]+\]|offset \w+|vector\(.+?\)|quantile\([\d.]+")

FIGURES: dict[str, list[tuple[str | None, ...]]] = {
    # G-51: what is sustained is so for 5 minutes. A thing that is down is told sooner, and what is
    # counted over a time of its own, or once, at once.
    "FlowmartAlert": [(None, None, "> 0")],
    "FlowmartRaised": [(None, None, "> 0")],
    "FlowmartProviderFails": [("critical", None, "[15m:1m]", "> 0.5", "[15m:1m]", "> 2")],
    "FlowmartCarrierFails": [("critical", None, "[15m:1m]", "> 0.5", "[15m:1m]", "> 2")],
    "FlowmartFiguresMissing": [("warn", "2m", "[1d]", "> 0", "> 0")],
    "FlowmartPromiseBudget": [
        ("warn", None, "> 0.50"), ("warn", None, "> 0.75"), ("critical", None, "> 0.90"),
    ],
    "FlowmartFewQuotes": [
        ("warn", "5m", "< 10", "[1h]", "> 0"), ("critical", "5m", "< 2", "[1h]", "> 0"),
    ],
    "FlowmartWorkerDown": [("critical", "1m", "== 0")],
    "FlowmartWorkerRestarts": [("critical", None, "[15m]", "> 2")],
    "FlowmartApiDown": [("critical", "1m", "== 0")],
    "FlowmartApiNotReady": [("critical", "2m", "== 0")],
    "FlowmartApiErrors": [("warn", "5m", "> 0.01"), ("critical", "5m", "> 0.05")],
    "FlowmartWebhooksRefused": [("warn", None, "[6h]", "> 10")],
    "FlowmartNoLanes": [("critical", "2m", "== 0")],
    "FlowmartConsumerLag": [("warn", "5m", "> 1000"), ("critical", "5m", "> 10000")],
    "FlowmartDeadLetters": [("warn", None, "> 0")],
    "FlowmartRecordsLost": [("critical", None, "offset 1h", "[1h]", "> 0")],
    "FlowmartTimersFailed": [("warn", None, "> 0")],
    "FlowmartRecoverySlow": [("critical", "5m", "> 0")],
    "FlowmartTransactionsSlow": [("warn", "5m", "> 0.5"), ("critical", "5m", "> 2")],
    "FlowmartRebalancing": [("warn", None, "[10m]", "> 5", "[10m]")],
    "FlowmartLateRecords": [("warn", "5m", "> 0")],
    "FlowmartCpu": [("warn", "5m", "[5m]", "> 0.70"), ("critical", "5m", "[5m]", "> 0.85")],
    "FlowmartMemory": [("warn", "5m", "> 0.80"), ("critical", "5m", "> 0.90")],
    "flowmart:promise_budget:share": [
        (None, None, "vector(0.05)"), (None, None, "vector(0.05)"), (None, None, "vector(0.01)"),
    ],
    "flowmart:promise_budget_used:ratio30d": [(None, None, "[30d:1m]", "[30d:1m]", "> 100")],
    "flowmart:quotes:per_minute": [(None, None, "[2m]")],
    "flowmart:records:rate1m": [(None, None, "[1m]")],
    "flowmart:transaction_seconds:p99_5m": [(None, None, "quantile(0.99", "[5m]")],
    "flowmart:chunk_records:mean_5m": [(None, None, "[5m]", "[5m]")],
    "flowmart:dead_letters:new5m": [(None, None, "offset 5m", "[5m]")],
    "flowmart:timers_failed:new5m": [(None, None, "offset 5m", "[5m]")],
    "flowmart:late_records:new5m": [(None, None, "[5m]")],
    "flowmart:api_errors:share5m": [(None, None, "[5m]", "vector(0)", "[5m]")],
    "flowmart:memory_limit_bytes": [(None, None, "vector(4294967296)")],
}  # fmt: skip
"""Of each alert its severity, how long it must last, and every number; of a series its numbers."""


def test_every_threshold_and_every_time_is_the_contracts() -> None:
    found: dict[str, list[tuple[str | None, ...]]] = {}
    for rule in rules():
        severity = rule.get("labels", {}).get("severity")
        told = (severity, rule.get("for"), *_FIGURE.findall(rule["expr"]))
        if any(told):
            found.setdefault(rule.get("alert") or rule["record"], []).append(told)

    assert found == FIGURES


def test_alertmanager_takes_its_example() -> None:
    path = ROOT / "observability" / "alertmanager" / "alertmanager.yml"

    run(tool("amtool", "apt-get install prometheus-alertmanager"), "check-config", str(path))


@pytest.mark.parametrize(
    "rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule.get('labels', {}).get('severity')}"
)
def test_an_alert_says_what_is_wrong_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    annotations = rule["annotations"]
    runbook = annotations["runbook_url"]

    assert annotations["summary"]
    if "$labels.rule" not in runbook:
        assert rule["labels"]["severity"] in SEVERITIES
        text = (ROOT / runbook).read_text()
        assert text.startswith("# ")
        assert rule["alert"] in text


def test_every_runbook_belongs_to_an_alert() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    engine = {Path(rule["annotations"]["runbook_url"]).stem for rule in ALERTS}
    business = {rule.name for rule in catalogue(AlertRules())}

    told_directly = {
        RULE,
        SNAPSHOT_GAP,
        STUCK_ORDER,
        STUCK_PAYMENT,
        STOCK_MISSING,
        WAREHOUSE_FULL,
        UNRETURNED,
        CARRIER_CLAIM,
        REVIEW_SLA,
        SENT_AFTER_CANCEL,
        RETURN_LABEL,
        APPROVAL,
        UNPAID_AMENDMENT,
    }
    assert pages == {name for name in engine | business | told_directly if "$" not in name}
