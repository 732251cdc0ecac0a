"""Orders and Allocation in memory, with the rest of the shop played by the test."""

from agents.allocation import allocation_agent
from agents.orders import orders_agent
from engine.driver import Driver
from streams.allocation.rows import Allocation
from streams.allocation.rules import AllocationRules
from streams.orders.rows import Order
from streams.orders.rules import OrderRules
from tables.allocations import ALLOCATIONS
from tables.orders import ORDERS
from tests.agents.caller import Caller


class Desk(Caller):
    """Both agents, and messages sent to them at the driver's time."""

    def __init__(self, *, partitions: int = 3, chunk_max: int = 1000) -> None:
        agents = [orders_agent(OrderRules()), allocation_agent(AllocationRules())]
        self.driver = Driver(agents, partitions=partitions, chunk_max=chunk_max)

    def order(self, order_id: str = "ord_1") -> Order:
        """The order's row."""
        return self.driver.rows(ORDERS)[order_id]

    def allocation(self, order_id: str = "ord_1") -> Allocation:
        """The order's claims on stock."""
        return self.driver.rows(ALLOCATIONS)[order_id]
