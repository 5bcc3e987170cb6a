"""`make stack-up`: the services of docker-compose.yml, from what their images hold, on real components."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest
import requests

from infra.acl import services
from infra.kafka import KafkaBroker
from infra.postgres import PostgresServer
from infra.processes import wait_ready
from infra.stack import Stack, is_ready

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def stack(secured_kafka: KafkaBroker, postgres: PostgresServer) -> Iterator[Stack]:
    """The whole stack; the two fixtures are asked only for their loud answer where one cannot be had."""
    running = Stack()
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_every_service_answers_under_its_own_address(stack: Stack) -> None:
    for service in services():
        address = stack.addresses[f"{service}-web"]
        assert requests.get(f"{address}/ready", timeout=10).json()["checks"]["database"]["state"] == "ok"
        metrics = requests.get(f"{address}/metrics", timeout=10).text
        assert f'noinghe_ready{{check="database",service="{service}"}} 1.0' in metrics


def test_nothing_can_be_written_without_a_key(stack: Stack) -> None:
    at = f"{stack.addresses['school-web']}/api/school/v1/completions"
    assert requests.post(at, json={}, timeout=10).status_code == 401


def test_the_proxy_leads_to_each_service_and_hides_the_metrics(stack: Stack) -> None:
    if "proxy" not in stack.addresses:
        pytest.skip("nginx is not installed on this machine")
    for service in services():
        at = f"{stack.addresses['proxy']}/api/{service}/v1/openapi.json"
        assert requests.get(at, timeout=10).json()["openapi"].startswith("3.1")
    assert requests.get(stack.addresses["proxy"], timeout=10).status_code == 200
    assert requests.get(f"{stack.addresses['proxy']}/metrics", timeout=10).status_code == 404


def test_what_is_killed_is_started_again_and_ready(stack: Stack) -> None:
    before = stack.processes["school-web"]
    psutil.Process(before.pid).kill()
    while before.running():
        pass
    assert stack.mend() == ["school-web"]
    address = stack.addresses["school-web"]
    wait_ready(stack.processes["school-web"], lambda: is_ready(address), what="school-web", timeout_s=60)
