"""The caller's trace (W3C Trace Context), which goes on in ours."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

HEADER: Final = "traceparent"
_W3C: Final = TraceContextTextMapPropagator()


class Caller(NamedTuple):
    """The span that a request comes from."""

    trace_id: str
    """32 hexadecimal digits."""
    traceparent: str
    """As the header names both."""


def caller_in(headers: Mapping[str, str]) -> Caller | None:
    """Who a request's headers say called, or None where they name no span."""
    told = headers.get(HEADER)
    if told is None:
        return None
    context = _W3C.extract({HEADER: told})
    span = get_current_span(context).get_span_context()
    if not span.is_valid:
        return None
    written: dict[str, str] = {}
    _W3C.inject(written, context)
    return Caller(f"{span.trace_id:032x}", written[HEADER])
