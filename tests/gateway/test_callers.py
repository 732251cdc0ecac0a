"""Whose address a request counts for, also behind load balancers."""

from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from gateway.callers import Callers
from settings.gateway import GatewayRules
from tests.gateway.conftest import Shop

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
XFF = "X-Forwarded-For"


def caller(peer: str, *lines: str, header: str = XFF, sent: str = "") -> str:
    """Who calls by a header; with another one sent where that is named."""
    headers = CIMultiDict([(sent or header, line) for line in lines])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=peer)
    return Callers(TRUSTED, header).caller_of(request)


@pytest.mark.parametrize(
    ("peer", "lines", "expected"),
    [
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("203.0.113.1", ["198.51.100.7"], "203.0.113.1"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        ("10.0.0.1", ["10.2.2.2, 10.3.3.3"], "10.2.2.2"),
        ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9, who knows"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9,"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("fd00::1", ["[2001:db8:1:2:3::4]:80"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:9::9", [], "2001:db8:1:2::/64"),
        ("", ["203.0.113.9"], "unknown"),
    ],
)
def test_only_what_a_trusted_proxy_added_is_believed(
    peer: str, lines: list[str], expected: str
) -> None:
    assert caller(peer, *lines) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("for=203.0.113.9;proto=https;by=10.0.0.1", "203.0.113.9"),
        ('for=1.1.1.1, for="[2001:db8:1:2::9]:4711"', "2001:db8:1:2::/64"),
        ("for=203.0.113.9, for=10.1.1.1", "203.0.113.9"),
        ("for=_hidden", "10.0.0.1"),
        ("for=unknown", "10.0.0.1"),
        ("proto=https", "10.0.0.1"),
        ('for="1.1.1.1, for="203.0.113.9"', "10.0.0.1"),
        ('for="1.1.1.1, for=203.0.113.9', "203.0.113.9"),
        ("", "10.0.0.1"),
    ],
)
def test_the_standard_header_is_read_too(line: str, expected: str) -> None:
    assert caller("10.0.0.1", line, header="Forwarded") == expected


@pytest.mark.parametrize(("read", "sent"), [(XFF, "Forwarded"), ("Forwarded", XFF)])
def test_the_header_that_proxies_do_not_write_is_not_read(read: str, sent: str) -> None:
    line = "for=1.1.1.1" if sent == "Forwarded" else "1.1.1.1"
    assert caller("10.0.0.1", line, header=read, sent=sent) == "10.0.0.1"


def test_nobody_is_trusted_unless_named() -> None:
    request = make_mocked_request("GET", "/", headers={XFF: "1.1.1.1"}).clone(remote="127.0.0.1")
    assert Callers((), XFF).caller_of(request) == "127.0.0.1"


class TestLimits:
    """Behind a proxy that is trusted, and with few tokens."""

    @pytest.fixture
    def rules(self) -> GatewayRules:
        return GatewayRules(burst_min=2, anonymous_per_min=1)

    @pytest.fixture
    def callers(self) -> Callers:
        return Callers((ip_network("127.0.0.0/8"),), XFF)

    async def test_clients_behind_one_proxy_have_a_limit_each(self, shop: Shop) -> None:
        for client in ("203.0.113.1", "203.0.113.2"):
            statuses = [
                (await shop.ask("GET", "/v1/orders", X_Forwarded_For=f"9.9.9.{n}, {client}")).status
                for n in range(3)
            ]
            assert statuses == [401, 401, 429]


async def test_without_a_trusted_proxy_nobody_gets_a_limit_by_inventing_addresses(
    shop: Shop,
) -> None:
    limits = {
        (await shop.ask("GET", "/v1/orders", X_Forwarded_For=f"9.9.9.{n}")).headers[
            "RateLimit-Remaining"
        ]
        for n in range(3)
    }
    assert len(limits) == 3
