"""Prometheus rules: promtool takes them, they do what they say, and each has its runbook."""

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
from tests.tools import tool

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "observability" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
SEVERITIES = {"warn", "critical"}


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def rules() -> list[dict[str, Any]]:
    return [
        rule
        for path in RULES
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]


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
