"""Grafana panels and boards as values, and the JSON that Grafana reads."""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["timeseries", "stat", "bargauge", "table"]
Unit = Literal["short", "percentunit", "ms", "s", "bytes", "ops", "currencyUSD"]

_COLUMNS = 24
_SCHEMA = 39
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Query:
    """One line, or one line a label set."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of a board."""

    title: str
    queries: tuple[Query, ...]
    help: str
    unit: Unit = "short"
    kind: Kind = "timeseries"
    width: int = 8
    height: int = 8
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """One board; its name is its file's and its uid's."""

    name: str
    title: str
    help: str
    panels: tuple[Panel, ...]


def board_json(board: Board) -> dict[str, Any]:
    """Give the board as Grafana imports it: the same board gives the same JSON."""
    return {
        "uid": f"flowmart-{board.name}",
        "title": f"FlowMart: {board.title}",
        "description": board.help,
        "tags": ["flowmart"],
        "schemaVersion": _SCHEMA,
        "version": 1,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "utc",
        "annotations": {"list": [_alerts_as_annotations()]},
        "templating": {"list": [_datasource_choice()]},
        "links": [
            {
                "type": "dashboards",
                "title": "FlowMart",
                "tags": ["flowmart"],
                "asDropdown": True,
                "keepTime": True,
            }
        ],
        "panels": _placed(board.panels),
    }


def _placed(panels: tuple[Panel, ...]) -> list[dict[str, Any]]:
    """Put panels side by side; the next row begins below the tallest of the one before."""
    found: list[dict[str, Any]] = []
    x = y = tallest = 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > _COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        place = {"x": x, "y": y, "w": panel.width, "h": panel.height}
        found.append({"id": number, "gridPos": place, **_panel(panel)})
        x, tallest = x + panel.width, max(tallest, panel.height)
    return found


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.help,
        "datasource": _DATASOURCE,
        "targets": [_target(panel, index, query) for index, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel.kind),
    }


def _target(panel: Panel, index: int, query: Query) -> dict[str, Any]:
    now_only = panel.kind in ("table", "bargauge")
    return {
        "refId": chr(ord("A") + index),
        "datasource": _DATASOURCE,
        "expr": query.expr,
        "legendFormat": query.legend,
        "instant": now_only,
        "range": not now_only,
        "format": "table" if panel.kind == "table" else "time_series",
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 20 if panel.stacked else 5,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        }
    return defaults


def _options(kind: Kind) -> dict[str, Any]:
    last = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    match kind:
        case "timeseries":
            return {
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        case "stat":
            return {"reduceOptions": last, "colorMode": "none", "graphMode": "area"}
        case "bargauge":
            return {"reduceOptions": last, "orientation": "horizontal", "displayMode": "basic"}
        case "table":
            return {"showHeader": True}


def _datasource_choice() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "current": {"text": "Prometheus", "value": "flowmart-prometheus"},
    }


def _alerts_as_annotations() -> dict[str, Any]:
    return {
        "name": "Alerts",
        "datasource": _DATASOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": 'ALERTS{alertname=~"Flowmart.*",alertstate="firing"}',
        "titleFormat": "{{alertname}} {{rule}}{{topic}}",
        "step": "30s",
    }
