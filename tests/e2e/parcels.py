"""An order's carrier on real Kafka: signed webhooks, and what comes of them."""

import http.client
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from tests.e2e.conftest import CARRIER_SECRET
from tests.e2e.harness import Worker, Workers, until
from tests.e2e.heard import Ear

ROW_S_MAX = 90
TAKEN = 202


class Carrier:
    """Whoever carries one order's parcel."""

    def __init__(self, ear: Ear, worker: Worker, order_id: str) -> None:
        self.created = ear.until_said(order_id, "ShipmentCreated").data
        self._worker = worker

    def tells(self, status: str, **fields: object) -> None:
        """One signed webhook, taken."""
        scan = {
            "shipmentId": self.created["shipmentId"],
            "trackingNumber": self.created["trackingNumber"],
            "status": status,
            "updatedAt": datetime.now(UTC).isoformat(),
            "location": {"city": "Chicago", "country": "US"},
            **fields,
        }
        status_code, answer = post(self._worker, json.dumps(scan))
        assert (status_code, answer.get("shipmentId")) == (TAKEN, scan["shipmentId"]), answer


def post(worker: Worker, body: str, secret: str = CARRIER_SECRET) -> tuple[int, Mapping[str, Any]]:
    now = datetime.now(UTC)
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_1", now, body),
    }
    connection = http.client.HTTPConnection("127.0.0.1", worker.port, timeout=60)
    try:
        connection.request("POST", "/webhooks/carriers/usps", body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def until_status(workers: Workers, order_id: str, wanted: str) -> None:
    def reached() -> bool:
        return (workers.row("orders", order_id) or {}).get("status") == wanted

    until(reached, ROW_S_MAX, f"{order_id} is {wanted}")
