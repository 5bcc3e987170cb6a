"""An open sample service, its application, and keys of two organisations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared.clock import FixedClock
from shared.database import open_database
from shared.settings import Settings
from shared.web.application import create_app
from shared.web.keys import create_key
from tests.shared.web.sample import SERVICE, SampleContext


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 22, 3, 0, tzinfo=UTC))


@pytest.fixture
def context(tmp_path: Path, clock: FixedClock) -> Iterator[SampleContext]:
    database = open_database(f"sqlite:///{tmp_path}", "sample")
    database.upgrade(SERVICE.migrations)
    yield SampleContext(database, clock, Settings(data_dir=tmp_path, instance="test"))
    database.dispose()


@pytest.fixture
def app(context: SampleContext) -> Flask:
    return create_app(SERVICE, context)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def bearer(context: SampleContext, organisation: str | None, *scopes: str) -> dict[str, str]:
    """The header of a fresh key."""
    with context.database.write() as session:
        token = create_key(session, context.clock, organisation=organisation, scopes=scopes)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def key_a(context: SampleContext) -> dict[str, str]:
    return bearer(context, "A", "sample.read", "sample.write")


@pytest.fixture
def key_b(context: SampleContext) -> dict[str, str]:
    return bearer(context, "B", "sample.read", "sample.write")
