"""What has to be there, and what is: worked out from topics alone, by a plain aiokafka consumer.

It reads committed records, knows nothing of the engine or of the bank's code, and adds up by
itself what rows, outputs and dead letters the input asks for.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.structs import ConsumerRecord

from faults.topics import Log

COPY_EVERY: Final = 5
BONUS_EVERY: Final = 10
LETTER_BYTES_MAX: Final = 880_000
"""A larger record cannot be passed on: it becomes a dead letter, and is cut."""
LETTER_PREFIX: Final = 200
OUTPUTS: Final = ("moves", "copies", "calls", "bonuses", "beats")


@dataclass
class Wanted:
    """What the input asks for."""

    accounts: dict[str, list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0])
    )
    """By payer: read, unique, spent, bonuses."""
    wallets: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    shelves: Counter[str] = field(default_factory=Counter)
    outputs: dict[str, Counter[bytes]] = field(default_factory=lambda: defaultdict(Counter))
    ids: set[int] = field(default_factory=set)
    records: int = 0

    def take(self, raw: bytes | None) -> None:
        """Add one record of the input."""
        self.records += 1
        found = _payment(raw) if len(raw or b"") <= LETTER_BYTES_MAX else None
        if found is None or found.get("do") in {"raise", "huge row"}:
            if not _is_skipped(raw):
                self.outputs["dlq"][letter(raw)] += 1
            return
        account = self.accounts[found["payer"]]
        account[0] += 1
        if found["id"] in self.ids:
            return
        self.ids.add(found["id"])
        self._first(found, account, raw or b"")

    def _first(self, found: dict[str, Any], account: list[int], raw: bytes) -> None:
        amount = found["amount"]
        account[1] += 1
        account[2] += amount
        wallet = self.wallets[found["payee"]]
        wallet[0] += 1
        wallet[1] += amount
        if not found.get("do"):
            self.shelves[found["product"]] += 1
        self.outputs["moves"][raw] += 1
        if amount % COPY_EVERY == 0:
            self.outputs["copies"][raw] += 1
            self.outputs["calls"][raw] += 1
        if amount % BONUS_EVERY == 0:
            account[3] += 1
            self.outputs["bonuses"][f"{found['payer']}/{found['id']}".encode()] += 1

    def rows(self) -> dict[str, tuple[int, ...]]:
        """Every row, by table and key."""
        return {
            **{f"accounts/{k}": tuple(v) for k, v in self.accounts.items()},
            **{f"wallets/{k}": tuple(v) for k, v in self.wallets.items()},
            **{f"shelves/{k}": (v,) for k, v in self.shelves.items()},
        }


_FIELDS: Final = {
    "accounts": ("read", "unique", "spent", "bonuses"),
    "wallets": ("moves", "received"),
    "shelves": ("sold",),
}


@dataclass
class Found:
    """What the application wrote."""

    rows: dict[str, tuple[int, ...]] = field(default_factory=dict)
    beats: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    """In which partition each row lies."""
    outputs: dict[str, Counter[bytes]] = field(default_factory=lambda: defaultdict(Counter))
    commits: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """By partition: when rows were written, in ms."""
    spent_ms: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """By partition: when somebody paid more than before, in ms."""

    def changelog(self, record: ConsumerRecord) -> None:
        """Fold one record of the changelog."""
        self.commits[record.partition].append(record.timestamp)
        table, _, key = record.key.partition(b"\0")
        name = table.decode()
        if name == "beats":
            self.beats[key.decode()] = _row(record)["count"]
        elif name in _FIELDS:
            row = _row(record)
            self._paid(f"{name}/{key.decode()}", record, row)
            self.places[f"{name}/{key.decode()}"] = record.partition
            self.rows[f"{name}/{key.decode()}"] = tuple(row[f] for f in _FIELDS[name])

    def _paid(self, key: str, record: ConsumerRecord, row: dict[str, Any]) -> None:
        if "spent" in row and self.rows.get(key, (0, 0, 0))[2] != row["spent"]:
            self.spent_ms[record.partition].append(record.timestamp)

    def beats_told(self) -> Counter[bytes]:
        """The ticks that rows say were published."""
        return Counter(
            f"{p}/{n + 1}".encode() for p, last in self.beats.items() for n in range(last)
        )


@dataclass(frozen=True)
class Verdict:
    """How what is differs from what has to be."""

    rows_wrong: int
    outputs_lost: int
    outputs_twice: int
    conserved: bool
    records: int
    words: list[str]

    @property
    def is_green(self) -> bool:
        """Whether nothing is wrong."""
        wrong = self.rows_wrong + self.outputs_lost + self.outputs_twice
        return wrong == 0 and self.conserved


class Oracle:
    """Reads on and judges."""

    def __init__(self, bootstrap: str, app: str) -> None:
        self._app = app
        self.log = Log(bootstrap, [f"{app}-{n}" for n in ("in", "in.dlq", "changelog", *OUTPUTS)])
        self.wanted, self.found = Wanted(), Found()
        self.letters: list[ConsumerRecord] = []

    async def look(self) -> Verdict:
        """Take in what came and judge."""
        for record in await self.log.more():
            name = record.topic.removeprefix(f"{self._app}-")
            if name == "in":
                self.wanted.take(record.value)
            elif name == "changelog":
                self.found.changelog(record)
            elif name == "in.dlq":
                self.letters.append(record)
                self.found.outputs["dlq"][letter(record.value)] += 1
            else:
                self.found.outputs[name][record.value] += 1
        return self._judge()

    def _judge(self) -> Verdict:
        rows, words = self.wanted.rows(), []
        keys = rows.keys() | self.found.rows.keys()
        wrong = [k for k in keys if rows.get(k) != self.found.rows.get(k)]
        words += [f"{k}: {self.found.rows.get(k)} instead of {rows.get(k)}" for k in wrong[:5]]
        lost = twice = 0
        for name in (*OUTPUTS, "dlq"):
            want = self.found.beats_told() if name == "beats" else self.wanted.outputs[name]
            missing = sum((want - self.found.outputs[name]).values())
            extra = sum((self.found.outputs[name] - want).values())
            lost, twice = lost + missing, twice + extra
            if missing or extra:
                words.append(f"{name}: {missing} lost, {extra} too many")
        return Verdict(len(wrong), lost, twice, self._conserved(), self.wanted.records, words)

    def _conserved(self) -> bool:
        """Whether no money and no stock came or went: what one spent another received."""
        rows = self.found.rows.items()
        spent = sum(row[2] for key, row in rows if key.startswith("accounts/"))
        received = sum(row[1] for key, row in rows if key.startswith("wallets/"))
        sold = sum(row[0] for key, row in rows if key.startswith("shelves/"))
        return spent == received and sold == sum(self.wanted.shelves.values())


def _row(record: ConsumerRecord) -> dict[str, Any]:
    """The row that a record of the changelog holds: the bank deletes none of them."""
    row: dict[str, Any] = json.loads(record.value)
    return row


def letter(raw: bytes | None) -> bytes:
    """What identifies a dead letter: the record, or the beginning of one that is cut."""
    raw = raw or b""
    return raw[:LETTER_PREFIX] if len(raw) > LETTER_BYTES_MAX - LETTER_PREFIX * 50 else raw


def _envelope(raw: bytes | None) -> Any:
    try:
        return json.loads(raw or b"")
    except (ValueError, RecursionError):
        return None


def _is_skipped(raw: bytes | None) -> bool:
    """Whether it is a well-formed record of a type that nobody reads."""
    told = _envelope(raw)
    return isinstance(told, dict) and isinstance(told.get("type"), str) and told["type"] != "Pay"


def _payment(raw: bytes | None) -> dict[str, Any] | None:
    """The payment of a record, or None when it is none that can be made."""
    told = _envelope(raw)
    if not isinstance(told, dict) or told.get("type") != "Pay" or told.get("version") != 1:
        return None
    data = told.get("data")
    if not isinstance(data, dict):
        return None
    texts = all(isinstance(data.get(name), str) for name in ("payer", "payee", "product"))
    numbers = all(type(data.get(name)) is int for name in ("id", "amount"))
    return data if texts and numbers else None
