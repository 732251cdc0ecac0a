"""Hands spans to the collector until it has them, by OpenTelemetry's exporter, in batches."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from engine.records import Record
from traces.spans import span_of

LOG: Final = logging.getLogger(__name__)
_AGAIN_S: Final = 5.0


class CollectorSilent(Exception):
    """Nobody takes spans.

    Operator: start a collector, or name it in OTEL_EXPORTER_OTLP_ENDPOINT.
    """


class Teller:
    """Tells records to the collector that OpenTelemetry's variables name."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio
        self._exporter = OTLPSpanExporter()
        self._stopped = asyncio.Event()
        self.spans = 0
        """Taken by the collector since the start."""

    @property
    def is_stopped(self) -> bool:
        """Whether the process is to end."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Wait no longer for a collector that does not answer."""
        self._stopped.set()
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # it says no type

    async def meet(self) -> None:
        """See whether there is a collector.

        Raises:
            CollectorSilent: it takes nothing.
        """
        if not await self._took(()) and not self.is_stopped:
            raise CollectorSilent

    async def tell(self, records: Iterable[Record]) -> bool:
        """Tell of records; False where the process is to end and they were not taken."""
        spans = [span for record in records if (span := span_of(record, self._ratio))]
        while spans and not await self._took(spans):
            if self.is_stopped:
                return False
            LOG.warning("the collector took nothing: %d spans wait for it", len(spans))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), _AGAIN_S)
        self.spans += len(spans)
        return True

    async def _took(self, spans: Sequence[ReadableSpan]) -> bool:
        """Whether the collector answered that it has them: the SDK tries for ten seconds."""
        result = await asyncio.to_thread(self._exporter.export, spans)
        return result is SpanExportResult.SUCCESS
