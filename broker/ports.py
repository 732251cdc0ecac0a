"""Ports on loopback that nothing listens on."""

import random
import socket
from typing import Final

from broker.errors import BrokerError

LOOPBACK: Final = "127.0.0.1"
# Below the kernel's own range for outgoing connections (32768 and up on Linux): a client that
# reconnects while its broker is down could otherwise be given that very port, and keep it.
FREE_PORTS: Final = range(20_000, 32_000)
TRIES: Final = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Pick `count` different ports that are free now; another process may still be faster.

    Raises:
        BrokerError: almost every port is taken.
    """
    # Two runs at once must not try the same ports in the same order, so this is not seeded.
    candidates = random.SystemRandom().sample(FREE_PORTS, TRIES)
    found = [port for port in candidates if is_free(port)][:count]
    if len(found) < count:
        raise BrokerError(
            f"No free port between {FREE_PORTS.start} and {FREE_PORTS.stop}: stop what holds them"
        )
    return found


def given_ports(first: int, count: int) -> list[int]:
    """Return `first` and the ports after it, all free.

    Raises:
        BrokerError: one of them is taken.
    """
    ports = list(range(first, first + count))
    for port in ports:
        if not is_free(port):
            raise BrokerError(
                f"Port {port} on {LOOPBACK} is taken: stop what listens there "
                f"(`ss -ltnp 'sport = :{port}'` names it) or choose another port"
            )
    return ports
