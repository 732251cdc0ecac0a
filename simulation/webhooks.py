"""Who tells what the shop has heard before, or has yet to hear: webhooks.

They come late, twice and out of order, and know less than answers to calls do: a provider does
not say which attempt it speaks of, and has a name of its own for each event.
"""

from dataclasses import dataclass
from typing import Any, Final

import events
from engine.records import Record
from events.shipping import UpdateShipmentStatus
from simulation.lane import Change, Lane
from simulation.outside import Outside
from simulation.people import Post, name_of, told_by
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS, moment_of

_OF_PROVIDERS: Final = frozenset(
    {"StripeChargeSucceeded", "StripeChargeFailed", "ChargeCaptured", "ChargeVoided"}
    | {"ChargeRefunded"}
)
_LATER_MS: Final = (0, 500, MINUTE_MS, 3 * HOUR_MS, 2 * DAY_MS)
_FOREIGN: Final = 0.05
"""The share of scans that are of another parcel."""


@dataclass(slots=True)
class Webhooks:
    """Providers and carriers that tell on their own: a witness of what they answered."""

    post: Post
    outside: Outside

    def committed(self, _lane: Lane, _changes: list[Change], records: list[Record]) -> None:
        """Hear what was answered."""
        for record in records:
            name = name_of(record)
            if record.topic.endswith("-repartition"):
                continue
            if name in _OF_PROVIDERS and self.post.may(self.post.habits.echoes):
                self._echo(record)
            elif name == "CarrierBooked" and self.post.may(self.post.habits.scans):
                self._follow(record)

    def sent(self, record: Record) -> None:
        """It is nobody's answer."""

    def quiet(self) -> None:
        """Nothing to tell."""

    def _echo(self, record: Record) -> None:
        """Say it again, under another id and without the attempt."""
        message: Any = events.decode(record.value, record_timestamp_ms=record.timestamp).data
        if "attempt_number" in type(message).model_fields:
            message = message.model_copy(update={"attempt_number": None})
        self.post.put(message, self.post.chance.choice(_LATER_MS))

    def _follow(self, record: Record) -> None:
        """Tell of a parcel what its carrier would answer, each when it happens or a while after."""
        told, chance = told_by(record)["data"], self.post.chance
        if told["purpose"] != "outbound":
            return
        for scan in self.outside.story(told["carrier"], told["trackingNumber"], record.timestamp):
            number = "RM_OTHER" if self.post.may(_FOREIGN) else told["trackingNumber"]
            update = UpdateShipmentStatus(
                shipment_id=told["shipmentId"],
                status=scan.status,
                updated_at=moment_of(scan.at_ms),
                reason_code=scan.reason_code,
                carrier=told["carrier"],
                tracking_number=number,
            )
            late_ms = chance.choice((0, 0, MINUTE_MS, 30 * HOUR_MS))
            self.post.put(update, scan.at_ms - self.post.world.now_ms + late_ms)
