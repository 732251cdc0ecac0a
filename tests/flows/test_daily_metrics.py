from datetime import UTC, datetime

from events.orders import CancelOrder
from tests.flows.scene import Scene


def test_daily_metrics_are_told_at_a_quarter_past_midnight() -> None:
    scene = Scene(start=datetime(2025, 6, 16, 10, 0, tzinfo=UTC)).stock()

    scene.place(order_id="ord_1").place(order_id="ord_2")
    scene.tell(CancelOrder(order_id="ord_2", user_id="usr_1", cancellation_reason="no need"))
    scene.wait(hours=15, minutes=30)

    [told] = scene.data("OrderMetricsCalculated")
    assert told.metrics.total_orders == told.metrics.cancelled_orders == 1
