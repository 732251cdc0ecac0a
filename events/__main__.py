"""The contract on the command line: look at a record, list messages, write the documents."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from events import schemas
from events.base import RECORD_BYTES_MAX
from events.codec import decode, encode
from events.errors import FlowMartError
from events.registry import MESSAGES, message_named

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
_NAMED_AT_MOST: Final = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Give a command's exit code: 0 done, 1 a bad record or stale documents, 2 a wrong call."""
    call = _parser().parse_args(arguments)
    try:
        if call.command == "decode":
            return _decode(call.name, call.file, call.timestamp_ms)
        return _list() if call.command == "list" else _schemas(call.docs, check=call.check)
    except BrokenPipeError:  # Whoever read us has seen enough; closing must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (FlowMartError, OSError) as error:
        sys.stderr.write(f"events: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m events", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    decoding = commands.add_parser("decode", help="print a record as one line of canonical JSON")
    decoding.add_argument("name", metavar="NAME", help="the message, such as OrderConfirmed")
    decoding.add_argument("file", metavar="FILE", help="the record; - reads standard input")
    decoding.add_argument(
        "--timestamp-ms",
        type=int,
        default=0,
        help="the record's Kafka timestamp, for one that carries no time (default: 0, so 1970)",
    )
    commands.add_parser("list", help="list every message with its kind, topic, key and source")
    documenting = commands.add_parser(
        "schemas", help="write the JSON Schemas and the AsyncAPI document"
    )
    documenting.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 and name the stale files"
    )
    documenting.add_argument(
        "--docs", type=Path, default=DOCS, help="the docs folder (default: %(default)s)"
    )
    return parser


def _decode(name: str, file: str, timestamp_ms: int) -> int:
    model = message_named(name)
    envelope = decode(_read(file), expect=model.name, record_timestamp_ms=timestamp_ms)
    line = encode(
        envelope.data,
        event_id=envelope.event_id,
        timestamp=envelope.timestamp_ms,
        correlation_id=envelope.correlation_id,
        causation_id=envelope.causation_id,
        metadata=envelope.metadata,
        source=envelope.source,
    )
    sys.stdout.write(line.decode() + "\n")
    return 0


def _read(file: str) -> bytes:
    """Read a record, at most a byte more than is allowed: a huge file is refused, not loaded."""
    if file == "-":
        return sys.stdin.buffer.read(RECORD_BYTES_MAX + 1)
    with Path(file).open("rb") as stream:
        return stream.read(RECORD_BYTES_MAX + 1)


def _list() -> int:
    rows = [("NAME", "KIND", "TOPIC", "KEY", "SOURCE")]
    rows += [
        (model.name, model.kind, model.topic or "-", model.key_field or "-", model.source)
        for model in MESSAGES.values()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
    sys.stdout.flush()
    return 0


def _schemas(docs: Path, *, check: bool) -> int:
    if not check:
        for path in schemas.write(docs):
            sys.stdout.write(f"wrote {path}\n")
        return 0
    differing = schemas.stale(docs)
    if not differing:
        return 0
    named = ", ".join(differing[:_NAMED_AT_MOST])
    more = len(differing) - _NAMED_AT_MOST
    rest = f" and {more} more" if more > 0 else ""
    sys.stderr.write(f"events: stale: {named}{rest}; run `python -m events schemas`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
