"""A fresh statistical plane for every test, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.indicators.story import Plane


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    """On SQLite."""
    opened = Plane.open(f"sqlite:///{tmp_path}")
    yield opened
    opened.database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def each_plane(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Plane]:
    """On SQLite and on PostgreSQL."""
    url = f"sqlite:///{tmp_path}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = Plane.open(url)
    yield opened
    opened.database.dispose()
