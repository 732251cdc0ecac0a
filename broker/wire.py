"""Two requests of the Kafka protocol, enough to know that a node really serves.

A client library would do, but each wants an event loop or a thread of its own, and logs every
refused connection. The layouts are from the protocol's published schemas and never change:
ApiVersions 0 and Metadata 1.
"""

import socket
import struct
from typing import Final

from broker.ports import LOOPBACK

API_VERSIONS: Final = (18, 0)
METADATA: Final = (3, 1)
CLIENT_ID: Final = b"flowmart-broker"
ANSWER_TIMEOUT_S: Final = 2.0
CORRELATION_BYTES: Final = 4
ANSWER_BYTES_MAX: Final = 1 << 20
NO_TOPICS: Final = struct.pack(">i", 0)


def serving_nodes(port: int) -> frozenset[int]:
    """Ask the node at `port` which nodes the cluster counts as alive; itself among them.

    Raises:
        OSError: nothing answers there yet, or not in time, or it is not Kafka.
    """
    with socket.create_connection((LOOPBACK, port), timeout=ANSWER_TIMEOUT_S) as connection:
        versions = _ask(connection, API_VERSIONS, b"")
        if struct.unpack_from(">h", versions)[0] != 0:
            raise ConnectionError(f"The server on port {port} refused ApiVersions")
        return _broker_ids(_ask(connection, METADATA, NO_TOPICS))


def _ask(connection: socket.socket, api: tuple[int, int], body: bytes) -> bytes:
    header = struct.pack(">hhih", *api, 1, len(CLIENT_ID)) + CLIENT_ID
    connection.sendall(struct.pack(">i", len(header) + len(body)) + header + body)
    (size,) = struct.unpack(">i", _read(connection, 4))
    if not CORRELATION_BYTES <= size <= ANSWER_BYTES_MAX:
        raise ConnectionError(f"An answer of {size} bytes is not Kafka's")
    return _read(connection, size)[CORRELATION_BYTES:]


def _read(connection: socket.socket, size: int) -> bytes:
    answer = bytearray()
    while len(answer) < size:
        part = connection.recv(size - len(answer))
        if not part:
            raise ConnectionError("The connection closed in the middle of an answer")
        answer += part
    return bytes(answer)


def _broker_ids(metadata: bytes) -> frozenset[int]:
    (count,) = struct.unpack_from(">i", metadata)
    at, ids = 4, set()
    for _ in range(count):
        node_id, host_length = struct.unpack_from(">ih", metadata, at)
        at += 6 + host_length + 4
        (rack_length,) = struct.unpack_from(">h", metadata, at)
        at += 2 + max(rack_length, 0)
        ids.add(node_id)
    return frozenset(ids)
