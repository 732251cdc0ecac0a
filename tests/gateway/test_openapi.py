"""The document of the API."""

from pathlib import Path

from openapi_spec_validator import validate

from gateway import openapi
from gateway.routes import LISTINGS, LOOKS, ROUTES

DOCS = Path(__file__).parents[2] / "docs"


def test_it_is_valid() -> None:
    validate(openapi.document())


def test_it_is_current() -> None:
    assert openapi.is_current(DOCS), "make docs"


def test_every_route_is_in_it_once() -> None:
    paths = openapi.document()["paths"]
    assert sum(map(len, paths.values())) == 1 + len(ROUTES) + len(LOOKS) + len(LISTINGS)


def test_the_caller_need_not_say_what_the_server_fills_in() -> None:
    place = openapi.document()["paths"]["/v1/orders"]["post"]
    required = place["requestBody"]["content"]["application/json"]["schema"]["required"]
    assert "orderItems" in required
    assert "userId" not in required
