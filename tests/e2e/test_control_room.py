"""The control room in a real browser, before two real workers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.harness import Workers
from tests.e2e.heard import Ear
from tests.e2e.shop import Sender, line, order
from tests.tools import tool

pytestmark = pytest.mark.own_broker

PRODUCT = "prd_room"
WAIT_MS = 90_000
WINDOW_MS = 150_000
"""Products are ranked by the last whole minute, which may only have begun."""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of a headless Chromium that fails on anything it complains of."""
    chromium = tool("chromium", "apt-get install chromium")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"], timeout=WAIT_MS
        )
        page = browser.new_page()
        page.set_default_timeout(WAIT_MS)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
        browser.close()
    assert said == []


def test_the_room_shows_orders_and_both_workers(
    workers: Workers, ear: Ear, sender: Sender, page: Page
) -> None:
    sender.stock(PRODUCT, 100)
    placed = [sender.place(order("room", line(PRODUCT))) for _ in range(5)]
    for order_id in placed:
        ear.until_said(order_id, "PaymentComplete")

    page.goto(workers.running[0].url)

    expect(page.locator("#status")).to_contain_text("2 workers, 4 of 4 partitions")
    expect(page.locator("#workers tr")).to_have_count(3)
    expect(page.locator("#tiles .tile")).to_have_count(8)
    expect(page.locator("#products")).to_contain_text("prd_", timeout=WINDOW_MS)
    expect(page.locator("canvas")).to_have_count(4)
    expect(page.locator("#login")).to_be_hidden()
