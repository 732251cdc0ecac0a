"""From an order's event to a real mail server on this machine, with what it refuses."""

from collections.abc import Iterator

import pytest

from providers.mail import SmtpMail, SmtpServer
from tests.agents.noticed import confirmed, place
from tests.agents.post_office import PostOffice
from tests.providers.mailbox import Mailbox, Server


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def office(mailbox: Mailbox) -> Iterator[PostOffice]:
    controller = Server(mailbox)
    controller.start()
    server = SmtpServer("127.0.0.1", controller.port, start_tls=False, timeout_s=2.0)
    smtp = SmtpMail(server)
    made = PostOffice(messengers={"EMAIL": smtp}, breaker_calls_min=1_000, call_s=0.5)
    yield made
    assert made.driver._effect_loop is not None
    made.driver._effect_loop.run_until_complete(smtp.close())
    controller.stop()


def order_of(office: PostOffice, email: str) -> PostOffice:
    placed = place()
    customer = placed.customer.model_copy(update={"email": email})
    return office.tell(placed.model_copy(update={"customer": customer}), confirmed())


def test_an_orders_mail_arrives_as_text_and_html(office: PostOffice, mailbox: Mailbox) -> None:
    order_of(office, "ann@example.com")

    [mail] = mailbox.mails
    assert mail["Subject"] == "Your order ord_1 is confirmed"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "2 x Lamp: 30.00 USD" in plain.get_content()
    assert "<strong>ord_1</strong>" in html.get_content()
    assert office.statuses()["event-2:EMAIL"] == "sent"
    assert [row.provider for row in office.history() if row.channel == "EMAIL"] == ["smtp"]


def test_a_mailbox_that_is_not_there_closes_mail_and_the_app_tells(office: PostOffice) -> None:
    order_of(office, "nobody@example.com")

    assert office.statuses() == {"event-2:EMAIL": "dead_lettered", "event-2:IN_APP": "sent"}
    office.tell(confirmed("ord_2"))
    assert office.statuses()["event-3:EMAIL"] == "suppressed"


@pytest.mark.parametrize("name", ["later", "slow"])
def test_a_server_that_does_not_take_it_now_is_asked_four_times(
    office: PostOffice, name: str
) -> None:
    order_of(office, f"{name}@example.com")
    for wait_ms in (1_000, 4_000, 16_000):
        office.driver.advance(wait_ms)

    [row] = [row for row in office.history() if row.channel == "EMAIL"]
    assert (row.status, row.attempts) == ("dead_lettered", 4)
