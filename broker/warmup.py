"""A cache of Kafka's loaded and linked classes, made once for this machine by the JVM itself.

A new node serves after 1.0 s instead of 2.4 s with it. Making it takes 6 s, so only those do it
who start nodes again and again (the tests, `python -m broker fetch`); every start uses it once it
is there. The JVM checks that the cache fits, and does without when it does not.
"""

import tempfile
from pathlib import Path
from typing import Final

from broker.cluster import Broker
from broker.jars import cache_home, fetch
from broker.jvm import class_cache
from broker.locks import locked

TRAINING_WAIT_S_MAX: Final = 120.0


def warm_up() -> None:
    """Make the cache when it is missing; one process does, others wait for it.

    Raises:
        BrokerError: Kafka cannot be fetched or started.
    """
    cache = cache_home()
    target = class_cache(fetch(cache))
    with locked(cache / "warm-up.lock", TRAINING_WAIT_S_MAX):
        if not target.exists():
            _train(cache, target)


def _train(cache: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache, prefix="warming-up-") as scratch:
        made = Path(scratch, "classes.aot")
        # The JVM writes it at its end; a directory of its own makes that an orderly one.
        with Broker(
            data_dir=Path(scratch, "kafka"), cache=cache, jvm_options=[f"-XX:AOTCacheOutput={made}"]
        ):
            pass
        if made.exists():
            made.rename(target)
