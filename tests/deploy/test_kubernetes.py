"""The manifests for Kubernetes, held against its schemas, the settings and the contract (G-49)."""

import json
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from settings import Settings
from tests.deploy.stops import STOPS
from tests.e2e.harness import BIN, environment
from tests.tools import tool

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
OBJECTS: list[dict[str, Any]] = [
    found
    for path in sorted(FOLDER.glob("*.yaml"))
    for found in yaml.safe_load_all(path.read_text())
]
BY_KIND = {(o["kind"], o["metadata"]["name"]): o for o in OBJECTS}
CONFIG: dict[str, str] = BY_KIND["ConfigMap", "flowmart"]["data"]
PODS = {
    "flowmart-worker": BY_KIND["StatefulSet", "flowmart-worker"],
    "flowmart-gateway": BY_KIND["Deployment", "flowmart-gateway"],
    "flowmart-traces": BY_KIND["Deployment", "flowmart-traces"],
}
SCALER = BY_KIND["HorizontalPodAutoscaler", "flowmart-worker"]["spec"]


def container(name: str) -> dict[str, Any]:
    found: dict[str, Any] = PODS[name]["spec"]["template"]["spec"]["containers"][0]
    return found


@pytest.mark.parametrize("found", OBJECTS, ids=lambda o: f"{o['kind']} {o['metadata']['name']}")
def test_every_manifest_keeps_its_schema(found: dict[str, Any]) -> None:
    kubernetes_validate.validate(found, "1.32", strict=True)


@pytest.mark.parametrize("name", PODS)
def test_every_setting_exists_and_the_process_starts_with_them(name: str) -> None:
    told = {**CONFIG, **{e["name"]: e.get("value", "x" * 32) for e in container(name)["env"]}}
    told = {key: value for key, value in told.items() if not key.startswith("OTEL_")}
    unknown = {
        key for key in told if key.removeprefix("FLOWMART_").lower() not in Settings.model_fields
    }
    assert unknown == set()
    given = {key.removeprefix("FLOWMART_").lower(): value for key, value in told.items()}
    settings = Settings(**given)  # type: ignore[arg-type]  # pydantic reads text
    assert (settings.env, settings.partitions, settings.replication) == ("prod", 12, 3)


def test_a_worker_says_lines_of_json_and_nothing_else(tmp_path: Path) -> None:
    settings = {"log_format": CONFIG["FLOWMART_LOG_FORMAT"], "broker": "127.0.0.1:1"}
    told = environment(**settings, data_dir=str(tmp_path))
    command = [str(BIN / "faust"), "-A", "app", *container("flowmart-worker")["args"]]

    ended = subprocess.run(command, env=told, cwd=ROOT, capture_output=True, text=True, check=False)

    lines = [json.loads(line) for line in (ended.stdout + ended.stderr).splitlines()]
    assert "no Kafka broker answers" in lines[-1]["event"]


