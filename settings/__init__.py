"""One frozen object with every setting: environment, prefix `FLOWMART_`, printed masked at start.

Business figures keep the contract's defaults; `FLOWMART_ORDERS__LINES_MAX=20` changes one. Sets
and mappings are JSON: `FLOWMART_INVENTORY__NO_BACKORDER='["prd_1"]'`.
"""

from settings.addresses import is_loopback
from settings.keys import revealed
from settings.model import Settings
from settings.told import settings_or_exit

__all__ = ["Settings", "is_loopback", "revealed", "settings_or_exit"]
