"""Backends of the journeys: the embedded defaults, and PostgreSQL with Kafka."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.journeys.office import Office


@pytest.fixture(params=["embedded", "production"])
def backend(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """Environment that selects a backend; the production one is empty for every test."""
    if request.param == "embedded":
        return {}
    return {
        "NOINGHE_DATABASE_URL": request.getfixturevalue("postgres_url"),
        "NOINGHE_EVENT_LOG_URL": request.getfixturevalue("clean_kafka_url"),
    }


@pytest.fixture
def office(tmp_path: Path, backend: Mapping[str, str]) -> Office:
    """An office without any data, on either backend."""
    return Office(tmp_path, backend)


@pytest.fixture
def small_office(tmp_path: Path) -> Office:
    """An office without any data, on the embedded defaults."""
    return Office(tmp_path)
