"""What a route is: a command that goes to Kafka, one row, or a page of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from events.base import Message
from gateway.filters import Filter
from gateway.tokens import Role
from settings.gateway import GatewayRules

Right = Literal["read", "write"]
USERS: Final = ("userId", "customerId")
"""Query parameters that name a customer: two names of one identity."""


@dataclass(frozen=True, slots=True)
class Owned:
    """The row that tells whose an object is."""

    table: str
    owner: str
    """The row's field with the customer, dotted; empty where the row is a customer's."""
    field: str
    """The wire field with the object's id; where a message names none, there is nothing to own."""
    among: str = ""
    """The wire field with the customer where the row holds all of theirs, under the table's name.

    Empty: the object is the row, and its id the key.
    """


@dataclass(frozen=True, slots=True)
class Route:
    """One verb on one path. Roles None: every role; what is not one's own is not found."""

    verb: str
    path: str
    message: type[Message]
    resource: str
    """Of the scope `<resource>:<right>`."""
    help: str
    roles: frozenset[Role] | None = None
    mfa: bool = False
    """Whether people need a second factor; a service, where it may, has none to show."""
    takes: Mapping[str, str] = field(default_factory=dict)
    """Wire field of the message to the variable of the path that fills it."""
    parts: Callable[[str, Mapping[str, Any]], Mapping[str, str]] | None = None
    """What the path's id says beside a body, where it is not simply a field."""
    fixed: Mapping[str, object] = field(default_factory=dict)
    """Wire fields that this route decides: `$subject` is the caller, `$capacity` what they are."""
    owned: Owned | None = None
    """Looked up before a command goes out."""
    user: str | None = None
    """The wire field that must be the caller, and is filled with it; staff may name others."""
    reserved: frozenset[str] = frozenset()
    """Wire fields that only staff may say, dotted where they lie in a part."""
    withheld: Mapping[str, str] = field(default_factory=dict)
    """Words of a wire field that only staff may say in it."""
    signs: str | None = None
    """The wire field that may name the caller only."""
    names: str | None = None
    """The wire field of the id of what is made; filled when absent."""
    made: str = ""
    """The prefix of such an id."""
    named_after: Callable[[str], str] | None = None
    """The id of what is made by the command's own, where no field of the message says it."""
    location: str = ""
    """Where what is made is found, with `{id}`."""
    further: tuple[str, ...] = ()
    """Where else something will be found of it, or sent to it, with `{id}`."""
    checkout: bool = False
    """Held to the rate of orders and payments (G-3)."""
    waits: bool = False
    """Whether the answer waits for the outcome (G-7)."""

    @property
    def places(self) -> tuple[str, ...]:
        """What answers 202 until there is something to show, the location first."""
        return (self.location, *self.further) if self.location else ()

    @property
    def compares(self) -> bool:
        """Whether If-Match may be sent: a GET shows the object that is looked up, and its ETag."""
        return self.owned is not None and not self.owned.among

    @property
    def right(self) -> Right:
        """What the scope must say."""
        return "read" if self.message.kind == "query" else "write"

    @property
    def scope(self) -> str:
        """What a token must carry, unless its roles say it all."""
        return f"{self.resource}:{self.right}"


@dataclass(frozen=True, slots=True)
class Look:
    """A route that reads one row."""

    path: str
    message: type[Message] | None
    """The contract's query; None where it has none."""
    resource: str
    table: str
    help: str
    key_of: Callable[[str], str] | None = None
    """What the row's key is by the id in the path, where that is not the key."""
    owner: str | None = None
    """The row's field with the customer; None: open to every token with the scope."""
    ttl: str = ""
    """The rule that says how long the answer may be served again; empty: not at all."""
    by_user: bool = False
    """The id is the customer's own."""
    index: str = ""
    """The table that gives a row's key by the id, where the id is not the key."""

    def ttl_ms(self, rules: GatewayRules) -> int:
        """How long the answer may be served again."""
        return int(getattr(rules, self.ttl)) if self.ttl else 0


@dataclass(frozen=True, slots=True)
class Listing:
    """A route that reads a page of rows."""

    path: str
    message: type[Message] | None
    resource: str
    table: str
    help: str
    by_user: bool = False
    """Rows whose keys begin with the customer."""
    rows_of: str = ""
    """The table whose rows the keys stand for, by their last part."""
    owner: str = ""
    """The field of those rows with the customer."""
    filters: Mapping[str, Filter] = field(default_factory=dict)
    """By query parameter."""
    ttl: str = ""
    """As in a Look."""

    @property
    def names_user(self) -> bool:
        """Whether staff say in the query whose rows they want."""
        return self.by_user and "{id}" not in self.path

    @property
    def queries(self) -> frozenset[str]:
        """Every query parameter that the list knows."""
        user = USERS if self.names_user else ()
        return frozenset({"page", "offset", "limit", "cursor", *self.filters, *user})

    def ttl_ms(self, rules: GatewayRules) -> int:
        """How long the answer may be served again."""
        return int(getattr(rules, self.ttl)) if self.ttl else 0
