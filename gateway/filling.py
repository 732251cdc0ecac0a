"""What a request's body leaves out and somebody knows better: the path, the token, the server."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from events.shapes import shape_of
from events.upcast import dig
from gateway.refusals import bad_request
from gateway.route import Route
from gateway.tokens import Principal

_FROM_BODY: Final = "body"


def filled_in(
    request: web.Request,
    route: Route,
    data: dict[str, Any],
    principal: Principal,
    event_id: str,
) -> dict[str, Any]:
    """The body with what the path, the token and the server know better.

    Raises:
        Refusal: the body contradicts the path or names another customer.
    """
    filled = {**data, **_customer(route, data), **_fixed(route, principal)}
    if not principal.staff:
        _refuse_what_is_the_shops(route, data)
    for field, value in _by_path(request, route, data).items():
        _fill(filled, field, value)
    if route.user is not None and not (principal.staff and filled.get(route.user)):
        _fill(filled, route.user, principal.subject)
    if route.signs is not None and filled.get(route.signs) is not None:
        _fill(filled, route.signs, principal.subject)
    if route.names is not None and not (principal.staff and filled.get(route.names)):
        filled[route.names] = route.made + event_id.replace("-", "")
    key_field = "idempotencyKey"
    if "idempotency_key" in route.message.model_fields and not filled.get(key_field):
        filled[key_field] = event_id
    return filled


def _by_path(request: web.Request, route: Route, data: dict[str, Any]) -> Mapping[str, str]:
    if route.parts is not None:
        return route.parts(request.match_info["id"], data)
    takes = route.takes.items()
    return {field: request.match_info[name] for field, name in takes if name != _FROM_BODY}


def _customer(route: Route, data: dict[str, Any]) -> dict[str, Any]:
    """The customer by the field's own name, where the body has it as older clients say it."""
    if route.user is None or data.get(route.user) is not None:
        return {}
    older = [data.get(name) for name in shape_of(route.message)[route.user].choices]
    paths = route.message.upcast.paths.get(route.user, ())
    older += [dig(data, path) for path in paths]
    return next(({route.user: said} for said in older if said is not None), {})


def _refuse_what_is_the_shops(route: Route, data: dict[str, Any]) -> None:
    withheld = {field for field, word in route.withheld.items() if data.get(field) == word}
    said = {field for field in route.reserved if dig(data, field) is not None}
    for field in said | withheld:
        raise bad_request(f"{field}: this is the shop's to say: leave it out")


def _fixed(route: Route, principal: Principal) -> dict[str, Any]:
    known = {"$subject": principal.subject, "$capacity": principal.capacity}
    return {field: known.get(str(value), value) for field, value in route.fixed.items()}


def _fill(filled: dict[str, Any], field: str, value: str) -> None:
    said = filled.get(field)
    if said is None:  # Left out, or null, as many clients write what they leave out.
        filled[field] = value
    elif str(said) != value:
        raise bad_request(
            f"{field}: {said} in the body, {value} by path or token: leave it out",
            [{"field": field, "message": f"expected {value}"}],
        )
