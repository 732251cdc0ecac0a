"""Mail over SMTP, against a real server."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from providers.mail import SmtpMail, SmtpServer
from providers.notifications import ChannelError, Code, Outgoing, Refusal, Taken
from tests.providers.mailbox import Mailbox, Server


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[SmtpServer]:
    controller = Server(mailbox)
    controller.start()
    yield SmtpServer("127.0.0.1", controller.port, start_tls=False, timeout_s=2.0)
    controller.stop()


def mail(to: str = "ann@example.com", key: str = "k1", **told: object) -> Outgoing:
    return Outgoing(
        **{
            "key": key,
            "to": (to,),
            "subject": "Your order",
            "text": "Thank you, Zoë.\n",
            "html": "<p>Thank you, Zoë.</p>",
            **told,
        }
    )


async def test_a_mail_arrives_as_text_and_html(server: SmtpServer, mailbox: Mailbox) -> None:
    sender = SmtpMail(server)

    answer = await sender.send(mail(urgent=True))
    await sender.close()

    (arrived,) = mailbox.mails
    assert answer == Taken("Taken as 42")
    assert (arrived["To"], arrived["Subject"]) == ("ann@example.com", "Your order")
    assert arrived["From"] == "FlowMart <shop@flowmart.example>"
    assert arrived["Importance"] == "high"
    assert arrived["Auto-Submitted"] == "auto-generated"
    sent = parsedate_to_datetime(arrived["Date"]).replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - sent) < timedelta(minutes=1)
    text, html = arrived.get_body(("plain",)), arrived.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == "Thank you, Zoë."
    assert html.get_content().strip() == "<p>Thank you, Zoë.</p>"


async def test_a_repeat_is_the_same_mail_by_name(server: SmtpServer, mailbox: Mailbox) -> None:
    sender = SmtpMail(server)

    for key in ("k1", "k1", "k2"):
        await sender.send(mail(key=key))
    await sender.close()

    first, again, other = (arrived["Message-ID"] for arrived in mailbox.mails)
    assert first == again
    assert first != other


async def test_many_mails_share_few_connections(server: SmtpServer, mailbox: Mailbox) -> None:
    sender = SmtpMail(server, connections_max=2)

    await asyncio.gather(*(sender.send(mail(key=f"k{number}")) for number in range(10)))
    await sender.close()

    assert len(mailbox.mails) == 10
    assert len(mailbox.sessions) <= 2


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("nobody@example.com", Code.HARD_BOUNCE),
        ("full@example.com", Code.SOFT_BOUNCE),
        ("spam@example.com", Code.REFUSED),
    ],
)
async def test_a_refusal_says_whose_fault_it_is(server: SmtpServer, to: str, code: Code) -> None:
    sender = SmtpMail(server)

    answer = await sender.send(mail(to))
    after = await sender.send(mail())
    await sender.close()

    assert isinstance(answer, Refusal)
    assert answer.code is code
    assert isinstance(after, Taken)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("550", Code.HARD_BOUNCE),
        ("551_gone", Code.HARD_BOUNCE),
        ("553_no_such_name", Code.HARD_BOUNCE),
        ("500_what", Code.REFUSED),
        ("550_5.1.1_no_such_user", Code.HARD_BOUNCE),
        ("550_5.2.1_mailbox_disabled", Code.HARD_BOUNCE),
        ("552_5.2.2_mailbox_full", Code.SOFT_BOUNCE),
        ("552_over_quota", Code.SOFT_BOUNCE),
        ("554_5.2.2_mailbox_full", Code.SOFT_BOUNCE),
        ("550_5.1.8_bad_sender", Code.REFUSED),
        ("553_5.1.7_bad_sender", Code.REFUSED),
        ("554_5.2.3_message_too_long", Code.REFUSED),
        ("450_4.2.1_greylisted", Code.SOFT_BOUNCE),
        ("530_5.7.0_authentication_required", Code.REFUSED),
        ("530_log_in_first", Code.REFUSED),
        ("554_5.7.1_relay_access_denied", Code.REFUSED),
        ("550_5.7.26_no_dmarc", Code.REFUSED),
        ("503_5.5.1_bad_sequence", Code.REFUSED),
        ("503_bad_sequence", Code.REFUSED),
    ],
)
async def test_an_address_is_blamed_only_for_what_is_the_addresss_fault(
    server: SmtpServer, answer: str, code: Code
) -> None:
    sender = SmtpMail(server)

    found = await sender.send(mail(f"answers-{answer}@example.com"))
    await sender.close()

    assert isinstance(found, Refusal)
    assert found.code is code


@pytest.mark.parametrize(
    "answer",
    [
        "421_4.3.2_shutting_down", "421_later", "451_4.3.0_disk_full", "450_4.4.1_no_route",
        "450_4.5.3_too_many", "450_4.6.1_no_such_media",
    ],
)  # fmt: skip
async def test_a_server_that_is_in_trouble_is_no_fault_of_the_address(
    server: SmtpServer, answer: str
) -> None:
    sender = SmtpMail(server)

    with pytest.raises(ChannelError, match=answer[:3]):
        await sender.send(mail(f"answers-{answer}@example.com"))
    after = await sender.send(mail())
    await sender.close()

    assert isinstance(after, Taken)


async def test_a_domain_in_another_script_goes_to_a_server_that_knows_ascii_only(
    mailbox: Mailbox,
) -> None:
    controller = Server(mailbox, enable_SMTPUTF8=False)
    controller.start()
    sender = SmtpMail(SmtpServer("127.0.0.1", controller.port, start_tls=False, timeout_s=2.0))

    answer = await sender.send(mail("zoe@b\u00fccher.example"))
    await sender.close()
    controller.stop()

    assert isinstance(answer, Taken)
    assert mailbox.mails[0]["To"] == "zoe@xn--bcher-kva.example"


async def test_a_server_that_says_later_is_asked_again(server: SmtpServer) -> None:
    sender = SmtpMail(server)

    with pytest.raises(ChannelError, match="451"):
        await sender.send(mail("later@example.com"))
    await sender.close()


async def test_after_a_call_that_was_cut_off_the_next_mail_gets_its_own_answer(
    server: SmtpServer, mailbox: Mailbox
) -> None:
    sender = SmtpMail(server)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await sender.send(mail("slow@example.com"))

    answer = await sender.send(mail("nobody@example.com"))
    await sender.close()

    assert isinstance(answer, Refusal)


async def test_a_server_that_is_not_there_is_asked_again() -> None:
    sender = SmtpMail(SmtpServer("127.0.0.1", 1, timeout_s=1.0))

    with pytest.raises(ChannelError, match="smtp"):
        await sender.send(mail())
    await sender.close()


async def test_a_connection_that_was_lost_is_made_again(mailbox: Mailbox) -> None:
    first = Server(mailbox)
    first.start()
    sender = SmtpMail(SmtpServer("127.0.0.1", first.port, start_tls=False, timeout_s=2.0))
    await sender.send(mail(key="k1"))
    first.stop()
    with pytest.raises(ChannelError):
        await sender.send(mail(key="k2"))
    second = Controller(mailbox, hostname="127.0.0.1", port=first.port)
    second.start()

    answer = await sender.send(mail(key="k2"))
    await sender.close()
    second.stop()

    assert isinstance(answer, Taken)
    assert len(mailbox.mails) == 2


async def test_a_server_that_went_first_is_not_said_goodbye_to(mailbox: Mailbox) -> None:
    server = Server(mailbox)
    server.start()
    sender = SmtpMail(SmtpServer("127.0.0.1", server.port, start_tls=False, timeout_s=2.0))
    await sender.send(mail())
    server.stop()

    await sender.close()
    await sender.close()


async def test_a_subject_cannot_smuggle_a_header_in(server: SmtpServer, mailbox: Mailbox) -> None:
    sender = SmtpMail(server)

    await sender.send(mail(subject="Hello\r\nBcc: thief@example.com"))
    await sender.close()

    (arrived,) = mailbox.mails
    assert arrived["Subject"] == "Hello Bcc: thief@example.com"
    assert arrived["Bcc"] is None


@pytest.mark.parametrize(
    "to",
    ["", "ann", "ann@", "ann@example.com, thief@example.com", "ann\r\nBcc: thief@example.com"],
)
async def test_what_is_not_one_address_is_a_hard_bounce(
    server: SmtpServer, mailbox: Mailbox, to: str
) -> None:
    sender = SmtpMail(server)

    answer = await sender.send(mail(to))
    await sender.close()

    assert isinstance(answer, Refusal)
    assert answer.code is Code.HARD_BOUNCE
    assert mailbox.mails == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # A test's server has no certificate.
async def test_a_server_may_ask_for_a_password(mailbox: Mailbox) -> None:
    def known(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
    ) -> AuthResult:
        assert isinstance(login, LoginPassword)
        return AuthResult(success=login.password == b"secret")

    controller = Server(mailbox, authenticator=known, auth_require_tls=False, auth_required=True)
    controller.start()
    told = SmtpServer(
        "127.0.0.1", controller.port, username="shop", password="secret", start_tls=False
    )
    sender = SmtpMail(told)

    answer = await sender.send(mail())
    await sender.close()
    controller.stop()

    assert isinstance(answer, Taken)
    assert "secret" not in repr(told)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("how", [{"start_tls": True}, {"use_tls": True}])
async def test_to_a_server_that_offers_no_tls_where_it_is_wanted_no_password_is_told(
    mailbox: Mailbox, how: dict[str, bool]
) -> None:
    told: list[object] = []

    def known(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
    ) -> AuthResult:
        told.append(login)
        return AuthResult(success=True)

    controller = Server(mailbox, authenticator=known, auth_require_tls=False)
    controller.start()
    sender = SmtpMail(
        SmtpServer(
            "127.0.0.1", controller.port, username="shop", password="secret", timeout_s=0.5, **how
        )
    )

    with pytest.raises(ChannelError):
        await sender.send(mail())
    await sender.close()
    controller.stop()

    assert (told, mailbox.mails) == ([], [])


@pytest.mark.parametrize(
    ("url", "start_tls"),
    [
        ("smtp://ann:pass@mail.example", True),
        ("smtps://ann:pass@mail.example", None),
        ("smtp://mail.example", None),
        ("smtp://ann:pass@127.0.0.1:1025", None),
        ("smtp://ann:pass@localhost", None),
        ("smtp://ann:pass@[::1]", None),
    ],
)
def test_a_password_leaves_this_machine_by_tls_only(url: str, *, start_tls: bool | None) -> None:
    assert SmtpServer.at(url, "shop@example.com").start_tls is start_tls


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("smtp://mail.example", ("mail.example", 587, None, None, False)),
        ("smtp://127.0.0.1:1025", ("127.0.0.1", 1025, None, None, False)),
        ("smtps://ann:p%40ss@mail.example", ("mail.example", 465, "ann", "p@ss", True)),
    ],
)
def test_a_url_names_a_server(url: str, found: tuple) -> None:
    server = SmtpServer.at(url, "shop@example.com")

    assert (
        server.host,
        server.port,
        server.username,
        server.password,
        server.use_tls,
    ) == found
    assert server.sender == "shop@example.com"
