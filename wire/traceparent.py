"""The span that a message comes from, as a header names it (W3C Trace Context)."""

from typing import Final

from opentelemetry.trace import SpanContext, format_span_id, format_trace_id, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

HEADER: Final = "traceparent"
_W3C: Final = TraceContextTextMapPropagator()


def span_in(told: str | None) -> SpanContext | None:
    """The span that a header's text names, or None where it names none."""
    if told is None:
        return None
    span = get_current_span(_W3C.extract({HEADER: told})).get_span_context()
    return span if span.is_valid else None


def written(span: SpanContext) -> str:
    """The header's text that names a span."""
    return (
        f"00-{format_trace_id(span.trace_id)}-{format_span_id(span.span_id)}-{span.trace_flags:02x}"
    )
