"""Bearer tokens (G-2)."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.tokens import Issuer, Principal, Role, TokenRefused

KEY = "k" * 32
ISSUER = Issuer(KEY)


def signed(key: Any = KEY, algorithm: str = "HS256", **changed: Any) -> str:
    now = int(time.time())
    claims = {
        "sub": "cus_1", "roles": ["customer"], "scope": "orders:read orders:write",
        "iss": "flowmart", "aud": "flowmart-api", "exp": now + 60, "nbf": now, "amr": ["pwd"],
        **changed,
    }  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm)


def test_a_token_tells_who_asks() -> None:
    principal = ISSUER.read(signed(amr=["pwd", "mfa"]))
    assert (principal.subject, principal.roles) == ("cus_1", {Role.CUSTOMER})
    assert principal.scopes == {"orders:read", "orders:write"}
    assert principal.mfa
    assert not principal.staff
    assert not principal.anonymous


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: "nonsense", "Not enough segments"),
        (lambda: signed(key="x" * 32), "Signature verification failed"),
        (lambda: signed(exp=int(time.time()) - 61), "Signature has expired"),
        (lambda: signed(nbf=int(time.time()) + 120), "not yet valid"),
        (lambda: signed(iss="other"), "Invalid issuer"),
        (lambda: signed(aud="other"), "Audience"),
        (lambda: signed(exp=None), 'missing the "exp" claim'),
        (lambda: signed(iss=None), 'missing the "iss" claim'),
        (lambda: signed(aud=None), 'missing the "aud" claim'),
        (lambda: signed(sub=None), 'missing the "sub" claim'),
        (lambda: signed(roles=["king"]), "names no role"),
        (lambda: signed(roles=["anonymous"]), "names no role"),
        (lambda: "\udcff" + signed(), "ASCII characters only"),
    ],
)
def test_a_token_that_does_not_hold_is_refused_with_its_reason(
    make: Callable[[], str], why: str
) -> None:
    with pytest.raises(TokenRefused, match=why):
        ISSUER.read(make())


def test_staff_are_those_who_work_for_the_shop_and_its_machines() -> None:
    staff = {role for role in Role if Principal("one", frozenset({role})).staff}

    assert staff == {"customer_service", "store_manager", "admin", "service"}


def test_an_unsigned_token_is_refused() -> None:
    with pytest.raises(TokenRefused):
        ISSUER.read(jwt.encode({"sub": "cus_1", "roles": ["admin"]}, None, algorithm="none"))


def test_a_minute_of_skew_is_forgiven() -> None:
    with time_machine.travel(1_800_000_000, tick=False):
        assert ISSUER.read(signed(exp=1_800_000_000 - 59)).subject == "cus_1"
        with pytest.raises(TokenRefused, match="Signature has expired"):
            ISSUER.read(signed(exp=1_800_000_000 - 60))


def test_in_production_a_public_key_checks_what_a_private_one_signed() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    issuer = Issuer(public.decode(), "RS256")
    assert issuer.read(signed(private, "RS256")).subject == "cus_1"
    with pytest.raises(TokenRefused):
        issuer.read(signed())


def test_while_keys_are_changed_tokens_of_both_hold_and_no_others() -> None:
    issuer = Issuer("n" * 32, key_before=KEY)

    assert issuer.read(signed()).subject == "cus_1"
    assert issuer.read(signed("n" * 32)).subject == "cus_1"
    with pytest.raises(TokenRefused, match="Signature verification failed"):
        issuer.read(signed("x" * 32))
    with pytest.raises(TokenRefused, match="Signature has expired"):
        issuer.read(signed(exp=int(time.time()) - 61))
    with pytest.raises(ValueError, match="no public key"):
        Issuer("n" * 32, "RS256", "x" * 40)


@pytest.mark.parametrize(("role", "life_s"), [("customer", 900), ("service", 300)])
def test_tokens_live_fifteen_minutes_those_of_services_five(role: str, life_s: int) -> None:
    token = ISSUER.sign("s", [role], [])
    claims = jwt.decode(token, KEY, algorithms=["HS256"], audience="flowmart-api")
    assert claims["exp"] - claims["iat"] == life_s
    assert claims["nbf"] == claims["iat"]


def test_the_key_shows_in_no_log() -> None:
    assert KEY not in repr(ISSUER)


def test_what_is_no_public_key_is_told_at_once_not_to_each_caller() -> None:
    with pytest.raises(ValueError, match="no public key"):
        Issuer("x" * 40, "RS256")


@pytest.mark.parametrize("claims", [{"roles": 1}, {"roles": "admin"}, {"roles": [["admin"]]},
                                    {"roles": None}, {"sub": ""}])  # fmt: skip
def test_claims_of_another_kind_are_refused(claims: dict[str, object]) -> None:
    with pytest.raises(TokenRefused):
        ISSUER.read(signed(**claims))


@pytest.mark.parametrize("amr", ["no-mfa", 1, None, {"mfa": 1}])
def test_a_second_factor_is_a_word_in_a_list(amr: object) -> None:
    assert not ISSUER.read(signed(amr=amr)).mfa
