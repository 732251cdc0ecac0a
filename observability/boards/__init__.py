"""The boards: one for each thing that the marketplace wants watched."""

from observability.boards.api import API
from observability.boards.customers import CUSTOMERS
from observability.boards.engine import ENGINE
from observability.boards.inventory import INVENTORY
from observability.boards.notifications import NOTIFICATIONS
from observability.boards.orders import ORDERS
from observability.boards.payments import PAYMENTS
from observability.boards.shipping import SHIPPING
from observability.boards.subscriptions import SUBSCRIPTIONS

BOARDS = (
    ORDERS,
    PAYMENTS,
    INVENTORY,
    SHIPPING,
    SUBSCRIPTIONS,
    NOTIFICATIONS,
    CUSTOMERS,
    API,
    ENGINE,
)
