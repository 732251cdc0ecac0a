"""Carriers' webhooks: a signed scan becomes UpdateShipmentStatus on shipping.commands (G-30).

Signed as Standard Webhooks has it: `Webhook-Id`, `Webhook-Timestamp` (no more than five minutes
off, so that nothing is replayed later) and `Webhook-Signature`, under the carrier's own secret.
The body is UpdateShipmentStatus with `trackingNumber` and `updatedAt`. 202 once the command is
on its topic; what is told again has the same id and changes nothing.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, get_args

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

import events
from engine.inlet import Inlet, NotTaken
from events.carriers import WEBHOOK
from events.shipping import UpdateShipmentStatus
from events.vocabulary import Carrier
from topics import topic_of
from web.bodies import BodyTooLarge, body_of
from web.problems import again_later, problem

PATH: Final = "/webhooks/carriers/{carrier}"
BODY_BYTES_MAX: Final = 64 << 10

_CARRIERS: Final = {name.lower().replace(" ", "-"): name for name in get_args(Carrier)}
"""As paths name them, such as `royal-mail`, to as events do."""


class CarrierWebhooks:
    """One route for all carriers."""

    def __init__(self, secrets: Mapping[str, str], inlet: Inlet) -> None:
        self._doors = {name: Webhook(secret) for name, secret in secrets.items()}
        self._inlet = inlet

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [web.post(PATH, self.scan)]

    async def scan(self, request: web.Request) -> web.Response:
        """Take one scan."""
        carrier = _CARRIERS.get(request.match_info["carrier"])
        if carrier is None:
            return problem(HTTPStatus.NOT_FOUND, f"carriers are {', '.join(sorted(_CARRIERS))}")
        try:
            body = await body_of(request, BODY_BYTES_MAX)
        except BodyTooLarge as large:
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(large))
        if not self._is_signed(carrier, body, request.headers):
            return problem(
                HTTPStatus.UNAUTHORIZED,
                f"not signed with the secret of {carrier} (FLOWMART_CARRIER_SECRETS), or not now",
            )
        try:
            scan = _scan_of(body, carrier)
        except events.FlowMartError as wrong:
            return problem(HTTPStatus.BAD_REQUEST, str(wrong))
        return await self._put(scan)

    def _is_signed(self, carrier: str, body: bytes, headers: Mapping[str, str]) -> bool:
        door = self._doors.get(carrier)
        if door is None:
            return False
        try:
            door.verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):  # Headers may be anything.
            return False
        return True

    async def _put(self, scan: UpdateShipmentStatus) -> web.Response:
        event_id = id_of(scan)
        assert scan.updated_at is not None, "scans without a time are refused"
        value = events.encode(scan, event_id=event_id, timestamp=scan.updated_at, source=WEBHOOK)
        headers = events.headers(scan, event_id)
        try:
            await self._inlet.put(
                topic_of(UpdateShipmentStatus), events.key_of(scan), value, headers
            )
        except NotTaken as refused:
            return again_later(str(refused))
        taken: dict[str, Any] = {"shipmentId": scan.shipment_id, "eventId": event_id}
        return web.json_response(taken, status=HTTPStatus.ACCEPTED)


def id_of(scan: UpdateShipmentStatus) -> str:
    """The id of what a carrier tells: the same parcel, status and time are the same event."""
    told = "" if scan.updated_at is None else scan.updated_at.isoformat()
    return events.derived_id(
        "scan", scan.carrier or "", scan.tracking_number or "", scan.status, told
    )


def _scan_of(body: bytes, carrier: str) -> UpdateShipmentStatus:
    """Read a body.

    Raises:
        events.FlowMartError: it is not what it must be; the text says why.
    """
    read = events.decode(body, record_timestamp_ms=0, expect=UpdateShipmentStatus.name)
    scan: UpdateShipmentStatus = read.data
    for field, told in (("trackingNumber", scan.tracking_number), ("updatedAt", scan.updated_at)):
        if told is None:
            raise events.ContractError(f"{UpdateShipmentStatus.name}.{field}: absent")
    return scan.model_copy(update={"carrier": carrier})
