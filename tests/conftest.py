"""The real components for every test: one Kafka broker, one secured one and one PostgreSQL per session.

`infra` fetches and starts them when the first test asks. Where a machine cannot have one, the tests that
need it are skipped and the last lines of the run say which component and why; with CI=true they fail.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import pytest

from infra.kafka import KafkaBroker
from infra.postgres import PostgresServer
from infra.processes import Missing

C = TypeVar("C")
_missing: dict[str, str] = {}


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaBroker]:
    """A plain broker that the whole session shares: clear up what you leave, or use `clean_kafka`."""
    with _or_skip("Kafka", KafkaBroker()) as broker:
        yield broker


@pytest.fixture(scope="session")
def kafka_url(kafka: KafkaBroker) -> str:
    """The event log URL of the shared plain broker."""
    return kafka.url


@pytest.fixture
def clean_kafka(kafka: KafkaBroker) -> KafkaBroker:
    """The shared plain broker without any topic or group, so that fixed topic names can be used again."""
    kafka.clear()
    return kafka


@pytest.fixture
def clean_kafka_url(clean_kafka: KafkaBroker) -> str:
    """The event log URL of the shared plain broker, emptied."""
    return clean_kafka.url


@pytest.fixture(scope="session")
def secured_kafka() -> Iterator[KafkaBroker]:
    """A broker with users and ACLs; nothing is allowed that no ACL allows."""
    with _or_skip("Kafka", KafkaBroker(secured=True)) as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The server that the whole session shares."""
    with _or_skip("PostgreSQL", PostgresServer(durable=False)) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a fresh, empty database."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@contextmanager
def _or_skip(name: str, component: AbstractContextManager[C]) -> Iterator[C]:
    """The started component; without it skip, loudly, or fail on CI."""
    try:
        started = component.__enter__()
    except Missing as reason:
        _missing[name] = str(reason)
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is missing on CI: {reason}", pytrace=False)
        pytest.skip(f"{name} is missing: {reason}")
    try:
        yield started
    finally:
        component.__exit__(None, None, None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what could not be tested here."""
    for component, reason in _missing.items():
        terminalreporter.section("NOT TESTED HERE", red=True, bold=True)
        terminalreporter.write_line(f"{component} is missing: {reason}", red=True)
