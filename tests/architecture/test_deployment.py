"""What is deployed is what the product has: settings, commands, queues, paths, ports, and time-outs that fit."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.routing import iter_route_contexts

from app.cli.main import main
from app.core.config import Settings
from app.core.jobs import Queue
from app.core.stopping import STOP_GRACE_S
from app.main import create_app
from tests.architecture.test_monitoring import FIGURES

DOCKER = Path(__file__).parents[2] / "docker"
MANIFESTS = sorted((DOCKER / "kubernetes").glob("*.yml"))
COMPOSE = yaml.safe_load((DOCKER / "compose.yml").read_text("utf-8"))
OWN = re.compile(r"AGENTGRAPH_|OPENAI_|ANTHROPIC_|HF_|GOOGLE_")
SECONDS = re.compile(r"(\d+)s")


def documents(*kinds: str) -> list[dict[str, Any]]:
    found = [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text("utf-8"))]
    return [one for one in found if not kinds or one["kind"] in kinds]


def pods() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name, specification and only container of everything that runs."""
    for one in documents("Deployment", "StatefulSet", "Job"):
        pod = one["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        yield one["metadata"]["name"], pod, container


def own_services() -> dict[str, dict[str, Any]]:
    """The services of the composition that run the product."""
    return {name: one for name, one in COMPOSE["services"].items() if "build" in one}


def known_settings() -> set[str]:
    return {
        str(field.validation_alias or f"AGENTGRAPH_{name.upper()}") for name, field in Settings.model_fields.items()
    }


def commands() -> list[list[str]]:
    return [container["command"] for _, _, container in pods()] + [one["command"] for one in own_services().values()]


def port_of(container: dict[str, Any], name: str) -> int:
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    return int(ports[name])


def test_every_setting_that_is_deployed_exists() -> None:
    named = {name for one in documents("ConfigMap") for name in one["data"]}
    named |= {name for one in documents("Secret") for name in one["stringData"]}
    named |= {variable["name"] for _, _, container in pods() for variable in container.get("env", ())}
    named |= {name for one in own_services().values() for name in one["environment"]}
    named |= set(re.findall(r"\b(AGENTGRAPH_\w+)=", (DOCKER / "Dockerfile").read_text("utf-8")))
    assert len(named) > 15
    assert {name for name in named if OWN.match(name)} == named
    assert named - known_settings() == set()


def test_values_that_are_deployed_are_accepted() -> None:
    fields = {str(f.validation_alias or f"AGENTGRAPH_{n.upper()}"): n for n, f in Settings.model_fields.items()}
    (one,) = documents("ConfigMap")
    given = {fields[name]: value for name, value in one["data"].items()}
    assert Settings(_env_file=None, **given).storage_url == "s3://agentgraph/files"


def test_every_command_that_is_deployed_exists_and_together_they_serve_all_queues() -> None:
    known = {command.name or getattr(command.callback, "__name__", "") for command in main.registered_commands}
    assert all(command[0] == "agentgraph" and command[1] in known for command in commands())
    for place in (pods(), own_services().items()):
        words = [one[-1]["command"] if isinstance(one[-1], dict) else one for one in place]
        served = [queue for command in words if command[1] == "worker" for queue in command[3].split(",")]
        assert sorted(served) == sorted(Queue)
        assert {command[1] for command in words} == {"api", "worker", "beat", "migrate"}


def test_probes_ask_a_path_and_a_port_that_answer() -> None:
    routes = {context.path for context in iter_route_contexts(create_app().routes)}
    (api,) = [container for name, _, container in pods() if name == "agentgraph-api"]
    probes = [api[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    assert {probe["path"] for probe in probes} == {"/livez", "/readyz"} <= routes
    environment = {variable["name"]: variable["value"] for variable in api["env"]}
    assert {port_of(api, probe["port"]) for probe in probes} == {int(environment["AGENTGRAPH_PORT"])}
    assert environment["AGENTGRAPH_HOST"] == "0.0.0.0"
    (service,) = [one for one in documents("Service") if one["metadata"]["name"] == "agentgraph-api"]
    assert [port_of(api, port["targetPort"]) for port in service["spec"]["ports"]] == [8000]
    checked = re.findall(r"127\.0\.0\.1:(\d+)(/\w+)", str(own_services()["api"]["healthcheck"]["test"]))
    assert checked == [("8000", "/readyz")]
    assert f"server api:{Settings.model_fields['port'].default}" in (DOCKER / "nginx.conf").read_text("utf-8")


@pytest.mark.parametrize(("name", "pod", "container"), [pytest.param(*one, id=one[0]) for one in pods()])
def test_containers_have_no_more_rights_than_they_need(
    name: str, pod: dict[str, Any], container: dict[str, Any]
) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"--uid {pod['securityContext']['runAsUser']} " in (DOCKER / "Dockerfile").read_text("utf-8")
    rights = container["securityContext"]
    assert (rights["readOnlyRootFilesystem"], rights["allowPrivilegeEscalation"]) == (True, False)
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/tmp", "/data"}
    assert "memory" in container["resources"]["limits"], name


def test_composition_has_no_more_rights_than_it_needs() -> None:
    assert all(one["read_only"] and one["cap_drop"] == ["ALL"] for one in own_services().values())
    waited_for = {name for one in COMPOSE["services"].values() for name in one.get("depends_on", ())} - {"migrate"}
    assert waited_for == {"postgres", "valkey", "api"}
    assert all("healthcheck" in COMPOSE["services"][name] for name in waited_for)


def test_whoever_is_asked_to_stop_has_the_time_that_it_takes() -> None:
    for pod, container in [(pod, container) for name, pod, container in pods() if name != "agentgraph-migrate"]:
        before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert pod["terminationGracePeriodSeconds"] >= before + STOP_GRACE_S
    for one in own_services().values():
        (seconds,) = SECONDS.findall(one["stop_grace_period"])
        assert int(seconds) >= STOP_GRACE_S


def test_everything_that_serves_has_a_disruption_budget_and_what_it_names() -> None:
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in documents("Deployment", "StatefulSet")]
    served = {one["app.kubernetes.io/component"] for one in labels}
    budgets = documents("PodDisruptionBudget")
    assert {one["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"] for one in budgets} == served
    listed = {"ConfigMap": "configMapRef", "Secret": "secretRef"}
    for kind, reference in listed.items():
        there = {one["metadata"]["name"] for one in documents(kind)}
        wanted = {source[reference]["name"] for _, _, c in pods() for source in c["envFrom"] if reference in source}
        assert wanted == there
    files = yaml.safe_load((DOCKER / "kubernetes" / "kustomization.yml").read_text("utf-8"))["resources"]
    assert {path.name for path in MANIFESTS} - set(files) == {
        "kustomization.yml",
        "migrate.yml",
        "secrets.example.yml",
    }


def test_autoscalers_follow_figures_that_exist_of_queues_that_their_workers_serve() -> None:
    queues = {name: c["command"][3].split(",") for name, _, c in pods() if c["command"][1] == "worker"}
    scaled = {}
    for one in documents("HorizontalPodAutoscaler"):
        (metric,) = one["spec"]["metrics"]
        if metric["type"] == "External":
            assert metric["external"]["metric"]["name"] in FIGURES
            queue = metric["external"]["metric"]["selector"]["matchLabels"]["queue"]
            scaled[one["spec"]["scaleTargetRef"]["name"]] = queue
    assert set(scaled) == set(queues)
    assert all(queue in queues[name] for name, queue in scaled.items())
