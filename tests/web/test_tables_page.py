"""What the page of tables shows, in a real browser; no worker is needed."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.pages import NAMES, NARROW, STATE, WIDE
from web.control import ROOM

SITE = "http://room.test"
TABLES = [
    {"name": "timers", "key": "due", "help": "Timers.", "hidden": True},
    {"name": "orders", "key": "orderId", "help": "One order's life.", "hidden": False},
    {"name": "carts", "key": "cartId", "help": "What is in a cart.", "hidden": False},
]
KEYS = [f"ord_{n:03d}" for n in range(60)]


def rows(query: dict[str, list[str]]) -> dict[str, Any]:
    """A page of orders, as workers tell it."""
    [limit], [workers] = query["limit"], query["workers"]
    [prefix], [after] = query.get("prefix", [""]), query.get("after", [""])
    found = [key for key in KEYS if key.startswith(prefix) and key > after]
    value = {
        "status": "<b>paid</b>",
        "placed_at_ms": 1_767_225_600_000,
        "lines": [{"quantity": 2}],
        "note": "\u202eback to front",
        "waited_ms": 7,
        "due_ms": 1_767_225_600_000,
    }
    shown = [{"key": key, "value": {"order_id": key, **value}} for key in found[: int(limit)]]
    assert workers == "all"
    return {"rows": shown, "more": len(found) > int(limit)}


def answer(route: Route) -> None:
    """What a worker without trouble says, or a part of the page."""
    url = urlsplit(route.request.url)
    is_page = url.path.startswith("/room/") and not url.path.endswith("state")
    if not is_page and route.request.headers.get("authorization") != "Bearer secret":
        route.fulfill(status=401, json={"detail": "show the token"})
    elif url.path == "/room/state":
        route.fulfill(json=STATE)
    elif url.path == "/tables/":
        route.fulfill(json={"tables": TABLES})
    elif url.path == "/tables/orders/":
        route.fulfill(json=rows(parse_qs(url.query)))
    elif url.path == "/tables/carts/":
        route.fulfill(status=503, body=json.dumps({"detail": "a worker does not answer"}))
    else:
        asked = url.path.removeprefix("/room/")
        name = NAMES.get(asked, asked)
        kinds = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
        route.fulfill(body=(ROOM / name).read_bytes(), content_type=kinds[name.split(".")[-1]])


@pytest.fixture
def page(browser: Browser) -> Any:
    opened = browser.new_page()
    opened.route("**/*", answer)
    opened.add_init_script("sessionStorage.setItem('token', 'secret')")
    opened.goto(f"{SITE}/room/tables.html")
    yield opened
    opened.close()


def test_rows_come_a_page_at_a_time_with_what_is_in_them_behind_each(page: Page) -> None:
    first = page.locator("#rows li").first
    expect(page.locator("#status")).to_have_text("50 rows, and more")
    expect(page.locator("#about")).to_have_text("One order's life. Keys: orderId.")
    expect(first).to_contain_text("ord_000 status=<b>paid</b>  placed_at_ms=2026-01-01T00:00:00")
    expect(first).to_contain_text("waited_ms=7 due_ms=2026-01-01T00:00:00.000Z")
    expect(first.locator("pre")).to_be_hidden()

    first.locator("summary").click()
    page.locator("#more").click()

    expect(first.locator("pre")).to_contain_text('"quantity": 2')
    expect(page.locator("#status")).to_have_text("60 rows")
    expect(page.locator("#rows li").last).to_contain_text("ord_059")
    expect(page.locator("#more")).to_be_hidden()


def test_rows_are_found_by_the_beginning_of_their_keys(page: Page) -> None:
    page.locator("#prefix").fill("ord_05")
    page.locator("#prefix").press("Enter")

    expect(page.locator("#status")).to_have_text("10 rows")
    expect(page.locator("#rows li").first).to_contain_text("ord_050")


def test_what_is_wrong_with_another_table_is_said_and_hidden_ones_are_not_offered(
    page: Page,
) -> None:
    expect(page.locator("#table option")).to_have_text(["carts", "orders"])

    page.locator("#table").select_option("carts")

    expect(page.locator("#status")).to_have_text("a worker does not answer")
    expect(page.locator("#rows li")).to_have_count(0)
    assert page.url.endswith("#carts")


def test_the_way_back_and_a_link_lead_to_the_table_that_they_name(page: Page) -> None:
    expect(page.locator("#rows li")).to_have_count(50)
    page.locator("#table").select_option("carts")
    expect(page.locator("#about")).to_contain_text("What is in a cart.")

    page.go_back()

    expect(page.locator("#table")).to_have_value("orders")
    expect(page.locator("#rows li")).to_have_count(50)

    page.go_forward()

    expect(page.locator("#table")).to_have_value("carts")
    expect(page.locator("#about")).to_contain_text("What is in a cart.")


def test_who_is_asked_for_a_token_on_the_way_arrives_at_the_table(browser: Browser) -> None:
    page = browser.new_page()
    page.route("**/*", answer)
    page.goto(f"{SITE}/room/tables.html#carts")

    page.get_by_label("View token").fill("secret")
    page.keyboard.press("Enter")

    expect(page.locator("#table")).to_have_value("carts")
    assert page.url == f"{SITE}/room/tables.html#carts"
    page.close()


def test_a_worker_that_comes_back_is_asked_again_without_a_reload(browser: Browser) -> None:
    page = browser.new_page()
    page.add_init_script("sessionStorage.setItem('token', 'secret')")
    page.route("**/*", answer)
    page.route(f"{SITE}/tables/", lambda route: route.abort())
    page.goto(f"{SITE}/room/tables.html")
    expect(page.locator("#status")).to_contain_text("The worker does not answer, try again (")
    page.unroute(f"{SITE}/tables/")

    page.get_by_role("button", name="Show").click()

    expect(page.locator("#rows li")).to_have_count(50)
    page.close()


def test_what_is_written_from_the_right_turns_nothing_else_round(page: Page) -> None:
    parts = page.locator("#rows li").first.locator("small bdi")

    expect(parts.nth(2)).to_have_text("note=\u202eback to front")
    expect(parts).to_have_count(5)


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_the_page_is_no_wider_than_its_window(page: Page, size: Any) -> None:
    page.set_viewport_size(size)
    expect(page.locator("#rows li").first).to_be_visible()
    page.locator("#rows summary").first.click()

    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