@pytest.mark.parametrize("name", PODS)
def test_nothing_runs_as_root_or_writes_beside_its_volumes(name: str) -> None:
    pod = PODS[name]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container(name)["securityContext"]["readOnlyRootFilesystem"] is True
    assert container(name)["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("name", PODS)
def test_no_service_tells_a_pod_its_address_under_the_name_of_a_setting(name: str) -> None:
    """Kubernetes would set FLOWMART_GATEWAY_PORT=tcp://10.0.0.7:80, for the Service's name."""
    pod = PODS[name]["spec"]["template"]["spec"]
    assert pod["enableServiceLinks"] is False


def test_workers_scale_as_the_contract_says() -> None:
    assert (SCALER["minReplicas"], SCALER["maxReplicas"]) == (2, int(CONFIG["FLOWMART_PARTITIONS"]))
    wanted = {
        m["resource"]["name"]: m["resource"]["target"]["averageUtilization"]
        for m in SCALER["metrics"]
        if m["type"] == "Resource"
    }
    assert wanted == {"cpu": 70, "memory": 80}
    [lag] = [m["external"] for m in SCALER["metrics"] if m["type"] == "External"]
    assert lag["target"] == {"type": "AverageValue", "averageValue": "1000"}
    up, down = SCALER["behavior"]["scaleUp"], SCALER["behavior"]["scaleDown"]
    assert up["policies"] == [{"type": "Percent", "value": 100, "periodSeconds": 60}]
    assert down["stabilizationWindowSeconds"] == 300
    assert down["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 60}]


def test_how_many_workers_there_are_is_told_by_the_autoscaler_alone() -> None:
    """A number in the manifest would be set anew whenever somebody applies it."""
    assert SCALER["scaleTargetRef"]["name"] == "flowmart-worker"
    assert "replicas" not in PODS["flowmart-worker"]["spec"]


def test_the_autoscaler_and_the_alert_mean_the_memory_that_a_worker_may_use() -> None:
    """The autoscaler's percentage is of the request, the kernel's end of a process the limit."""
    memory = container("flowmart-worker")["resources"]
    rules = yaml.safe_load((ROOT / "observability/prometheus/rules/engine.yml").read_text())
    [told] = [
        rule["expr"]
        for group in rules["groups"]
        for rule in group["rules"]
        if rule.get("record") == "flowmart:memory_limit_bytes"
    ]

    assert memory["requests"]["memory"] == memory["limits"]["memory"] == "4Gi"
    assert told == f"vector({4 << 30})"


@pytest.mark.parametrize("name", ["flowmart-worker", "flowmart-gateway"])
def test_never_two_pods_go_at_once_while_machines_are_taken_away(name: str) -> None:
    budget = BY_KIND["PodDisruptionBudget", name]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == PODS[name]["spec"]["selector"]


@pytest.mark.parametrize(("name", "bound_s"), STOPS.items())
def test_a_pod_has_the_time_that_it_takes_to_stop(name: str, bound_s: float) -> None:
    before = container(name).get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command")
    waits_s = float(before[1]) if before else 0.0
    given_s = PODS[name]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert waits_s + bound_s <= given_s


def test_what_opens_the_till_is_told_to_workers_alone() -> None:
    told = {
        name: [e["secretRef"]["name"] for e in container(name)["envFrom"] if "secretRef" in e]
        for name in PODS
    }
    assert told == {
        "flowmart-worker": ["flowmart-all", "flowmart-worker"],
        "flowmart-gateway": ["flowmart-all"],
        "flowmart-traces": ["flowmart-all"],
    }


def test_requests_do_not_meet_a_gateway_that_has_ended() -> None:
    """Whoever balances them hears of its end only after it was told to stop."""
    assert container("flowmart-gateway")["lifecycle"]["preStop"]["exec"]["command"][0] == "sleep"


def test_prometheus_finds_both_pods_under_the_jobs_that_rules_name() -> None:
    text = (ROOT / "deploy" / "prometheus-kubernetes.yml").read_text()
    jobs = {job["job_name"]: job for job in yaml.safe_load(text)["scrape_configs"]}
    kept = {
        name: [r["regex"] for r in job["relabel_configs"] if r.get("action") == "keep"]
        for name, job in jobs.items()
    }
    pods = ("flowmart-worker", "flowmart-gateway")
    ports = {name: container(name)["ports"][0]["name"] for name in pods}
    gone = {"source_labels": ["__meta_kubernetes_pod_phase"], "regex": "Failed|Succeeded"}

    assert all({**gone, "action": "drop"} in job["relabel_configs"] for job in jobs.values())
    assert kept == {
        "flowmart": ["flowmart-worker", ports["flowmart-worker"]],
        "flowmart-gateway": ["flowmart-gateway", ports["flowmart-gateway"]],
    }
    for name in PODS:
        labels = PODS[name]["spec"]["template"]["metadata"]["labels"]
        assert labels == {"app": name}


def test_prometheus_takes_its_configuration_for_kubernetes(tmp_path: Path) -> None:
    """But for the search for pods, which Debian's build of it leaves out."""
    search, named = "kubernetes_sd_configs: [{role: pod}]", "static_configs: [{targets: [a:1]}]"
    text = (ROOT / "deploy" / "prometheus-kubernetes.yml").read_text()
    assert text.count(search) == 2
    path = tmp_path / "prometheus.yml"
    path.write_text(text.replace(search, named))

    promtool = tool("promtool", "apt-get install prometheus")
    subprocess.run([promtool, "check", "config", "--syntax-only", str(path)], check=True)


def test_a_pod_keeps_its_place_in_the_group_and_its_stores() -> None:
    env = {e["name"]: e for e in container("flowmart-worker")["env"]}
    field = env["FLOWMART_INSTANCE_ID"]["valueFrom"]["fieldRef"]["fieldPath"]
    [claim] = PODS["flowmart-worker"]["spec"]["volumeClaimTemplates"]
    mounted = {m["name"]: m["mountPath"] for m in container("flowmart-worker")["volumeMounts"]}
    assert field == "metadata.name"
    assert mounted[claim["metadata"]["name"]] == "/var/lib/flowmart"
