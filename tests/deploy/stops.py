"""How long processes take to stop at the most: what their steps may take, added up."""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import DEFAULT_TIMEOUT

from engine.confirmed import STOP_S_MAX as PRODUCER_S
from engine.consumer import LEAVE_WAIT_S
from engine.policy import Policy
from engine.producer import STOP_WAIT_S
from gateway.server import _STOP_S
from web.server import STOP_S_MAX

STOPS = {
    # What is queued, the group's offsets, a commit under way, the producers, the group; then the
    # port, and the way in.
    "flowmart-worker": (
        2 * Policy().close_wait_s + 2 * LEAVE_WAIT_S + STOP_WAIT_S + STOP_S_MAX + PRODUCER_S
    ),
    # The port, what it hears, what it still writes.
    "flowmart-gateway": _STOP_S + 2 * PRODUCER_S,
    # A request that the collector does not answer; then the group is left.
    "flowmart-traces": DEFAULT_TIMEOUT + LEAVE_WAIT_S,
}
"""In seconds, by the pod's name."""
