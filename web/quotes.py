"""What shipping costs: `POST /quotes` with QuoteShipping answers the offers (G-26)."""

import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final

from aiohttp import web
from prometheus_client import Counter

import events
from events.shipping import QuoteShipping
from events.shipping_parts import ShippingOffer
from web.bodies import BodyTooLarge, body_of
from web.problems import problem

PATH: Final = "/quotes"
METRIC: Final = "flowmart_shipping_quotes"
BODY_BYTES_MAX: Final = 64 << 10

Quoter = Callable[[QuoteShipping, int], Sequence[ShippingOffer]]
"""(query, now in ms) to offers; none at all where freight has to be asked for."""


class Quotes:
    """One route."""

    def __init__(self, quoter: Quoter, clock: Callable[[], float] = time.time) -> None:
        self._quoter = quoter
        self._clock = clock
        self.answered = Counter(METRIC, "Queries answered with what shipping costs.", registry=None)

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [web.post(PATH, self.quote)]

    async def quote(self, request: web.Request) -> web.Response:
        """Answer one query; 422 where only freight takes it."""
        try:
            body = await body_of(request, BODY_BYTES_MAX)
            read = events.decode(body, record_timestamp_ms=0, expect=QuoteShipping.name)
        except BodyTooLarge as large:
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(large))
        except events.FlowMartError as wrong:
            return problem(HTTPStatus.BAD_REQUEST, str(wrong))
        offers = self._quoter(read.data, round(self._clock() * 1000))
        if not offers:
            return problem(
                HTTPStatus.UNPROCESSABLE_ENTITY, "too heavy for a parcel: ask for a freight quote"
            )
        self.answered.inc()
        told = [offer.model_dump(mode="json", by_alias=True, exclude_none=True) for offer in offers]
        return web.json_response({"offers": told})
