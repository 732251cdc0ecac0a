"""Where others are: the kinds of addresses that settings hold."""

import ipaddress
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, SecretStr

PORT_MAX: Final = 65_535

Port = Annotated[int, Field(ge=1, le=PORT_MAX)]


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _brokers(given: str) -> str:
    """Without a scheme: clients need none."""
    bare = given.rsplit("://", maxsplit=1)[-1]
    if "@" in bare:
        raise ValueError(
            "leave credentials out: set FLOWMART_BROKER_USER and FLOWMART_BROKER_PASSWORD"
        )
    for each in bare.split(","):
        host, _, port = each.rpartition(":") if ":" in each else (each, "", "9092")
        if not host or not port.isdecimal() or not 0 < int(port) <= PORT_MAX:
            raise ValueError("expected host:port, or several joined by commas")
    return bare


def _server(url: str) -> SplitResult | None:
    """The parts of an address that names a server; None: it names none, or no port."""
    try:
        parts = urlsplit(url)
        is_one = bool(parts.hostname) and parts.port != 0
    except ValueError:  # Its text may have a password in it.
        return None
    return parts if is_one else None


def _urls(given: str) -> str:
    for each in given.split(","):
        parts = _server(each)
        if parts is None or parts.scheme not in {"http", "https"}:
            raise ValueError("expected http://host:port or https://")
        if parts.username is not None:
            raise ValueError("leave credentials out: tokens are settings of their own")
    return given


def _mail_server(url: SecretStr) -> SecretStr:
    parts = _server(url.get_secret_value())
    cut = parts is not None and (parts.path.strip("/") or parts.query or parts.fragment)
    if parts is None or parts.scheme not in {"smtp", "smtps"} or cut:
        raise ValueError(
            "expected smtp://user:password@host:port or smtps://; in a password / is %2F, ? is %3F"
            " and # is %23"
        )
    return url


def _on_this_machine(url: str) -> str:
    if not is_loopback(urlsplit(url).hostname or ""):
        raise ValueError("expected a loopback address: keys go to Stripe only")
    return url


Brokers = Annotated[str, AfterValidator(_brokers)]
Urls = Annotated[str, AfterValidator(_urls)]
"""One or several, joined by commas."""
MailServer = Annotated[SecretStr, AfterValidator(_mail_server)]
LocalUrl = Annotated[str, AfterValidator(_on_this_machine)]
