import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from settings import Settings, figures, is_loopback, settings_or_exit
from settings.gateway import GatewayRules
from streams.moments import MINUTE_MS
from streams.orders.rules import OrderRules
from streams.payments.rules import PaymentRules

LONG = "let me in, whoever I may say I am"
RULES = (
    "orders",
    "allocation",
    "inventory",
    "payments",
    "fraud",
    "notifications",
    "erasure",
    "subscriptions",
    "billing",
    "metrics",
    "shipping",
    "carriers",
    "pulse",
    "alerts",
)


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have settings of their own."""
    for name in [name for name in os.environ if name.startswith("FLOWMART_")]:
        monkeypatch.delenv(name)


def settings(**given: Any) -> Settings:
    return Settings(**given)


@pytest.mark.parametrize("name", RULES)
def test_business_figures_are_the_contracts_unless_told_otherwise(name: str) -> None:
    found = getattr(Settings(), name)

    assert found == type(found)()


def test_a_figure_is_changed_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWMART_ORDERS__LINES_MAX", "20")
    monkeypatch.setenv("FLOWMART_PAYMENTS__BREAKER_SHARE_MAX", "0.75")
    monkeypatch.setenv("FLOWMART_INVENTORY__POLICY__REORDER_POINT", "30")
    monkeypatch.setenv("FLOWMART_GATEWAY__CUSTOMER_PER_MIN", "240")
    monkeypatch.setenv("FLOWMART_GATEWAY__ABSENT_TTL_MS", "0")

    found = Settings()

    assert found.orders == OrderRules(lines_max=20)
    assert found.payments == PaymentRules(breaker_share_max=0.75)
    assert found.gateway == GatewayRules(customer_per_min=240, absent_ttl_ms=0)
    assert found.inventory.policy.reorder_point == 30


def test_sets_and_mappings_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWMART_INVENTORY__NO_BACKORDER", '["prd_1", "prd_2"]')
    monkeypatch.setenv("FLOWMART_ORDERS__DISCOUNTS_PERCENT", '{"HALF": 50}')

    found = Settings()

    assert found.inventory.no_backorder == {"prd_1", "prd_2"}
    assert found.orders.discounts_percent == {"HALF": 50}


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PARTITIONS", "many", "error: FLOWMART_PARTITIONS: "),
        ("PARTITIONS", "0", "error: FLOWMART_PARTITIONS: "),
        ("PARTITIONS", "65", "error: set FLOWMART_BILLING__NUMBER_LANES"),
        ("ENV", "staging", "error: FLOWMART_ENV: "),
        ("BROKER", "kafka://me:secret@host:9092", "error: FLOWMART_BROKER: leave credentials out"),
        ("SMTP_URL", "http://me:secret@host", "error: FLOWMART_SMTP_URL: expected smtp://"),
        ("SMTP_URL", "smtp://", "error: FLOWMART_SMTP_URL: expected smtp://"),
        ("SMTP_URL", "smtp://me:secret/1@host:587", "error: FLOWMART_SMTP_URL: expected smtp://"),
        ("SMTP_URL", "smtp://me:1?secret@host", "error: FLOWMART_SMTP_URL: expected smtp://"),
        ("SMTP_URL", "smtp://me:1#secret@host", "error: FLOWMART_SMTP_URL: expected smtp://"),
        ("SMTP_URL", "smtp://host/secret", "error: FLOWMART_SMTP_URL: expected smtp://"),
        ("SMTP_URL", "smtp://me:secret@[host", "error: FLOWMART_SMTP_URL: expected smtp://"),
        ("SMTP_URL", "smtp://host:70000", "error: FLOWMART_SMTP_URL: expected smtp://"),
        ("WEB_PORT", "70000", "error: FLOWMART_WEB_PORT: "),
        ("TIME_SCALE", "0.5", "error: FLOWMART_TIME_SCALE: "),
        (
            "ORDERS__LINE_MAX",
            "20",
            "error: FLOWMART_ORDERS: no such figure: line_max; is it lines_max?",
        ),
        ("ORDERS__LINES_MAX", "few", "error: FLOWMART_ORDERS__LINES_MAX: "),
        (
            "INVENTORY__SITES",
            '{"wh_1": {"country": "US", "handlng_days": 9}}',
            "error: FLOWMART_INVENTORY: no such figure: handlng_days; is it handling_days?",
        ),
        (
            "SHIPPING__LANES",
            '{"US": ["UPSS"]}',
            "error: FLOWMART_SHIPPING__LANES__US__0: Input sho",
        ),
        ("SHIPPING__LANE_ABROAD", '["Ups"]', "error: FLOWMART_SHIPPING__LANE_ABROAD__0: Input sho"),
        ("ORDERS__PRICES", "3499", "error: FLOWMART_ORDERS__PRICES: expected JSON, such as"),
        ("ORDERS__EXCHANGE_AT_ONCE", "x", "error: FLOWMART_ORDERS__EXCHANGE_AT_ONCE: expected JS"),
        (
            "ORDERS__PRICES",
            '{"prd_1": 3499}',
            "error: FLOWMART_ORDERS: prices: prd_1: expected <productId>:<currency>, of CAD, EUR",
        ),
        ("ORDERS__PRICES", '{"prd_1:usd": 1}', "error: FLOWMART_ORDERS: prices: prd_1:usd: expect"),
        (
            "NOTIFICATIONS__TIMEZONES",
            '{"DE": "Berlin"}',
            "error: FLOWMART_NOTIFICATIONS: Berlin is",
        ),
        ("NOTIFICATIONS__TIMEZONE", "MEZ", "error: FLOWMART_NOTIFICATIONS: MEZ is no time zone"),
        ("INVENTORY__NO_BACKORDER", "[1", "error: FLOWMART_INVENTORY: no_backorder: not JSON"),
        (
            "ORDERS__DISCOUNTS_PERCENT",
            '{"ALL": 101}',
            "error: FLOWMART_ORDERS: discounts_percent: ",
        ),
        ("SUBSCRIPTIONS__GOODS_PERCENT", "101", "error: FLOWMART_SUBSCRIPTIONS: goods_percent: "),
        ("PAYMENTS__REFURBISHED_PERCENT", "101", "error: FLOWMART_PAYMENTS: refurbished_percent: "),
        ("BILLING__DUE_DAYS", "6", "error: FLOWMART_BILLING: due_days: expected 7 (lead_days) at"),
        ("METRICS__CURRENCY", "CHF", "error: FLOWMART_METRICS: pence: expected the worth of CHF"),
        ("ORDERS__CURRENCIES", '["USD", "AUD"]', "error: set what AUD is worth in FLOWMART"),
        ("METRICS__PENCE", '{"USD": 79}', "error: set what CAD, EUR, GBP is worth in FLOWMART_MET"),
        ("FRAUD__MONITOR_FROM", "70", "error: FLOWMART_FRAUD: the bands must rise"),
        ("CARRIER_SECRETS", '{"Pigeon": "whsec_YQ=="}', "error: FLOWMART_CARRIER_SECRETS: no such"),
        ("CARRIER_SECRETS", '{"UPS": ""}', "error: FLOWMART_CARRIER_SECRETS: UPS: expected whsec_"),
        ("PAYMENT_PROVIDER", "stripe", "error: set FLOWMART_STRIPE_KEY"),
        ("PAYMENT_PROVIDER", "klarna", "error: FLOWMART_PAYMENT_PROVIDER: "),
        ("STRIPE_URL", "https://stripe.example", "error: FLOWMART_STRIPE_URL: expected a loopback"),
        ("PROVIDER_OUTAGES", "stripe", "error: FLOWMART_PROVIDER_OUTAGES: expected JSON, such as"),
        ("GATEWAY_JWT_KEY", "secret", "error: FLOWMART_GATEWAY_JWT_KEY: expected 32 characters"),
        ("BROKER", "", "error: FLOWMART_BROKER: it is empty"),
        ("BROKER", "host:many", "error: FLOWMART_BROKER: expected host:port"),
        ("BROKER", "host:70000", "error: FLOWMART_BROKER: expected host:port"),
        ("BROKER", "host:65536", "error: FLOWMART_BROKER: expected host:port"),
        ("BROKER", "host:0", "error: FLOWMART_BROKER: expected host:port"),
        ("BROKER", "a:1,,b:2", "error: FLOWMART_BROKER: expected host:port"),
        ("VIEW_TOKEN", "", "error: FLOWMART_VIEW_TOKEN: it is empty"),
        ("PERSONAL_TOKEN", "", "error: FLOWMART_PERSONAL_TOKEN: it is empty"),
        ("DATA_DIR", "", "error: FLOWMART_DATA_DIR: it is empty"),
        ("WORKER_URL", "localhost:6066", "error: FLOWMART_WORKER_URL: expected http://host:port"),
        ("WORKER_URL", "ftp://host", "error: FLOWMART_WORKER_URL: expected http://host:port"),
        ("WORKER_URL", "http://host:70000", "error: FLOWMART_WORKER_URL: expected http://host"),
        ("SMS_URL", "sms.example", "error: FLOWMART_SMS_URL: expected http://"),
        ("SMS_URL", "https://me:secret@sms.example", "error: FLOWMART_SMS_URL: leave credentials"),
        ("TIME_SCALE", "inf", "error: FLOWMART_TIME_SCALE: "),
        ("CALENDAR_RATE", "2", "error: set FLOWMART_CALENDAR_START"),
        ("ORDERS__LINES_MAX", "-4", "error: FLOWMART_ORDERS: lines_max: expected 0 or more"),
        ("NOTIFICATIONS__LETTERS_MAX", "0", "error: FLOWMART_NOTIFICATIONS: letters_max: expected"),
        ("GATEWAY__CUSTOMER_PER_MIN", "0.0", "error: FLOWMART_GATEWAY: customer_per_min: expected"),
        ("ERASURE", '{"rows_max": 0}', "error: FLOWMART_ERASURE: rows_max: expected 1 or more"),
        ("BROKER", "kafka://", "error: FLOWMART_BROKER: expected host:port"),
        ("GATEWAY_TRUSTED_PROXIES", "10.0.0.0/8", "error: FLOWMART_GATEWAY_TRUSTED_PROXIES: expe"),
        ("GATEWAY_TRUSTED_PROXIES", '["10.0.0.1/8"]', "error: FLOWMART_GATEWAY_TRUSTED_PROXIES__0"),
        ("PROVIDER_OUTAGES", '["stripe"]', "error: FLOWMART_PROVIDER_OUTAGES__"),
        ("PROVIDER_DECLINE_RATE", "2", "error: FLOWMART_PROVIDER_DECLINE_RATE: "),
        ("BROKER_CA_FILE", "no-such-file", "error: FLOWMART_BROKER_CA_FILE: Path does not"),
        ("BROKER_CA_FILE", __file__, "error: set FLOWMART_BROKER_TLS=true"),
        ("BROKER_USER", "me", "error: set FLOWMART_BROKER_USER and FLOWMART_BROKER_PASSWORD"),
        ("BROKER_PASSWORD", "secret", "error: set FLOWMART_BROKER_USER and FLOWMART_BROKER_PASS"),
        ("BROKER_MECHANISM", "GSSAPI", "error: FLOWMART_BROKER_MECHANISM: "),
        ("WEB_HOST", "10.0.0.1", "error: set FLOWMART_VIEW_TOKEN"),
        ("ENV", "prod", "error: set FLOWMART_VIEW_TOKEN"),
    ],
)
def test_what_is_wrong_is_named_in_one_line_that_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(f"FLOWMART_{name}", value)

    with pytest.raises(SystemExit) as ended:
        settings_or_exit()

    said = str(ended.value)
    assert said.startswith(complaint)
    assert "\n" not in said
    assert "secret" not in said


LOGIN: dict[str, Any] = {"broker_user": "shop", "broker_password": "hunter2", "view_token": LONG}


def test_figures_that_must_be_something_are_figures() -> None:
    known = {
        field.name for name in RULES for field in dataclasses.fields(getattr(Settings(), name))
    }

    assert known >= figures._SOME


def test_a_broker_is_logged_in_at_by_tls_and_the_password_is_not_printed() -> None:
    found = Settings(env="prod", broker_tls=True, broker_mechanism="PLAIN", **LOGIN)

    access = found.broker_access
    assert (access.tls, access.user, access.password) == (True, "shop", "hunter2")
    assert access.options()["security_protocol"] == "SASL_SSL"
    assert "hunter2" not in found.model_dump_json(exclude_defaults=True)


def test_a_broker_that_wants_our_certificate_is_shown_it() -> None:
    cert, key = Path("cert.pem"), Path("key.pem")
    found = Settings.model_construct(broker_cert_file=cert, broker_key_file=key)

    assert (found.broker_access.cert_file, found.broker_access.key_file) == (cert, key)


@pytest.mark.parametrize(
    ("env", "algorithm", "is_allowed"),
    [("dev", "HS256", True), ("sit", "HS256", True), ("prod", "HS256", False),
     ("prod", "RS256", True)],
)  # fmt: skip
def test_in_production_nobody_who_checks_a_token_could_have_signed_it(
    env: str, algorithm: str, *, is_allowed: bool
) -> None:
    def made() -> Settings:
        return settings(
            env=env, view_token=LONG, gateway_jwt_key="k" * 32, gateway_jwt_algorithm=algorithm
        )

    if is_allowed:
        assert made().gateway_jwt_algorithm == algorithm
    else:
        with pytest.raises(ValueError, match="FLOWMART_GATEWAY_JWT_ALGORITHM=RS256"):
            made()


@pytest.mark.parametrize(
    "given",
    [
        {"env": "prod", "view_token": LONG},
        {"env": "prod", "view_token": LONG, "broker_mechanism": "PLAIN"},
        {"broker": "host:65535"},
        {"partitions": 64},
        {"smtp_url": "smtps://host"},
        {"payment_provider": "stripe", "stripe_key": "sk_1", "stripe_url": "http://127.0.0.1:1"},
        {"calendar_start": "2026-01-01T00:00:00Z", "calendar_rate": 86_400},
    ],
)
def test_what_is_all_that_is_wanted_is_taken(given: dict[str, Any]) -> None:
    found = settings(**given)

    assert given.keys() <= found.model_fields_set


def test_a_password_is_sent_in_the_clear_in_dev_only() -> None:
    assert Settings(broker_mechanism="PLAIN", **LOGIN).broker_access.mechanism == "PLAIN"
    assert not Settings(env="prod", **LOGIN).broker_access.tls  # SCRAM shows nobody the password.

    with pytest.raises(ValidationError, match="set FLOWMART_BROKER_TLS=true"):
        Settings(env="prod", broker_mechanism="PLAIN", **LOGIN)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("FLOWMART_PARTITION", "; is it FLOWMART_PARTITIONS?"),
        ("FLOWMART_VIEW_TOKN", "; is it FLOWMART_VIEW_TOKEN?"),
        ("FLOWMART_ORDER__LINES_MAX", "; is it FLOWMART_ORDERS__LINES_MAX?"),
        ("flowmart_brokr", "; is it FLOWMART_BROKER?"),
        ("FLOWMART_QZX", ""),
    ],
)
def test_a_name_that_is_no_setting_is_told_with_the_nearest_that_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, told: str
) -> None:
    monkeypatch.setenv(name, "secret")

    assert settings_or_exit() == Settings()
    assert capsys.readouterr().err == f"warning: {name} is no setting{told}\n"


def test_among_lines_of_json_it_is_one_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLOWMART_LOG_FORMAT", "json")
    monkeypatch.setenv("FLOWMART_QZX", "1")

    settings_or_exit()

    line = json.loads(capsys.readouterr().err)
    assert line == {"level": "warning", "event": "warning: FLOWMART_QZX is no setting"}


def test_settings_as_they_should_be_are_told_nothing_about(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("flowmart_broker", "a:1,[::1]:2,c")
    monkeypatch.setenv("FLOWMART_ORDERS__LINES_MAX", "20")

    settings_or_exit()

    assert capsys.readouterr().err == ""


def test_everything_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWMART_PARTITIONS", "many")
    monkeypatch.setenv("FLOWMART_REPLICATION", "few")

    with pytest.raises(SystemExit) as ended:
        settings_or_exit()

    assert [line.split(":")[1] for line in str(ended.value).splitlines()] == [
        " FLOWMART_PARTITIONS",
        " FLOWMART_REPLICATION",
    ]


@pytest.mark.parametrize("given", ["kafka:9092", "kafka://kafka:9092", "a:1,b:2"])
def test_a_brokers_scheme_is_left_off(given: str) -> None:
    assert settings(broker=given).broker == given.removeprefix("kafka://")


@pytest.mark.parametrize(
    ("env", "host", "token", "is_allowed"),
    [
        ("dev", "127.0.0.1", None, True),
        ("dev", "::1", None, True),
        ("dev", "localhost", None, True),
        ("dev", "0.0.0.0", None, False),  # noqa: S104 - it is refused
        ("dev", "shop.example", None, False),
        ("sit", "127.0.0.1", None, False),
        ("prod", "127.0.0.1", None, False),
        ("prod", "0.0.0.0", LONG, True),  # noqa: S104 - behind a token
    ],
)
def test_rows_are_open_only_to_this_machine_and_only_in_dev(
    env: str,
    host: str,
    token: str | None,
    is_allowed: bool,  # noqa: FBT001 - a row's last column
) -> None:
    def made() -> Settings:
        return settings(env=env, web_host=host, view_token=token)

    if is_allowed:
        assert made().web_host == host
    else:
        with pytest.raises(ValueError, match="FLOWMART_VIEW_TOKEN"):
            made()


def test_who_has_no_home_is_asked_for_a_data_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)

    with pytest.raises(SystemExit, match=r"^error: set FLOWMART_DATA_DIR: "):
        settings_or_exit()

    monkeypatch.setenv("FLOWMART_DATA_DIR", "/var/lib/flowmart")
    assert settings_or_exit().data_dir == Path("/var/lib/flowmart")


def test_there_are_three_environments() -> None:
    assert [settings(env=env, view_token=LONG).env for env in ("dev", "sit", "prod")] == [
        "dev",
        "sit",
        "prod",
    ]
    with pytest.raises(ValueError, match="'dev', 'sit' or 'prod'"):
        settings(env="staging", view_token=LONG)


@pytest.mark.parametrize("env", ["sit", "prod"])
@pytest.mark.parametrize("short", ["view_token", "personal_token"])
def test_a_token_that_can_be_guessed_is_refused_outside_dev(env: str, short: str) -> None:
    tokens = {"view_token": LONG, "personal_token": "p" * 32} | {short: "s" * 31}

    with pytest.raises(ValueError, match=f"FLOWMART_{short.upper()}: expected 32 char.*openssl"):
        settings(env=env, **tokens)

    assert settings(env="dev", **tokens).env == "dev"


def test_one_token_cannot_give_both_rights() -> None:
    with pytest.raises(ValueError, match="FLOWMART_PERSONAL_TOKEN must differ"):
        settings(view_token="x", personal_token="x")


def test_the_token_is_masked_wherever_settings_are_shown() -> None:
    shown = settings(view_token="let me in")

    assert "let me in" not in repr(shown) + str(shown) + shown.model_dump_json(
        exclude_defaults=True
    )


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings().partitions = 5  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize("name", RULES)
def test_time_runs_faster_for_every_duration_and_for_nothing_else(name: str) -> None:
    rules = getattr(Settings(), name)

    scaled = settings(time_scale=60).scaled(rules)

    for field in dataclasses.fields(rules):
        before, after = getattr(rules, field.name), getattr(scaled, field.name)
        if field.name.endswith("_ms"):
            assert after == max(1, round(before / 60))
        else:
            assert after == before


def test_a_duration_never_becomes_nothing() -> None:
    scaled = settings(time_scale=10 * MINUTE_MS).scaled(OrderRules(early_ms=1))

    assert scaled.early_ms == 1


def test_in_real_time_rules_stay_what_they_are() -> None:
    rules = OrderRules()

    assert settings().scaled(rules) is rules


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - it is not taken for loopback
        ("192.168.0.1", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback_is_what_no_other_machine_reaches(host: str, expected: bool) -> None:  # noqa: FBT001 - a row's last column
    assert is_loopback(host) is expected
