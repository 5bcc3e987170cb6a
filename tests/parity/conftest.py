"""One specification, every engine: both event logs with both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.contracts import TOPICS
from shared.database import Database
from shared.messaging.log import EventLog, open_event_log
from tests.shared.messaging import house


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/db"
    else:
        with house.empty_postgresql(request.getfixturevalue("postgres_url")) as url:
            yield url


@pytest.fixture(params=["embedded", "kafka"])
def log_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty event log."""
    if request.param == "embedded":
        return f"sqlite:///{tmp_path}/log/event-log.db"
    url: str = request.getfixturevalue("clean_kafka_url")
    return url


@pytest.fixture
def log(log_url: str) -> Iterator[EventLog]:
    """An empty event log with the topics of the contracts."""
    opened = open_event_log(log_url)
    opened.ensure_topics(list(TOPICS.values()))
    yield opened
    opened.close()


@pytest.fixture
def source(database_url: str) -> Iterator[Database]:
    """The database of the service that publishes."""
    opened = house.open_prepared(database_url, "school")
    yield opened
    opened.dispose()


@pytest.fixture
def reader(database_url: str) -> Iterator[Database]:
    """The database of the service that consumes."""
    opened = house.open_prepared(database_url, "indicators")
    yield opened
    opened.dispose()
