"""A linkage service on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.linkage.town import Town, open_town


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def town(url: str) -> Iterator[Town]:
    """A linkage service that has heard nothing yet."""
    database = open_town(url)
    yield Town(database)
    database.dispose()
