"""Compose's file, held against what it starts: no container engine is needed to see it is wrong."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Settings
from tests.deploy.stops import STOPS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
WORKERS = {name: service for name, service in SERVICES.items() if name.startswith("worker-")}
PROMETHEUS = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
GRAFANA = ROOT / "observability" / "grafana"
TOKEN = "$" + "{FLOWMART_VIEW_TOKEN:?"


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Where each file or folder of ours, or volume, lies in the container."""
    parts = [str(mount).split(":") for mount in service.get("volumes", ())]
    return {target: source for source, target, *_ in parts}


def env(service: dict[str, Any]) -> dict[str, str]:
    return dict(service.get("environment", {}))


def worker_settings(name: str) -> Settings:
    """The settings that a worker's container reads, whatever the token is."""
    given = {
        key.removeprefix("FLOWMART_").lower(): "x" if str(value).startswith(TOKEN) else value
        for key, value in env(WORKERS[name]).items()
    }
    return Settings(**given)  # type: ignore[arg-type]  # pydantic reads text


def test_there_are_two_workers_a_broker_a_gateway_and_eyes_on_them() -> None:
    ours = {"worker-1", "worker-2", "gateway", "traces"}
    assert set(SERVICES) == ours | {"kafka", "prometheus", "grafana", "jaeger"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_published_port_is_on_loopback(name: str) -> None:
    for port in SERVICES[name].get("ports", ()):
        assert str(port).startswith("127.0.0.1:"), port


def test_no_port_is_published_twice() -> None:
    published = [port.split(":")[1] for s in SERVICES.values() for port in s.get("ports", ())]

    assert len(published) == len(set(published))


@pytest.mark.parametrize("name", SERVICES)
def test_every_file_that_is_mounted_exists(name: str) -> None:
    for source in mounts(SERVICES[name]).values():
        if source.startswith("."):
            assert (DEPLOY / source).exists(), source
        else:
            assert source in COMPOSE["volumes"], source


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_waits_for_services_that_exist(name: str) -> None:
    assert set(SERVICES[name].get("depends_on", {})) <= set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_comes_back_with_the_machine(name: str) -> None:
    assert SERVICES[name]["restart"] == "always"


@pytest.mark.parametrize("name", ["worker-1", "worker-2", "gateway", "traces"])
def test_a_process_has_the_time_that_it_takes_to_stop(name: str) -> None:
    bound_s = STOPS[f"flowmart-{name.partition('-')[0]}"]

    assert bound_s <= float(SERVICES[name]["stop_grace_period"].removesuffix("s"))


@pytest.mark.parametrize("name", SERVICES)
def test_images_have_a_version(name: str) -> None:
    service = SERVICES[name]
    if "image" not in service:
        build = service["build"]
        assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
        return

    version = service["image"].rpartition(":")[2]
    assert version[:1].isdigit() or version[:2].startswith("v")


@pytest.mark.parametrize("name", SERVICES)
def test_every_setting_is_one(name: str) -> None:
    known = set(Settings.model_fields)
    used = [key for key in env(SERVICES[name]) if key.startswith("FLOWMART_")]

    for key in used:
        assert key.removeprefix("FLOWMART_").lower().split("__")[0] in known, key


@pytest.mark.parametrize("name", WORKERS)
def test_a_workers_settings_are_valid_and_guarded(name: str) -> None:
    settings = worker_settings(name)

    assert settings.view_token is not None
    assert settings.broker == "kafka:19092"
    assert settings.web_advertised == name == WORKERS[name]["hostname"]
    assert WORKERS[name]["ports"][0].endswith(f":{settings.web_port}")


def test_workers_differ_in_name_and_disk_and_in_nothing_else() -> None:
    own = {"FLOWMART_INSTANCE_ID", "FLOWMART_WEB_ADVERTISED"}
    shared = [
        {key: value for key, value in env(worker).items() if key not in own}
        for worker in WORKERS.values()
    ]

    assert all(each == shared[0] for each in shared)
    for key in own:
        assert len({env(worker)[key] for worker in WORKERS.values()}) == len(WORKERS)
    disks = [mounts(worker)["/var/lib/flowmart"] for worker in WORKERS.values()]
    assert len(set(disks)) == len(WORKERS)


def test_secrets_come_from_whoever_starts_it() -> None:
    for name, service in SERVICES.items():
        for key, value in env(service).items():
            if "TOKEN" in key or "PASSWORD" in key:
                assert str(value).startswith(TOKEN), name


def test_prometheus_reads_every_worker_and_the_gateway_with_the_token() -> None:
    targets = {
        job["job_name"]: {target for group in job["static_configs"] for target in group["targets"]}
        for job in PROMETHEUS["scrape_configs"]
    }

    assert targets == {
        "flowmart": {f"{name}:{worker_settings(name).web_port}" for name in WORKERS},
        "flowmart-gateway": {"gateway:8080"},
    }
    for job in PROMETHEUS["scrape_configs"]:
        assert job["authorization"]["credentials_file"] in str(SERVICES["prometheus"]["command"])
    assert env(SERVICES["gateway"])["FLOWMART_VIEW_TOKEN"].startswith(TOKEN)


def test_prometheus_finds_its_rules() -> None:
    found = mounts(SERVICES["prometheus"])
    [pattern] = PROMETHEUS["rule_files"]

    folder = DEPLOY / found[str(Path(pattern).parent)]
    assert list(folder.glob(Path(pattern).name))


def test_prometheus_keeps_what_budgets_of_thirty_days_and_the_contract_ask_for() -> None:
    """Thirteen months (G-51); by itself it would keep fifteen days."""
    assert "--storage.tsdb.retention.time=400d" in str(SERVICES["prometheus"]["command"])


def test_grafana_finds_its_boards_and_its_prometheus() -> None:
    found = mounts(SERVICES["grafana"])
    providers = yaml.safe_load((GRAFANA / "provisioning/dashboards/flowmart.yml").read_text())
    [provider] = providers["providers"]
    folder = DEPLOY / found["/etc/grafana/provisioning/datasources"]
    [source] = yaml.safe_load((folder / "prometheus.yml").read_text())["datasources"]

    boards = DEPLOY / found[provider["options"]["path"]]
    assert list(boards.glob("*.json"))
    assert "/etc/grafana/provisioning/dashboards" in found
    assert source["url"] == "http://prometheus:9090"
    [own] = yaml.safe_load(next((GRAFANA / "provisioning/datasources").glob("*.yml")).read_text())[
        "datasources"
    ]
    assert source["uid"] == own["uid"], "boards name it by its uid"


def test_traces_go_to_jaeger_and_grafana_shows_them() -> None:
    folder = DEPLOY / mounts(SERVICES["grafana"])["/etc/grafana/provisioning/datasources"]
    [source] = yaml.safe_load((folder / "jaeger.yml").read_text())["datasources"]

    assert env(SERVICES["traces"])["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://jaeger:4318"
    assert source["url"] == "http://jaeger:16686"
    assert SERVICES["jaeger"]["ports"][0].endswith(":16686")
