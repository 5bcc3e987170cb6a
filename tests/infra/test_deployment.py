"""The deployment files are true without a container engine: read by the real tools, and held to the code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml

from infra import compose
from infra.acl import services
from infra.compose import ROOT, copies_of, example_variables, our_services, resolved
from infra.versions import version
from shared.contracts import TOPICS
from shared.web.metrics import METRICS

PROGRAMS = Path(sys.executable).parent
BROKER = ROOT / "infra" / "broker"


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """docker-compose.yml as the real Compose understands it."""
    return resolved(example_variables())


def test_compose_accepts_the_file(described: dict[str, Any]) -> None:
    assert {"kafka", "postgres", "prometheus", "grafana", "proxy", "access"} <= set(described["services"])


def test_compose_refuses_to_start_without_passwords() -> None:
    with pytest.raises(compose.BadComposeFile, match=r"example\.env"):
        resolved({})


def test_the_linter_has_nothing_to_say_about_the_dockerfile() -> None:
    outcome = subprocess.run([PROGRAMS / "hadolint", compose.DOCKERFILE], capture_output=True, text=True)
    assert (outcome.returncode, outcome.stdout) == (0, "")


def test_images_have_the_versions_that_the_one_file_names(described: dict[str, Any]) -> None:
    images = {name: service["image"] for name, service in described["services"].items()}
    assert images["kafka"] == f"apache/kafka:{version('kafka')}"
    assert images["postgres"] == f"postgres:{version('postgres')}"
    assert images["prometheus"] == f"prom/prometheus:v{version('prometheus')}"
    assert images["grafana"] == f"grafana/grafana:{version('grafana')}"
    assert images["proxy"] == f"nginx:{version('nginx')}"
    assert f"ARG PYTHON_VERSION={version('python')}" in compose.DOCKERFILE.read_text(encoding="utf-8")


def test_every_service_of_the_contracts_has_a_job_a_web_and_a_worker(described: dict[str, Any]) -> None:
    wanted = {f"{service}-{role}" for service in services() for role in ("prepare", "web", "worker")}
    ours = {service.name for service in our_services(example_variables())}
    assert ours == wanted | {"access"}


def test_each_service_comes_with_its_own_name_and_no_other(described: dict[str, Any]) -> None:
    for service in our_services(example_variables()):
        name, _, role = service.name.rpartition("-")
        if service.name == "access":
            continue
        urls = {key: value for key, value in service.environment.items() if key.endswith("_URL")}
        assert all(f"://{name}:" in url for url in urls.values())
        assert ("NOINGHE_EVENT_LOG_URL" in urls) == (role != "web"), "a web process never talks to Kafka"


def test_an_image_holds_its_own_service_and_no_other() -> None:
    places = [place for _, place in copies_of("service", {"SERVICE": "school"})]
    assert places == ["./", "shared/", "services/__init__.py", "services/school/"]


def test_every_process_of_ours_is_confined(described: dict[str, Any]) -> None:
    for name in (service.name for service in our_services(example_variables())):
        service = described["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert list(service["networks"]) == ["inside"]


def test_only_the_proxy_and_grafana_are_published_and_only_on_loopback(described: dict[str, Any]) -> None:
    published = {
        name: [port["host_ip"] for port in service["ports"]]
        for name, service in described["services"].items()
        if service.get("ports")
    }
    assert published == {"proxy": ["127.0.0.1"], "grafana": ["127.0.0.1"]}


def test_the_container_starts_the_broker_with_the_settings_of_the_tested_recipe(
    tmp_path: Path, described: dict[str, Any]
) -> None:
    """start.sh runs with stand-ins for the two programs of the image, which note what they are given."""
    environment = described["services"]["kafka"]["environment"]
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in ("kafka-storage.sh", "kafka-server-start.sh"):
        stand_in = programs / program
        stand_in.write_text(
            f'#!/bin/sh\necho "$@" >{tmp_path}/{program}\ncp "$(eval echo \\$$#)" {tmp_path}/settings\n'
        )
        stand_in.chmod(0o755)
    subprocess.run(
        [BROKER / "start.sh"],
        env={**environment, "KAFKA_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        check=True,
    )
    texts = [
        (BROKER / name).read_text(encoding="utf-8") for name in ("server.properties", "secured.properties")
    ]
    wanted = Template(re.sub(r"(?m)^#.*$", "", "\n".join(texts))).substitute(environment)
    assert _settings((tmp_path / "settings").read_text(encoding="utf-8")) == _settings(wanted)
    formatted = (tmp_path / "kafka-storage.sh").read_text(encoding="utf-8")
    assert "SCRAM-SHA-512=[name=admin,password=change-me-kafka]" in formatted


def test_the_proxy_and_prometheus_know_every_service() -> None:
    proxy = (ROOT / "infra/proxy/nginx.conf").read_text(encoding="utf-8")
    assert set(re.findall(r"~\^/api/(\w+)/", proxy)) == set(services())
    scraped = yaml.safe_load((ROOT / "infra/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    names = scraped["scrape_configs"][0]["dns_sd_configs"][0]["names"]
    assert set(names) == {f"{service}-web" for service in services()}


@pytest.mark.parametrize("file", ["prometheus/rules.yml", "grafana/dashboards/events.json"])
def test_alerts_and_dashboards_draw_only_metrics_that_exist(file: str) -> None:
    text = (ROOT / "infra" / file).read_text(encoding="utf-8")
    known = {metric.name for metric in METRICS}
    used = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in re.findall(r"\bnoinghe_\w+", text)}
    assert used
    assert used - known == set()


def test_the_dashboard_is_what_grafana_can_load() -> None:
    dashboard = json.loads((ROOT / "infra/grafana/dashboards/events.json").read_text(encoding="utf-8"))
    source = yaml.safe_load(
        (ROOT / "infra/grafana/provisioning/datasources/prometheus.yml").read_text(encoding="utf-8")
    )
    known = {entry["uid"] for entry in source["datasources"]}
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == known
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_no_topic_of_the_contracts_forgets() -> None:
    assert {topic.retention_ms for topic in TOPICS.values()} == {-1}


def _settings(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)
