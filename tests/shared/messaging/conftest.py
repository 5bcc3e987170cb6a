"""Fixtures of the messaging tests: an empty database of either kind with the messaging tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.database import Database
from tests.shared.messaging import house


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}"
    else:
        with house.empty_postgresql(request.getfixturevalue("postgres_url")) as url:
            yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A service's database with messaging tables and one projection."""
    opened = house.open_prepared(database_url, "indicators")
    yield opened
    opened.dispose()
