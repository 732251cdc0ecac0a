"""What the control room's page shows of a state, in a real browser; no worker is needed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.pages import AT_MS, MINUTE_MS, NAMES, NARROW, STATE, WAIT_MS, WIDE
from web.control import ROOM

PAGE = "http://room.test/room/"
KINDS = {"": "text/html", "js": "text/javascript", "css": "text/css"}


class Worker:
    """Answers a browser as a worker does, with a state that a test may change."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = STATE
        self.token: str | None = None
        self.answers = True

    def answer(self, route: Route) -> None:
        """A part of the page, or what it shows."""
        name = route.request.url.removeprefix(PAGE)
        if name != "state":
            body = (ROOM / NAMES.get(name, name)).read_bytes()
            route.fulfill(body=body, content_type=KINDS[name.rpartition(".")[2]])
        elif not self.answers:
            route.abort()
        elif self.token and route.request.headers.get("authorization") != f"Bearer {self.token}":
            route.fulfill(status=401)
        else:
            route.fulfill(body=json.dumps(self.state), content_type="application/json")


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def page(browser: Browser, worker: Worker) -> Iterator[Page]:
    opened = browser.new_page()
    opened.set_default_timeout(WAIT_MS)
    opened.route("**/*", worker.answer)
    yield opened
    opened.close()


def test_money_of_every_currency_and_attempts_at_every_provider_count(page: Page) -> None:
    page.goto(PAGE)

    tiles = page.locator("#tiles .tile")
    expect(tiles.nth(1)).to_have_text("USD 1,200revenue a minuteEUR 900")
    expect(tiles.nth(4)).to_have_text("50.0 %payments succeed")
    page.wait_for_function("trail.at.length > 1")
    expect(tiles.nth(5)).to_have_text("\u2013records a second")


def test_it_says_of_when_its_figures_are_in_one_way_wherever_the_reader_is(
    page: Page, browser: Browser, worker: Worker
) -> None:
    page.goto(PAGE)
    expect(page.locator(".note").first).to_contain_text("last whole window (a minute)")
    abroad = browser.new_context(locale="en-US", timezone_id="America/New_York").new_page()
    abroad.route("**/*", worker.answer)
    abroad.goto(PAGE)

    expect(abroad.locator("#clock")).to_have_text("19:00:00")
    expect(abroad.locator("#alerts li").last).to_contain_text("since 31 Dec 2025, 19:00:00;")
    abroad.context.close()


