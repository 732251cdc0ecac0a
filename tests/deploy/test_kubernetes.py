"""The manifests for Kubernetes, held against its schemas, the settings and the contract (G-49)."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from settings import Settings

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
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
    unknown = {
        key for key in told if key.removeprefix("FLOWMART_").lower() not in Settings.model_fields
    }
    assert unknown == set()
    given = {key.removeprefix("FLOWMART_").lower(): value for key, value in told.items()}
    settings = Settings(**given)  # type: ignore[arg-type]  # pydantic reads text
    assert (settings.env, settings.partitions, settings.replication) == ("prod", 12, 3)


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


def test_two_workers_at_least_stay_while_machines_are_taken_away() -> None:
    assert PODS["flowmart-worker"]["spec"]["replicas"] == 2
    assert BY_KIND["PodDisruptionBudget", "flowmart-worker"]["spec"]["maxUnavailable"] == 1


def test_a_pod_keeps_its_place_in_the_group_and_its_stores() -> None:
    env = {e["name"]: e for e in container("flowmart-worker")["env"]}
    field = env["FLOWMART_INSTANCE_ID"]["valueFrom"]["fieldRef"]["fieldPath"]
    [claim] = PODS["flowmart-worker"]["spec"]["volumeClaimTemplates"]
    mounted = {m["name"]: m["mountPath"] for m in container("flowmart-worker")["volumeMounts"]}
    assert field == "metadata.name"
    assert mounted[claim["metadata"]["name"]] == "/var/lib/flowmart"
