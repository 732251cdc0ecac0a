"""Every metric, label and figure that rules and dashboards use is one that the code tells."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from prometheus_client.core import Metric
from prometheus_client.metrics import MetricWrapperBase

from engine.metrics import EngineCollector
from engine.stats import Stats
from engine.topology import Topology
from gateway.measures import Measures
from observability.boards import BOARDS
from streams.alerts.catalogue import catalogue
from streams.alerts.rules import AlertRules
from streams.pulse.figures import FAMILIES, figures_of
from streams.pulse.tally import Cell, Tally
from tests.observability.rule_files import rules
from web.quotes import METRIC as QUOTES

ROOT = Path(__file__).parents[2]

FOREIGN = {
    "up": set(),
    "process_cpu_seconds_total": set(),
    "process_resident_memory_bytes": set(),
    "process_start_time_seconds": set(),
    "ALERTS": {"alertname", "alertstate"},
}
"""Metrics that Prometheus itself or its client library tells, with their labels."""

SCRAPED = {"job", "instance"}
"""Labels that Prometheus adds to whatever it scrapes."""

SUFFIXES = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_sum", "_count"),
    "gauge": ("",),
}
KEYWORDS = {"by", "on", "without", "and", "or", "unless", "offset", "bool", "group_left"}
BUSINESS = re.compile(r'GaugeMetricFamily\(\s*"(\w+)",\s*"[^"]*",\s*labels=\[([^\]]*)\]')


class Used(NamedTuple):
    """One metric in an expression, with the labels its selector names."""

    metric: str
    labels: frozenset[str]


def told() -> dict[str, set[str]]:
    """Metrics that workers and gateways serve, as Prometheus names them, with their labels."""
    topology = Topology([], app_id="test", env="dev", partitions=1)
    lanes: Any = SimpleNamespace(stats=Stats(), open_lanes=dict, remaining={}, topology=topology)
    found: dict[str, set[str]] = {}
    for family in EngineCollector(lanes, "flowmart").collect():
        labels = set(labels_of(family))
        for suffix in SUFFIXES[family.type]:
            found[family.name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    for metric in vars(Measures()).values():
        if isinstance(metric, MetricWrapperBase):
            labels = set(metric._labelnames)
            for suffix in SUFFIXES[metric._type]:
                found[metric._name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    found[f"{QUOTES}_total"] = set()
    for name, labels_text in BUSINESS.findall((ROOT / "web" / "figures.py").read_text()):
        found[name] = set(re.findall(r'"(\w+)"', labels_text))
    return found


def labels_of(family: Metric) -> tuple[str, ...]:
    return tuple(family._labelnames)  # type: ignore[attr-defined]  # not public, but all there is


def recorded() -> dict[str, set[str]]:
    """Metrics that recording rules make, with the labels they group by or add."""
    found: dict[str, set[str]] = {}
    for rule in rules():
        if "record" in rule:
            labels = found.setdefault(rule["record"], set())
            labels |= set(rule.get("labels", ())) | grouped(rule["expr"])
    return found


def grouped(expr: str) -> set[str]:
    groups = re.findall(r"\b(?:by|on|without)\s*\(([^)]*)\)", expr)
    return {label.strip() for group in groups for label in group.split(",") if label.strip()}


def used(expr: str) -> Iterator[Used]:
    """Take an expression apart into the metrics it selects."""
    bare = re.sub(r"\b(?:by|on|without)\s*\([^)]*\)", " ", expr)
    bare = re.sub(r'"[^"]*"', '""', bare)
    bare = re.sub(r"\[[^\]]*\]|\boffset\s+\w+", " ", bare)
    pattern = re.compile(r"([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(\s*\()?")
    for name, selector, call in pattern.findall(bare):
        if not call and name not in KEYWORDS:
            labels = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)
            yield Used(name, frozenset(labels))


def expressions() -> list[tuple[str, str]]:
    found = [(rule.get("alert", rule.get("record", "")), rule["expr"]) for rule in rules()]
    for board in BOARDS:
        for panel in board.panels:
            found += [(f"{board.name}: {panel.title}", query.expr) for query in panel.queries]
    return found


def every_figure() -> set[str]:
    """Names of all figures, read off a tally in which everything happened."""
    names = ["confirmed|x", "refused|x", "cancelled|x", "failed|x|y", "refunded|x", "score|x"]
    names += ["decision|x", "latency", "latency|x", "refund_latency", "update_latency", "held"]
    names += [
        "short",
        "expired",
        "late",
        "state|x",
        "paid|1",
        "failed|1",
        "booked|x",
        "unbooked|x|y",
        "scan|x",
        "lag",
        "waiting",
        "dead|x",
        "suppressed|x",
        "delivered|on_time",
        "shelves",
        "units",
        "payments",
        "disputes",
        "low",
        "out",
    ]
    tally = Tally(seq=1, cells={name: Cell(1, 1, {1: 1}) for name in names}, ranked={"p": 1})
    return {read.name for family in FAMILIES for read in figures_of(family, tally, 60_000)}


EXPRESSIONS = expressions()


def test_expressions_are_taken_apart_rightly() -> None:
    expr = 'sum by (le) (rate(a_bucket{job="x",b=~"y|z"}[5m] offset 3m)) / on (q) c:d unless e > 1'

    assert list(used(expr)) == [
        Used("a_bucket", frozenset({"job", "b"})),
        Used("c:d", frozenset()),
        Used("e", frozenset()),
    ]
    assert grouped(expr) == {"le", "q"}


@pytest.mark.parametrize(("where", "expr"), EXPRESSIONS, ids=[name for name, _ in EXPRESSIONS])
def test_every_metric_and_label_exists(where: str, expr: str) -> None:
    known = {**told(), **recorded(), **FOREIGN}

    selected = list(used(expr))

    assert selected or expr.startswith("vector("), where
    labels: set[str] = set()
    for metric, names in selected:
        assert metric in known, f"{where}: nothing tells {metric}"
        assert names <= known[metric] | SCRAPED, f"{where}: {metric} has no {names}"
        labels |= known[metric]
    assert grouped(expr) <= labels | SCRAPED, where


@pytest.mark.parametrize(("where", "expr"), EXPRESSIONS, ids=[name for name, _ in EXPRESSIONS])
def test_every_figure_exists(where: str, expr: str) -> None:
    names = set(re.findall(r'figure="([^"]+)"', expr))

    assert names <= every_figure(), where


def test_every_figure_is_on_a_board() -> None:
    shown = {name for _, expr in EXPRESSIONS for name in re.findall(r'figure="([^"]+)"', expr)}
    left_out = {name for name in every_figure() if name.endswith(".late_per_minute")}

    assert every_figure() - shown == left_out


def test_every_alert_rule_is_on_the_board_of_its_family() -> None:
    boards = {"orders": "orders", "payments": "payments", "risk": "payments"}
    boards |= {"shipping": "shipping", "notifications": "notifications", "letters": "notifications"}
    boards |= {"disputes": "payments"}
    boards |= {"inventory": "inventory", "stock": "inventory", "subscriptions": "subscriptions"}
    wanted: dict[str, list[str]] = {}
    for where, expr in EXPRESSIONS:
        board = where.partition(":")[0]
        wanted.setdefault(board, []).extend(re.findall(r'rule=~"([^"]+)"', expr))

    for rule in catalogue(AlertRules()):
        patterns = wanted[boards[rule.family]]
        assert any(re.fullmatch(pattern, rule.name) for pattern in patterns), rule.name