def test_a_minute_without_orders_is_one_with_none(page: Page) -> None:
    page.goto(PAGE)
    expect(page.locator("canvas")).to_have_count(4)

    minutes = [at - STATE["windows"][0][0] // 1000 for at in page.evaluate("plots.orders.data[0]")]
    assert minutes == [60 * n for n in range(30)]
    assert page.evaluate("plots.orders.data[1]") == [3, 4, *[0] * 28]
    assert page.evaluate("plots.latency.data[1]") == [None] * 30


def test_a_minute_that_stands_alone_is_seen(page: Page, worker: Worker) -> None:
    alone = [[AT_MS - n * MINUTE_MS, "orders.confirm_ms", "p99", 300] for n in (50, 30, 10)]
    often = [[AT_MS - n * MINUTE_MS, "payments.latency_ms", "p99", 900] for n in range(1, 51)]
    worker.state = {**STATE, "windows": [*alone, *often]}

    page.goto(PAGE)

    drawn = """() => {
      const paper = plots.latency.ctx, { width, height } = paper.canvas;
      const [red, green, blue] = [1, 3, 5].map((n) => parseInt(colours[0].slice(n, n + 2), 16));
      const inks = paper.getImageData(0, 0, width, height).data;
      for (let n = 0; n < inks.length; n += 4)
        if (inks[n] === red && inks[n + 1] === green && inks[n + 2] === blue) return true;
      return false;
    }"""
    expect(page.locator("canvas")).to_have_count(4)
    page.wait_for_function(drawn)


def test_a_minute_without_revenue_has_none_in_any_currency(page: Page, worker: Worker) -> None:
    quiet = [["orders.revenue_minor_per_minute", one, 0] for one in ("CAD", "USD")]
    worker.state = {**STATE, "figures": quiet}

    page.goto(PAGE)

    expect(page.locator("#tiles .tile").nth(1)).to_have_text("0revenue a minute")


def test_what_is_critical_comes_first(page: Page) -> None:
    page.goto(PAGE)

    expect(page.locator("#alerts li").first).to_contain_text("critical cpu nothing is idle")


def test_an_alert_says_of_whom_it_is_and_how_far_beyond_its_limit(
    page: Page, worker: Worker
) -> None:
    told = {"rule": "r", "severity": "warn", "raised_at_ms": AT_MS, "runbook": "r.md"}
    share = {"subject": "stripe", "value": 0.085, "threshold": 0.05, "unit": "share"}
    rate = {"subject": "all", "value": 2.5, "threshold": 10.0, "unit": "orders per minute"}
    worker.state = {
        **STATE,
        "alerts": [{**told, "summary": "Trouble", **share}, {**told, "summary": "Few", **rate}],
    }

    page.goto(PAGE)

    [first, second] = [page.locator("#alerts li").nth(n) for n in (0, 1)]
    expect(first).to_contain_text("Trouble (stripe): 8.5 %, the limit is 5.0 % since")
    expect(second).to_contain_text(
        "Few: 2.50 orders per minute, the limit is 10 orders per minute since"
    )


def test_what_services_raised_is_listed_as_it_comes_with_its_runbook(page: Page) -> None:
    page.goto(PAGE)

    [first, second] = [page.locator("#raised li").nth(n) for n in (0, 1)]
    expect(first).to_contain_text("critical reconciliation stripe 2025-12-31: 3 payments")
    link = first.get_by_role("link", name="docs/runbooks/reconciliation.md")
    expect(link).to_have_attribute("href", "runbooks/reconciliation.md")
    expect(first).to_have_class("critical")
    expect(second).to_contain_text("warn stuck_payment <b>pay_ord_1</b>: 19.90 USD")
    assert page.evaluate("moment(1)") in second.inner_text()


def test_a_shop_in_which_nothing_was_raised_says_so(page: Page, worker: Worker) -> None:
    worker.state = {**STATE, "raised": []}

    page.goto(PAGE)

    expect(page.locator("#raised")).to_have_text("Nothing")


def test_how_much_more_was_raised_than_is_listed_is_said(page: Page, worker: Worker) -> None:
    worker.state = {**STATE, "raised_total": 1_234}

    page.goto(PAGE)

    expect(page.locator("#raised li").last).to_have_text("1,232 more: faust -A app alerts list")


def test_large_figures_have_room_beside_their_axis(page: Page, worker: Worker) -> None:
    page.add_init_script("""
      window.drawn = [];
      const fill = CanvasRenderingContext2D.prototype.fillText;
      CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
        drawn.push(text);
        return fill.call(this, text, ...where);
      };
    """)
    late = [[AT_MS - n * MINUTE_MS, "orders.confirm_ms", "p99", 150_000] for n in range(1, 9)]
    worker.state = {**STATE, "windows": late}

    page.goto(PAGE)

    page.wait_for_function("drawn.includes('100K')")
    assert [text for text in page.evaluate("drawn") if "," in text] == []


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_the_page_is_no_wider_than_its_window(page: Page, size: Any) -> None:
    page.set_viewport_size(size)
    page.goto(PAGE)

    expect(page.locator("canvas")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


def test_a_worker_that_falls_silent_is_seen(page: Page, worker: Worker) -> None:
    page.goto(PAGE)
    expect(page.locator("#room")).not_to_have_class("stale")

    worker.answers = False

    expect(page.locator("#status")).to_contain_text("does not answer, trying again; what you see")
    expect(page.locator("#room")).to_have_class("stale")

    worker.answers = True

    expect(page.locator("#room")).not_to_have_class("stale")


def test_who_hears_the_page_read_out_hears_only_what_is_new(page: Page, worker: Worker) -> None:
    page.goto(PAGE)
    expect(page.locator("#status")).to_have_text("2 workers, 4 of 4 partitions")
    watch = "new MutationObserver(() => { told += 1; }).observe($('status'), { childList: true })"
    page.evaluate(f"() => {{ window.told = 0; {watch}; }}")
    before = page.locator("#clock").inner_text()
    worker.state = {**STATE, "at_ms": AT_MS + 2 * MINUTE_MS}

    expect(page.locator("#clock")).not_to_have_text(before)

    assert page.evaluate("told") == 0


def test_who_is_at_a_link_stays_there_while_figures_go_on(page: Page, worker: Worker) -> None:
    page.goto(PAGE)
    link = page.get_by_role("link", name="docs/runbooks/cpu.md")
    link.focus()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#workers td'))")
    [one, other] = STATE["workers"]
    grown = [{**one, "records": 7}, {**other, "records": 8}]

    worker.state = {**STATE, "workers": grown}

    expect(page.locator("#workers td").nth(2)).to_have_text("7")
    expect(link).to_be_focused()
    assert page.evaluate("getSelection().toString()") == one["url"]


def test_figures_that_kafka_keeps_from_going_on_are_old(page: Page, worker: Worker) -> None:
    one, other = STATE["workers"]
    worker.state = {**STATE, "workers": [one, {**other, "waits_s": 12.4}]}

    page.goto(PAGE)

    since = page.evaluate(f"time({AT_MS - 12_400})")
    words = f"Kafka has not answered since {since}: what you see is of then; 2 workers"
    expect(page.locator("#status")).to_contain_text(words)
    expect(page.locator("#status")).to_have_class("warn")
    expect(page.locator("#room")).to_have_class("stale")

    worker.state = {**worker.state, "at_ms": AT_MS + 9_000, "workers": [{**one, "waits_s": 21.6}]}

    expect(page.locator("#clock")).to_have_text(page.evaluate(f"time({AT_MS + 9_000})"))
    expect(page.locator("#status")).to_contain_text(f"since {since}")

    worker.state = STATE

    expect(page.locator("#room")).not_to_have_class("stale")
    expect(page.locator("#status")).to_contain_text("2 workers, 4 of 4")


def test_a_worker_that_is_heard_again_has_not_read_everything_at_once(
    page: Page, worker: Worker
) -> None:
    [one, other] = STATE["workers"]
    page.goto(PAGE)
    page.wait_for_function("trail.at.length > 0")
    looks = [[one], [one, other], [one, {**other, "records": other["records"] + 9}]]
    for second, heard in enumerate(looks, 1):
        worker.state = {**STATE, "at_ms": AT_MS + second * 1000, "workers": heard}
        page.wait_for_function(f"last.at_ms === {AT_MS + second * 1000}")

    known = page.evaluate("trail.speed.filter((speed) => speed !== null)")

    assert known == [0, 0, 9]


def test_what_is_not_heard_of_stands_out(page: Page, worker: Worker) -> None:
    [one, other] = STATE["workers"]
    unheard = [{"url": other["url"], "why": "does not answer"}]
    worker.state = {**STATE, "workers": [one], "unheard": unheard}

    page.goto(PAGE)

    expect(page.locator("#status")).to_contain_text("1 worker, 1 unheard, 2 of 4 partitions")
    expect(page.locator("#status")).to_have_class("warn")
    expect(page.locator("#alerts li").last).to_contain_text("there may be more")


def test_what_nobody_tells_is_neither_calm_nor_nothing(page: Page, worker: Worker) -> None:
    moving = [{**one, "partitions": []} for one in STATE["workers"]]
    unknown = {"figures": [], "windows": [], "alerts": [], "raised": []}
    worker.state = {**STATE, **unknown, "workers": moving}

    page.goto(PAGE)

    expect(page.locator("#status")).to_contain_text("2 workers, 0 of 4 partitions")
    for name in ("#alerts", "#raised"):
        expect(page.locator(name)).to_have_text("Some partitions are not heard: there may be more")
    expect(page.locator("#tiles b")).to_have_text([*["\u2013"] * 6, "0", "0"])

    worker.state = {**STATE, **unknown}

    expect(page.locator("#alerts")).to_have_text("All is calm")
    expect(page.locator("#raised")).to_have_text("Nothing")
    expect(page.locator("#tiles b").first).to_have_text("0")


def test_a_reader_who_needs_a_token_is_asked_for_it(page: Page, worker: Worker) -> None:
    worker.token = "right"
    page.goto(PAGE)
    expect(page.get_by_label("View token")).to_be_focused()

    page.get_by_label("View token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#refused")).to_have_text("This token is not the right one.")
    page.get_by_label("View token").fill("right")
    page.keyboard.press("Enter")

    expect(page.locator("#tiles .tile")).to_have_count(8)
    expect(page.locator("#tables")).to_be_visible()


def test_a_token_that_is_looked_at_is_not_asked_for_again(page: Page, worker: Worker) -> None:
    worker.token = "right"
    page.goto(PAGE)
    page.get_by_label("View token").fill("right")
    worker.answers = False

    page.keyboard.press("Enter")

    expect(page.locator("#status")).to_contain_text("does not answer, trying again")
    expect(page.locator("#login")).to_be_hidden()

    worker.answers = True

    expect(page.locator("#tiles .tile")).to_have_count(8)


def test_charts_tell_moments_and_figures_as_the_rest_of_the_page(page: Page) -> None:
    page.goto(PAGE)
    expect(page.locator("canvas")).to_have_count(4)

    page.evaluate("plots.orders.setLegend({ idx: 1 })")

    legend = page.locator("#orders .u-value")
    expect(legend.nth(0)).to_have_text(page.evaluate(f"time({AT_MS - 29 * MINUTE_MS})"))
    expect(legend.nth(1)).to_have_text("4")


def test_who_has_no_javascript_is_told_where_else_to_look(browser: Browser, worker: Worker) -> None:
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.route("**/*", worker.answer)

    plain.goto(PAGE)

    expect(plain.locator("#status a").first).to_be_visible()
    plain.context.close()
