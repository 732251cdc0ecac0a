"""The queries that boards share: business figures by group, and open alerts."""

from observability.panels import Panel, Query

QUANTILES = "p50|p95|p99"


def figure(name: str, group: str = "", *, per: str = "group") -> str:
    """Select a business figure. Two workers may tell it while a partition moves: hence max."""
    wanted = f',group=~"{group}"' if group else ""
    return f'max by ({per}) (flowmart_figure{{figure="{name}"{wanted}}})'


def lines(name: str, group: str = "") -> tuple[Query, ...]:
    """One line a group of a figure."""
    return (Query(figure(name, group), "{{group}}"),)


def major_units(name: str) -> tuple[Query, ...]:
    """A figure of money: minor units become major ones."""
    return (Query(f"{figure(name)} / 100", "{{group}}"),)


def raised_alerts() -> Panel:
    """What services raised by themselves, which no figure shows."""
    return Panel(
        "Raised by services, not resolved",
        (Query("sum by (rule, severity) (flowmart_alerts_raised)", "{{rule}} {{severity}}"),),
        "The control room lists each. Each rule has a page in docs/runbooks.",
        stacked=True,
    )


def open_alerts(rules: str) -> Panel:
    """The alerts that are open now."""
    return Panel(
        "Open alerts",
        (Query(f'max by (rule, severity, subject) (flowmart_alert_open{{rule=~"{rules}"}}) > 0'),),
        "Raised by the application and not resolved. Each rule has a page in docs/runbooks.",
        kind="table",
    )
