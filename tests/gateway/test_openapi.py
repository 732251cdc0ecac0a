"""The document of the API."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from gateway import openapi
from gateway.guard import OPEN
from gateway.routes import ROUTES
from tests.gateway.conftest import Shop

DOCS = Path(__file__).parents[2] / "docs"


def test_the_document_is_sound_openapi() -> None:
    validate(openapi.document())


def test_the_document_in_docs_is_current() -> None:
    assert openapi.is_current(DOCS), "make docs"


async def test_what_is_served_is_what_is_documented(shop: Shop) -> None:
    served = {
        (route.method, route.resource.canonical)
        for route in shop.client.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    document = await (await shop.ask("GET", "/openapi.json")).json()
    paths = document["paths"].items()
    assert served == {(verb.upper(), path) for path, verbs in paths for verb in verbs}
    assert document == openapi.document()


def test_every_route_has_a_name_of_its_own() -> None:
    paths = openapi.document()["paths"].values()
    names = [told["operationId"] for verbs in paths for told in verbs.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("path", "scheme"),
    [("/webhooks/stripe", "stripe"), ("/webhooks/carriers/{carrier}", "carrier")],
)
def test_webhooks_are_signed_and_nothing_but_health_is_open(path: str, scheme: str) -> None:
    document = openapi.document()
    assert document["paths"][path]["post"]["security"] == [{scheme: []}]
    assert scheme in document["components"]["securitySchemes"]
    assert "404" in document["paths"][path]["post"]["responses"], "its secret may not be set"
    everybody = {p for p, verbs in document["paths"].items() for told in verbs.values()
                 if told.get("security") == []}  # fmt: skip
    assert everybody == OPEN | {"/openapi.json"}


def test_the_caller_need_not_say_what_the_server_fills_in() -> None:
    place = openapi.document()["paths"]["/v1/orders"]["post"]
    required = place["requestBody"]["content"]["application/json"]["schema"]["required"]
    assert "orderItems" in required
    assert "userId" not in required


def test_each_body_is_shown_with_an_example_that_fits_its_schema() -> None:
    verbs = [one for verbs in openapi.document()["paths"].values() for one in verbs.values()]
    shown = {one["operationId"]: one["requestBody"]["content"]["application/json"]
             for one in verbs if "requestBody" in one}  # fmt: skip
    del shown["stripeWebhook"]  # Stripe's own.

    assert len(shown) == len(ROUTES) + 2
    for name, body in shown.items():
        checker = Draft202012Validator(body["schema"], format_checker=FormatChecker())
        assert [error.message for error in checker.iter_errors(body["example"])] == [], name


def test_a_carrier_is_told_all_that_its_scan_needs() -> None:
    scan = openapi.document()["paths"]["/webhooks/carriers/{carrier}"]["post"]
    required = scan["requestBody"]["content"]["application/json"]["schema"]["required"]
    assert required == ["shipmentId", "status", "trackingNumber", "updatedAt"]
