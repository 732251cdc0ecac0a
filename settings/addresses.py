"""Where others are: the kinds of addresses that settings hold."""

import ipaddress
from typing import Annotated, Final
from urllib.parse import urlsplit

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


def _urls(given: str) -> str:
    for each in given.split(","):
        parts = urlsplit(each)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("expected http://host:port or https://")
    return given


def _mail_server(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("expected smtp://user:password@host:port or smtps://")
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
