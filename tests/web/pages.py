"""What the pages of a worker show, and on which screens."""

from typing import Any

NAMES = {"": "index.html", "uPlot.js": "uPlot.iife.min.js", "uPlot.css": "uPlot.min.css"}
AT_MS = 1_767_225_600_000
MINUTE_MS = 60_000
WAIT_MS = 90_000
NARROW = {"width": 390, "height": 800}
WIDE = {"width": 1400, "height": 900}
STATE: dict[str, Any] = {
    "at_ms": AT_MS,
    "partitions_total": 4,
    "workers": [
        {
            "url": f"http://flowmart-worker-{n}.flowmart-workers:6066", "partitions": [n, n + 2],
            "records": 12_345_678, "transactions": 123_456, "dead_letters": 0, "lag": 0,
            "recovery_left": 0, "waits_s": 0.02,
        }
        for n in (0, 1)
    ],
    "unheard": [],
    "figures": [
        ["orders.confirmed_per_minute", "EUR", 3],
        ["orders.confirmed_per_minute", "USD", 4],
        ["orders.revenue_minor_per_minute", "EUR", 90_000],
        ["orders.revenue_minor_per_minute", "USD", 120_000],
        ["payments.success_share", "all", 0.5],
        ["payments.success_share", "paypal", 1.0],
        ["payments.success_share", "simulated", 0.25],
        ["inventory.top_products", "x" * 128, 3],
    ],
    "windows": [
        [AT_MS - 30 * MINUTE_MS, "orders.confirmed_per_minute", "EUR", 3],
        [AT_MS - 29 * MINUTE_MS, "orders.confirmed_per_minute", "USD", 4],
    ],
    "alerts": [
        {"rule": "memory", "severity": "warn", "summary": "much is used", "raised_at_ms": AT_MS,
         "runbook": "docs/runbooks/memory.md"},
        {"rule": "cpu", "severity": "critical", "summary": "nothing is idle", "raised_at_ms": 1,
         "runbook": "docs/runbooks/cpu.md"},
    ],
    "raised": [
        {"rule": "reconciliation", "severity": "critical", "subject": "stripe 2025-12-31",
         "value": 3.0, "unit": "payments", "runbook": "docs/runbooks/reconciliation.md",
         "raised_at_ms": AT_MS},
        {"rule": "stuck_payment", "severity": "warn", "subject": "<b>pay_ord_1</b>",
         "value": 19.9, "unit": "USD", "runbook": "docs/runbooks/stuck_payment.md",
         "raised_at_ms": 1},
    ],
}  # fmt: skip
