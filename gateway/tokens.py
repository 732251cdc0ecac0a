"""Who asks: a bearer token, checked and read (G-2)."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import jwt

ACCESS_TTL_S: Final = 900
SERVICE_TTL_S: Final = 300


class Role(StrEnum):
    """What a token may say its holder is."""

    ANONYMOUS = "anonymous"
    CUSTOMER = "customer"
    PREMIUM = "premium"
    CUSTOMER_SERVICE = "customer_service"
    STORE_MANAGER = "store_manager"
    ADMIN = "admin"
    PARTNER = "partner"
    SERVICE = "service"


STAFF: Final = frozenset({Role.CUSTOMER_SERVICE, Role.STORE_MANAGER, Role.ADMIN, Role.SERVICE})
"""Who reaches other people's objects."""


class TokenRefused(Exception):
    """The token does not hold. Caller: get a new one; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. An anonymous one is known by its address."""

    subject: str
    roles: frozenset[Role] = frozenset({Role.ANONYMOUS})
    scopes: frozenset[str] = frozenset()
    mfa: bool = False
    """Signed in with a second factor."""

    @property
    def anonymous(self) -> bool:
        """Whether nobody knows who it is."""
        return self.roles == {Role.ANONYMOUS}

    @property
    def staff(self) -> bool:
        """Whether other people's objects may be reached."""
        return bool(self.roles & STAFF)

    @property
    def capacity(self) -> str:
        """As what they ask, in the contract's words: system, support or customer."""
        if Role.SERVICE in self.roles:
            return "system"
        return "support" if self.staff else "customer"


@dataclass(frozen=True)
class Issuer:
    """Whose tokens hold. HS256 with a shared secret, RS256 with a public key in PEM."""

    key: str = field(repr=False)
    algorithm: str = "HS256"
    key_before: str | None = field(default=None, repr=False)
    """What it signed with holds too, while keys are changed."""
    issuer: str = "flowmart"
    audience: str = "flowmart-api"
    skew_s: int = 60

    def __post_init__(self) -> None:
        """See that the keys are such.

        Raises:
            ValueError: one is no public key.
        """
        try:
            for key in self._keys():
                jwt.get_algorithm_by_name(self.algorithm).prepare_key(key)
        except (jwt.InvalidKeyError, ValueError) as wrong:
            raise ValueError("no public key in PEM") from wrong

    def _keys(self) -> tuple[str, ...]:
        return (self.key,) if self.key_before is None else (self.key, self.key_before)

    def read(self, token: str) -> Principal:
        """The token's holder.

        Raises:
            TokenRefused: it is malformed, forged, out of its time, or of somebody else.
        """
        try:
            return _principal(self._claims(token))
        except jwt.PyJWTError as refused:
            raise TokenRefused(str(refused)) from None
        except UnicodeError:
            raise TokenRefused("a token has ASCII characters only") from None

    def _claims(self, token: str) -> dict[str, Any]:
        """What a token says, by the first key that signed it."""
        *others, last = self._keys()
        for key in others:
            with suppress(jwt.InvalidSignatureError):
                return self._decoded(token, key)
        return self._decoded(token, last)

    def _decoded(self, token: str, key: str) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=[self.algorithm],
            issuer=self.issuer,
            audience=self.audience,
            leeway=self.skew_s,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )

    def sign(self, subject: str, roles: list[str], scopes: list[str], *, mfa: bool = False) -> str:
        """A token for 15 minutes, 5 for a service (dev: in production somebody else signs)."""
        now = int(time.time())
        life_s = SERVICE_TTL_S if Role.SERVICE in roles else ACCESS_TTL_S
        claims = {
            "sub": subject, "roles": roles, "scope": " ".join(scopes), "iss": self.issuer,
            "aud": self.audience, "iat": now, "nbf": now, "exp": now + life_s,
            "amr": ["pwd", "mfa"] if mfa else ["pwd"],
        }  # fmt: skip
        return jwt.encode(claims, self.key, algorithm=self.algorithm)


def _principal(claims: dict[str, Any]) -> Principal:
    roles = _words(claims, "roles")
    known = frozenset(role for role in Role if role in roles) - {Role.ANONYMOUS}
    if not known:
        raise TokenRefused("the token names no role of this API")
    if not claims["sub"]:
        raise TokenRefused("the token names nobody: sub is empty")
    return Principal(
        subject=str(claims["sub"]),
        roles=known,
        scopes=frozenset(str(claims.get("scope", "")).split()),
        mfa="mfa" in _words(claims, "amr"),
    )


def _words(claims: dict[str, Any], name: str) -> list[Any]:
    """A claim that is a list; one of another kind says nothing."""
    found = claims.get(name)
    return found if isinstance(found, list) else []
