"""The way of a fact on both backends: SQLite with the embedded log, PostgreSQL with Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.way import Way, prepared


@pytest.fixture
def embedded_way(tmp_path: Path) -> Iterator[Way]:
    """Everything in files."""
    with prepared(tmp_path, f"sqlite:///{tmp_path}/db", f"sqlite:///{tmp_path}/event-log.db") as way:
        yield way


@pytest.fixture
def production_way(tmp_path: Path, postgres_url: str, clean_kafka_url: str) -> Iterator[Way]:
    """The shared servers, emptied."""
    with prepared(tmp_path, postgres_url, clean_kafka_url) as way:
        yield way


@pytest.fixture(params=["embedded", "production"])
def way(request: pytest.FixtureRequest) -> Way:
    """Either backend."""
    found: Way = request.getfixturevalue(f"{request.param}_way")
    return found
